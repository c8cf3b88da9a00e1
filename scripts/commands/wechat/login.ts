import { login as scan } from '../../adapters/ilink/login.ts'
import { createTransport } from '../../adapters/transport.ts'
import { ACCOUNT_NAME } from '../../core/config/wechat.ts'
import type { FetchLike } from '../../core/fetch.ts'
import { wrongUsage } from '../arguments.ts'
import type { CommandContext } from '../command.ts'
import { numberOption } from '../reading.ts'
import { readAccounts } from './accounts.ts'
import { checkBound } from './already-bound.ts'
import { chooseView, type Onlooker } from './choose-view.ts'
import { clientFacts, configuredWechat } from './configured.ts'
import { createInputLines } from './input-lines.ts'
import { loginFailed, tooLate } from './login-failures.ts'
import { saveLogin } from './save-login.ts'
import type { Subcommand } from './subcommand.ts'

export const login: Subcommand = {
  takes: [0, 1],
  options: ['svg', 'new', 'show-link', 'timeout'],
  async run(context, [name]) {
    const transport = createTransport(context.environment.proxy)
    const lines = createInputLines(process.stdin)
    const onlooker = { lines, columns: () => process.stderr.columns || process.stdout.columns || USUAL_COLUMNS }
    try {
      return await logIn(context, name, { fetch: transport.fetch, ...onlooker })
    } finally {
      lines.close()
      await transport.close()
    }
  },
}

const USUAL_COLUMNS = 80
const LONGEST_TIMEOUT_S = 3600

/** The login itself goes on here, whoever holds the folder; only what it brings is handed over. */
export async function logIn(
  context: CommandContext,
  name: string | undefined,
  { fetch, ...onlooker }: Onlooker & { readonly fetch: FetchLike },
): Promise<number> {
  const { clock, interrupted } = context
  checkName(name)
  const seconds = numberOption(context, 'timeout', { least: 1, most: LONGEST_TIMEOUT_S })
  const accounts = readAccounts(context)
  const config = configuredWechat(context)
  const view = chooseView(context, onlooker)
  const late = new AbortController()
  const cancel = seconds === undefined ? undefined : clock.after(seconds * 1000, () => late.abort(LATE))
  const net = { fetch, clock, signal: AbortSignal.any([interrupted, late.signal]) }
  const facts = clientFacts(config, context.version)
  const outcome = await scan({
    ...net,
    facts,
    ...(config.baseUrl === null ? {} : { baseUrl: config.baseUrl }),
    localTokens: context.values['new'] === true ? [] : accounts.map(one => one.token),
    onQr: view.code,
    onState: view.state,
    askVerifyCode: view.ask,
  }).finally(() => {
    cancel?.()
    view.end()
  })
  switch (outcome.kind) {
    case 'confirmed':
      return saveLogin(context, { name, credentials: outcome.credentials })
    case 'already_bound':
      return checkBound(context, { accounts, facts, baseUrl: config.baseUrl, ...net })
    case 'failed':
      throw loginFailed(outcome.reason, context)
    case 'aborted':
      throw interrupted.aborted ? interrupted.reason : tooLate(seconds ?? 0, context)
  }
}

const LATE = new DOMException('The login takes too long', 'AbortError')

function checkName(name: string | undefined): void {
  if (name === undefined || ACCOUNT_NAME.test(name)) return
  const shown = JSON.stringify(name.slice(0, 60))
  throw wrongUsage('wechat', {
    en: `${shown} can not be the name of an account: 1 to 40 of a-z, 0-9, "-" and "_", a letter or digit first.`,
    zh: `${shown} 不能作为账号名称：由 a-z、0-9、"-" 和 "_" 组成，1 到 40 个字符，以字母或数字开头。`,
  })
}
