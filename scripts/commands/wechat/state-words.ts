import type { Bilingual } from '../../core/i18n.ts'

type Facts = Readonly<Record<string, unknown>>

/** How an account is. */
export function stateWords(facts: Facts, isRunning: boolean): Bilingual {
  const since = text(facts['since_utc'])
  const state = String(facts['state'])
  if (state === 'not_started') {
    return isRunning
      ? { en: 'starting', zh: '正在启动' }
      : { en: 'signed in; nothing is received before the daemon runs', zh: '已登录；守护进程运行后才能收到消息' }
  }
  // Nobody logs in by starting the daemon: that it is needed is so, whoever runs.
  if (!isRunning && state !== 'login_needed') {
    return { en: `last known state: ${state} since ${since}`, zh: `最后已知状态：${state}，自 ${since}` }
  }
  return running(state, { since, facts })
}

function running(state: string, { since, facts }: { since: string; facts: Facts }): Bilingual {
  const why = text(facts['reason'])
  switch (state) {
    case 'connected':
      return { en: `connected since ${since}`, zh: `已连接，自 ${since}` }
    case 'connecting':
      return { en: 'connecting', zh: '正在连接' }
    case 'retrying':
      return {
        en: `not reached since ${since} (${why}); it is tried again`,
        zh: `自 ${since} 起无法连接（${why}）；正在重试`,
      }
    case 'degraded':
      return {
        en: `no answer in time since ${since}; it is asked on`,
        zh: `自 ${since} 起没有按时应答；仍在继续询问`,
      }
    case 'checking_login':
      return {
        en: 'WeChat has refused the login; it is looked at again in seconds',
        zh: '微信拒绝了登录；几秒后会再次确认',
      }
    case 'login_needed':
      return {
        en: `LOGIN NEEDED since ${since}: WeChat does not take the login any more`,
        zh: `需要重新登录，自 ${since}：微信不再接受此登录`,
      }
    case 'identity_taken':
      return {
        en: `this account is already served from ${text(facts['held_by'])}; stop that daemon first`,
        zh: `该账号已由 ${text(facts['held_by'])} 的守护进程使用；请先停止它`,
      }
    case 'identity_lock_failed':
      return {
        en: `the lock of this account can not be taken (${why}); make the state folder writable, or start with --no-identity-lock`,
        zh: `无法获取该账号的锁（${why}）；请使状态目录可写，或使用 --no-identity-lock 启动`,
      }
    case 'failed':
      return {
        en: `a fault of this program (${why}); it is started again`,
        zh: `程序内部故障（${why}）；正在重新启动`,
      }
    case 'stopped':
      return { en: `stopped since ${since}`, zh: `自 ${since} 起已停止` }
    default:
      return { en: `${state} (${why})`, zh: `${state}（${why}）` }
  }
}

/** What its owner has to do; null: nothing. */
export function nextStep(name: string, { state }: Facts): Bilingual | null {
  if (state !== 'login_needed') return null
  return {
    en: `wechat login ${name}    (the account keeps its name, its messages and what waits)`,
    zh: `wechat login ${name}    （账号名称、消息和待发内容都会保留）`,
  }
}

/** What waits, and what for; '' where nothing does. */
export function waitingWords({ waiting, parked }: Facts): Bilingual | null {
  const [all, aside] = [Number(waiting ?? 0), Number(parked ?? 0)]
  if (all === 0) return null
  if (aside === 0) return { en: `${all} to be sent`, zh: `待发 ${all} 条` }
  return {
    en: `${all} to be sent, ${aside} of them until somebody writes or logs in`,
    zh: `待发 ${all} 条，其中 ${aside} 条需等对方来信或重新登录`,
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '?'
}
