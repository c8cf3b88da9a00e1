import type { WakeConfig } from '../../core/config.ts'
import type { Bilingual } from '../../core/i18n.ts'

/** One sentence about what to change. We never change anything in OpenClaw ourselves (OI §3.1). */

interface Circumstances {
  readonly config: WakeConfig
  /** Of the gateway, where it said why. */
  readonly words: string | null
}

export function adviceFor(reason: string, { config, words }: Circumstances): Bilingual {
  if (reason === 'http_400') return refusedRequest(words ?? '', config)
  if (reason === 'http_404') return notFound(config)
  if (/^http_3\d\d$/.test(reason)) return REDIRECTED
  if (/^http_5\d\d$/.test(reason)) return UNWELL
  return KNOWN[reason] ?? otherAdvice(reason, config)
}

function otherAdvice(reason: string, config: WakeConfig): Bilingual {
  if (/^http_/.test(reason)) return NO_GATEWAY
  if (reason === 'ECONNREFUSED') return notThere(config)
  return {
    en: `No answer from ${hostOf(config)} (${reason}): check wake.url in config.json, and that the gateway runs.`,
    zh: `${hostOf(config)} 没有答复（${reason}）：请检查 config.json 中的 wake.url，并确认网关正在运行。`,
  }
}

/** What the gateway says when it does not like a request, and whose setting it is about. */
const REFUSALS: readonly (readonly [RegExp, Bilingual])[] = [
  [
    /^unknown agentId/,
    {
      en: 'OpenClaw has no agent of the name in wake.agentId of config.json: correct it, or leave it out.',
      zh: 'OpenClaw 中没有 config.json 里 wake.agentId 所写的智能体：请改正，或去掉该字段。',
    },
  ],
  [
    /allowedAgentIds/,
    {
      en: 'Add the agent to hooks.allowedAgentIds in openclaw.json.',
      zh: '请把该智能体加入 openclaw.json 的 hooks.allowedAgentIds。',
    },
  ],
  [
    /^sessionKey must start with/,
    {
      en: 'wake.sessionKey in config.json has to begin with one of hooks.allowedSessionKeyPrefixes in openclaw.json, such as "hook:".',
      zh: 'config.json 的 wake.sessionKey 必须以 openclaw.json 中 hooks.allowedSessionKeyPrefixes 之一开头，例如 "hook:"。',
    },
  ],
  [
    /^sessionKey is disabled/,
    {
      en: 'Leave out wake.sessionKey in config.json, or set hooks.allowRequestSessionKey to true and hooks.allowedSessionKeyPrefixes to ["hook:"] in openclaw.json.',
      zh: '请去掉 config.json 中的 wake.sessionKey，或在 openclaw.json 中把 hooks.allowRequestSessionKey 设为 true、hooks.allowedSessionKeyPrefixes 设为 ["hook:"]。',
    },
  ],
  [
    /^hook mapping requires/,
    {
      en: 'Give the mapping a constant messageTemplate in openclaw.json; "wake settings" prints one.',
      zh: '请在 openclaw.json 中为该映射设置固定的 messageTemplate；"wake settings" 会打印一份。',
    },
  ],
  [
    /session-store owner/,
    {
      en: 'Set wake.agentId in config.json to the agent that owns the sessions of this gateway.',
      zh: '请把 config.json 的 wake.agentId 设为该网关会话所属的智能体。',
    },
  ],
]

function refusedRequest(words: string, config: WakeConfig): Bilingual {
  const known = REFUSALS.find(([pattern]) => pattern.test(words))?.[1]
  if (known !== undefined) return known
  return {
    en: `OpenClaw refuses the request: compare wake in config.json (mode "${config.mode}") with the section hooks of openclaw.json; "wake settings" prints what it needs.`,
    zh: `OpenClaw 拒绝了该请求：请对照 config.json 的 wake（mode 为 "${config.mode}"）与 openclaw.json 的 hooks 一节；"wake settings" 会打印所需内容。`,
  }
}

function notFound(config: WakeConfig): Bilingual {
  const path = hooksPath(config)
  // OpenClaw takes no hooks at its root.
  if (path === '/') return NO_PATH
  if (config.mode !== 'mapping') {
    return {
      en: `Hooks are not enabled there: set hooks.enabled to true, hooks.token, and hooks.path to "${path}" in openclaw.json.`,
      zh: `该网关未启用 hooks：请在 openclaw.json 中把 hooks.enabled 设为 true，设置 hooks.token，并把 hooks.path 设为 "${path}"。`,
    }
  }
  return {
    en: `Hooks are not enabled there, or no mapping is called "${config.mapping}": set hooks.enabled, hooks.token, hooks.path to "${path}" and that mapping in openclaw.json; "wake settings" prints them.`,
    zh: `该网关未启用 hooks，或没有名为 "${config.mapping}" 的映射：请在 openclaw.json 中设置 hooks.enabled、hooks.token、hooks.path（"${path}"）和该映射；"wake settings" 会打印这些内容。`,
  }
}

function notThere(config: WakeConfig): Bilingual {
  return {
    en: `Nothing listens at ${hostOf(config)}: start the OpenClaw gateway, or correct the port in wake.url of config.json.`,
    zh: `${hostOf(config)} 上没有程序在监听：请启动 OpenClaw 网关，或改正 config.json 中 wake.url 的端口。`,
  }
}

/** What the gateway has to be told as `hooks.path`. */
export function hooksPath({ url }: Pick<WakeConfig, 'url'>): string {
  return new URL(url).pathname
}

function hostOf({ url }: WakeConfig): string {
  return new URL(url).host
}

const NO_PATH: Bilingual = {
  en: 'wake.url in config.json lacks the path of the hooks: hooks.path of openclaw.json, usually "/hooks".',
  zh: 'config.json 的 wake.url 缺少 hooks 的路径：即 openclaw.json 的 hooks.path，通常为 "/hooks"。',
}

const REDIRECTED: Bilingual = {
  en: 'That address only leads elsewhere, and a token is not taken along: put the final address into wake.url of config.json.',
  zh: '该地址只是重定向，而 Token 不会随之转发：请把最终地址写入 config.json 的 wake.url。',
}

const UNWELL: Bilingual = {
  en: 'OpenClaw could not take it now (it starts, stops or has a fault): it is tried again by itself; look into "openclaw logs" if it stays so.',
  zh: 'OpenClaw 暂时无法接收（正在启动、停止或出现故障）：会自动重试；若持续如此，请查看 "openclaw logs"。',
}

const NO_GATEWAY: Bilingual = {
  en: 'What answers at wake.url of config.json does not behave like the hooks of OpenClaw: check the address and its path.',
  zh: 'config.json 的 wake.url 上的程序不像是 OpenClaw 的 hooks：请检查地址和路径。',
}

const OUR_FAULT: Bilingual = {
  en: 'OpenClaw does not take the form of the request: that is a fault of this program, or wake.url in config.json is no address of hooks.',
  zh: 'OpenClaw 不接受该请求的形式：这是本程序的缺陷，或 config.json 的 wake.url 不是 hooks 地址。',
}

const NOT_TLS: Bilingual = {
  en: 'wake.url in config.json says https, and what answers there does not speak it.',
  zh: 'config.json 的 wake.url 写的是 https，但该地址不支持 https。',
}

const KNOWN: Readonly<Record<string, Bilingual>> = {
  http_204: {
    en: 'The mapping in openclaw.json makes nothing of it: give it a constant messageTemplate, and no transform that skips.',
    zh: 'openclaw.json 中的映射没有产生任何动作：请设置固定的 messageTemplate，且不要使用会跳过的 transform。',
  },
  http_401: {
    en: 'Set hooks.token in openclaw.json and wake.token in config.json to the same text; it is not the token of the gateway.',
    zh: '请把 openclaw.json 的 hooks.token 与 config.json 的 wake.token 设为相同内容；它不是网关的 token。',
  },
  http_405: OUR_FAULT,
  http_408: OUR_FAULT,
  http_413: OUR_FAULT,
  http_409: {
    en: 'OpenClaw was just taking over new settings, or the session was busy: it is tried again by itself.',
    zh: 'OpenClaw 正在应用新配置，或会话正忙：会自动重试。',
  },
  http_429: {
    en: 'OpenClaw locks out after too many wrong tokens: correct hooks.token or wake.token, it is tried again when the lock ends.',
    zh: 'Token 错误次数过多，OpenClaw 已暂时锁定：请改正 hooks.token 或 wake.token，锁定结束后会再试。',
  },
  unexpected_answer: NO_GATEWAY,
  not_tls: NOT_TLS,
  timeout: {
    en: 'The gateway did not answer in time: it is tried again by itself; look into "openclaw logs" if it stays so.',
    zh: '网关没有及时答复：会自动重试；若持续如此，请查看 "openclaw logs"。',
  },
}
