import type { WakeConfig } from '../../core/config.ts'
import { hooksPath } from './advice.ts'

/** What has to stand in `openclaw.json` for us (OI §3.1, §3.4). It is printed; the owner writes it. */

/** Of one mapping, in mode `mapping`. */
const MAPPING = 'openwechat'
const USUAL_AGENT = 'main'
/** Constant, with nothing of a payload in it: only then may it go to the model as it is. */
const TEMPLATE =
  'New messages wait in the chat of the skill openwechat-im-client. Read them with its inbox command, and tell the owner.'

export type WantedSettings = Pick<WakeConfig, 'url' | 'mode' | 'agentId' | 'mapping' | 'sessionKey'>

export const USUAL_SETTINGS: Omit<WantedSettings, 'url'> = {
  mode: 'mapping',
  agentId: null,
  mapping: MAPPING,
  sessionKey: null,
}

/** The section `hooks`, to be merged with what is there. */
export function openclawSettings({ url, mode, agentId, mapping, sessionKey }: WantedSettings): object {
  const agent = agentId ?? USUAL_AGENT
  const path = hooksPath({ url })
  return {
    hooks: {
      enabled: true,
      token: 'replace_with_the_text_of_wake.token',
      path,
      allowedAgentIds: [agent],
      ...(mode === 'mapping' || sessionKey === null
        ? { allowRequestSessionKey: false }
        : { allowRequestSessionKey: true, allowedSessionKeyPrefixes: ['hook:'] }),
      ...(mode === 'mapping' ? { mappings: [mappingFor(mapping ?? MAPPING, agent)] } : {}),
    },
  }
}

function mappingFor(name: string, agentId: string): object {
  return {
    id: name,
    match: { path: name },
    action: 'agent',
    name: 'openwechat-im-client',
    agentId,
    sessionKey: `hook:${name}`,
    deliver: true,
    messageTemplate: TEMPLATE,
    allowUnsafeExternalContent: true,
  }
}

/** The section `wake` of our own `config.json`. */
export function ownSettings({ url, mode, agentId, mapping, sessionKey }: WantedSettings): object {
  return {
    wake: {
      url,
      token: 'replace_with_a_random_text_of_32_characters',
      mode,
      ...(agentId === null ? {} : { agentId }),
      ...(mode === 'mapping' ? { mapping: mapping ?? MAPPING } : {}),
      ...(sessionKey === null || mode === 'mapping' ? {} : { sessionKey }),
    },
  }
}
