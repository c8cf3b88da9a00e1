import { ConfigError } from '../errors.ts'
import type { Bilingual } from '../i18n.ts'

/** @throws ConfigError that says where the fault is, and does not quote it */
export function parseObject(text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (error) {
    // The parser's own message quotes the text around the fault, and that may be the token.
    const offset = /position (\d+)/.exec(String(error))?.[1]
    const line = offset === undefined ? 0 : text.slice(0, Number(offset)).split('\n').length
    const where = line === 0 ? { en: '', zh: '' } : { en: ` near line ${line}`, zh: `（约第 ${line} 行）` }
    throw invalidConfig([
      {
        en: `it is not valid JSON${where.en}: look for a missing comma, quote or bracket`,
        zh: `不是有效的 JSON${where.zh}：请检查缺少的逗号、引号或括号`,
      },
    ])
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidConfig([{ en: 'it has to be one object: { … }', zh: '应为一个对象：{ … }' }])
  }
  return value as Record<string, unknown>
}

/** Every violation in one message. */
export function invalidConfig(violations: readonly Bilingual[]): ConfigError {
  return new ConfigError(
    {
      en: `config.json can not be used: ${violations.map(one => one.en).join('; ')}.`,
      zh: `config.json 无法使用：${violations.map(one => one.zh).join('；')}。`,
    },
    {
      nextStep: {
        en: 'Correct the file; it is read again as soon as it is saved.',
        zh: '请修正该文件；保存后会自动重新读取。',
      },
    },
  )
}
