import { isAbsolute, join } from 'node:path'
import { readSnapshot } from './read-snapshot.js'
import { summaryText } from './summary-text.js'

/**
 * An OpenClaw plugin: puts the summary that the daemon keeps in `context_snapshot.json` in front of each prompt. Whatever
 * goes wrong, the prompt stays as it was.
 */

export const id = 'openwechat-im-context'

/** Where the skill keeps its data, seen from the agent's workspace. */
const USUAL_PLACE = join('skills', 'openwechat_im_client')
const FILE = 'context_snapshot.json'
/** A prompt does not wait longer than this for a disk that hangs. */
const TIMEOUT_MS = 2000

/**
 * @typedef {object} PluginApi what this plugin uses of it
 * @property {Readonly<Record<string, unknown>>} [pluginConfig]
 * @property {{ debug?: (text: string) => void }} [logger]
 * @property {(hook: 'before_prompt_build', handler: PromptHook, options: { timeoutMs: number }) => void} on
 *
 * @typedef {(event: unknown, context?: { workspaceDir?: string }) => Promise<{ prependContext: string } | undefined>} PromptHook
 */

/** @param {PluginApi} api */
export function register(api) {
  const dataDir = api.pluginConfig?.['dataDir']
  api.on(
    'before_prompt_build',
    async (_event, context) => {
      try {
        const folder = dataFolder(dataDir, context?.workspaceDir)
        const text = folder === null ? null : summaryText(await readSnapshot(join(folder, FILE)), Date.now())
        return text === null ? undefined : { prependContext: text }
      } catch (error) {
        // Never the message: what a file holds that is no JSON would be in it.
        api.logger?.debug?.(`no summary: ${codeOf(error)}`)
        return undefined
      }
    },
    { timeoutMs: TIMEOUT_MS },
  )
}

/**
 * @param {unknown} configured may be relative to the workspace
 * @param {string | undefined} workspace
 */
function dataFolder(configured, workspace) {
  const path = typeof configured === 'string' && configured !== '' ? configured : USUAL_PLACE
  if (isAbsolute(path)) return path
  // Not wherever the gateway was started.
  return workspace === undefined ? null : join(workspace, path)
}

/** @param {unknown} error */
function codeOf(error) {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
