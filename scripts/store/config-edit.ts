import { parseObject } from '../core/config/json.ts'
import { PLACEHOLDER_TOKEN, PLACEHOLDER_URL, parseConfig } from '../core/config.ts'
import { ConfigError, errorCode, StorageError } from '../core/errors.ts'
import { readConfigFile } from './config-file.ts'
import { nodeFiles } from './files.ts'

/** `config.json` as it was typed; keys that nobody here knows are among them. */
export type ConfigValue = Readonly<Record<string, unknown>>

/** Edits of this process, one after the other: each one reads what the one before it wrote. */
let last: Promise<unknown> = Promise.resolve()

/**
 * Changes `config.json` for whoever holds the data folder. What stands in it keeps its place; where there is none, one
 * is made with the placeholders, so that webhooks work before anybody is registered.
 *
 * @param change returns what it was given where there is nothing to change
 * @throws ConfigError when the file can not be read, or would not be valid afterwards; then it is left as it was
 */
export function editConfigFile(path: string, change: (value: ConfigValue) => ConfigValue): Promise<void> {
  const edit = last.then(async () => {
    const before = readValue(path)
    const after = change(before)
    if (after === before) return
    const text = `${JSON.stringify(after, null, 2)}\n`
    parseConfig(text)
    await nodeFiles.replace(path, text).catch((error: unknown) => {
      throw notWritten(path, error)
    })
  })
  // One that failed has changed nothing, and nobody waits for it here.
  last = edit.catch(() => undefined)
  return edit
}

function readValue(path: string): ConfigValue {
  const file = readConfigFile(path)
  if (file.kind === 'missing') return { base_url: PLACEHOLDER_URL, token: PLACEHOLDER_TOKEN }
  if (file.kind === 'unreadable') throw unreadable(path, file.reason)
  return parseObject(file.text)
}

function unreadable(path: string, reason: string): ConfigError {
  return new ConfigError(
    { en: `${path} can not be read (${reason}).`, zh: `无法读取 ${path}（${reason}）。` },
    {
      nextStep: {
        en: 'It has to be a file of the user who runs this: check its owner, then chmod 600. Nothing was changed.',
        zh: '它必须是当前运行用户的文件：请检查所有者，然后 chmod 600。未做任何改动。',
      },
    },
  )
}

function notWritten(path: string, cause: unknown): StorageError {
  const reason = errorCode(cause)
  return new StorageError(
    { en: `${path} can not be written (${reason}).`, zh: `无法写入 ${path}（${reason}）。` },
    {
      nextStep: {
        en: 'Is the disk full, or the folder not writable? Nothing was changed.',
        zh: '磁盘已满，或目录不可写？未做任何改动。',
      },
      cause,
    },
  )
}
