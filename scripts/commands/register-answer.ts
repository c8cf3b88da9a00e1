import { askForIdentity, type NewIdentity } from '../adapters/relay/register.ts'
import { OutcomeUnknownError, RefusedError, StorageError, ThrottledError, UnreachableError } from '../core/errors.ts'
import { inLanguage } from '../core/i18n.ts'
import { decodeUtf8 } from '../core/utf8.ts'
import { parseRegistration, type Registration } from '../protocol/relay/registration.ts'
import { classifyReply } from '../protocol/relay/reply.ts'
import { retryAfterMs } from '../protocol/retry-after.ts'
import { keepReply } from '../store/registration.ts'
import type { CommandContext } from './command.ts'

/** The request of `register`, and what its answer means. */

/** Older relays take one request per 10 s from an address, and the look at the relay was one (RC §11). */
const THROTTLED_MS = 10_500
const MOST_WAIT_MS = 60_000
const MOST_TRIES = 3

interface RegisterOptions {
  readonly context: CommandContext
  readonly network: Parameters<typeof askForIdentity>[2]
  readonly stamp: string
}

/**
 * Asks once, and again only where the relay has said that it did nothing yet.
 *
 * @returns `kept`: where the reply lies within the data folder; null where the disk did not take it
 * @throws RefusedError, ThrottledError; OutcomeUnknownError when the identity may have been made
 */
export async function registerAt(
  baseUrl: string,
  identity: NewIdentity,
  { context, network, stamp }: RegisterOptions,
): Promise<{ registration: Registration; kept: string | null }> {
  for (let tries = 1; ; tries++) {
    const reply = await askForIdentity(baseUrl, identity, network).catch(error => {
      throw error instanceof UnreachableError ? unanswered(error) : error
    })
    // Where it can not be kept it is read all the same: config.json may still take the token.
    const kept = await keepReply(context.folder(), reply.body, `${stamp}-${tries}`).catch(() => null)
    const text = decodeUtf8(reply.body)
    const registration = parseRegistration(text, identity)
    if (registration !== null) return { registration, kept }
    const answer = classifyReply(reply.status, text)
    if (answer.kind === 'refused') throw refused(answer.text, reply.status)
    if (answer.kind !== 'throttled') throw notUnderstood(kept)
    if (tries === MOST_TRIES) throw throttled()
    context.note(inLanguage(PATIENCE, context.language))
    const wait = retryAfterMs(reply.retryAfter, network.clock.now()) ?? 0
    await network.clock.sleep(Math.min(Math.max(wait, THROTTLED_MS), MOST_WAIT_MS), network.signal)
  }
}

const PATIENCE = {
  en: 'The relay asks for fewer requests; trying again in a moment.',
  zh: '中继要求降低请求频率，稍后自动重试。',
}

function throttled(): ThrottledError {
  return new ThrottledError(
    { en: 'The relay asks for fewer requests. Nothing was registered.', zh: '中继要求降低请求频率。未进行注册。' },
    { nextStep: { en: 'Try again in a minute.', zh: '请一分钟后再试。' } },
  )
}

function refused(text: string, status: number): RefusedError {
  return new RefusedError(
    { en: `The relay refuses: ${text}`, zh: `中继拒绝：${text}` },
    {
      status,
      nextStep: {
        en: 'A name that is taken (409) needs another one; a full relay (503) has to make room.',
        zh: '名称已被占用（409）请换一个；中继已满（503）需等待名额。',
      },
    },
  )
}

function unanswered(cause: UnreachableError): OutcomeUnknownError {
  return new OutcomeUnknownError(
    {
      en: `The relay did not answer (${cause.reason}): the identity may or may not have been made.`,
      zh: `中继没有答复（${cause.reason}）：身份可能已注册，也可能没有。`,
    },
    {
      nextStep: {
        en: 'Try again; if the name is taken then, choose another one: the token of the first is lost.',
        zh: '请重试；若提示名称已被占用，请换一个名称：前一个的 Token 已丢失。',
      },
      cause,
    },
  )
}

function notUnderstood(kept: string | null): OutcomeUnknownError {
  const where =
    kept === null
      ? { en: 'It could not be kept either.', zh: '也无法保存。' }
      : {
          en: `It is kept, whole, in ${kept} of the data folder.`,
          zh: `完整内容保存在数据目录的 ${kept}。`,
        }
  return new OutcomeUnknownError(
    {
      en: `The relay's reply can not be understood. ${where.en}`,
      zh: `无法理解中继的答复。${where.zh}`,
    },
    { nextStep: BY_HAND },
  )
}

export function notWritten(id: number, { kept, reason }: { kept: string | null; reason: string }): StorageError {
  const where =
    kept === null
      ? { en: 'The token is shown above, for the only time.', zh: 'Token 已显示在上方，仅此一次。' }
      : {
          en: `The relay's reply, which shows the token, is kept in ${kept} of the data folder.`,
          zh: `中继的答复（含 Token）保存在数据目录的 ${kept}。`,
        }
  return new StorageError(
    {
      en: `You are registered as #${id}, but config.json can not be written (${reason}). ${where.en}`,
      zh: `已注册为 #${id}，但无法写入 config.json（${reason}）。${where.zh}`,
    },
    { nextStep: BY_HAND },
  )
}

const BY_HAND = {
  en: 'Put base_url, token, my_id and my_name into config.json by hand; a reply that holds a token shows it behind "Token：".',
  zh: '请手动将 base_url、token、my_id、my_name 写入 config.json；若答复中有 Token，它在“Token：”之后。',
}
