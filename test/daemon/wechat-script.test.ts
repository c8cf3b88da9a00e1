import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { Bubble, Content } from '../../scripts/embedded/ilink/simulator.ts'
import type { SendResult } from '../../scripts/engine/actions/send.ts'
import { FILM, NOTES, PICTURE, SOUND, shaOf } from '../adapters/ilink/test-files.ts'
import { longText } from '../adapters/ilink/test-sending.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { startWechatScene, type WechatScene } from '../support/wechat-scene.ts'

/** A whole conversation in strict mode (IL "A faithful simulator must"): everything that has a form on the wire, both ways. */

const timeout = 60_000
const OWNER = 'Owner-main@im.wechat'

const PNG = `.files/${shaOf(PICTURE)}.png`
const BIN = `.files/${shaOf(NOTES)}.bin`
const MP4 = `.files/${shaOf(FILM)}.mp4`
const SILK = `.files/${shaOf(SOUND)}.silk`

/** What they send, and its line. */
const THEIRS: readonly (readonly [content: Content, line: string])[] = [
  [{ kind: 'text', text: '你好' }, ' 你好'],
  [{ kind: 'text', text: ['one', 'two'] }, ' one\ntwo'],
  [{ kind: 'text', text: `${'long '.repeat(3000)}end` }, ` ${'long '.repeat(3000)}end`],
  [{ kind: 'image', bytes: PICTURE }, ` attachment=image file=${PNG} `],
  [{ kind: 'image', bytes: PICTURE, key: 'none', link: 'full' }, ` attachment=image file=${PNG} `],
  [{ kind: 'image', bytes: PICTURE, key: 'B', link: 'param' }, ` attachment=image file=${PNG} `],
  [{ kind: 'file', bytes: NOTES, name: 'a b.txt', key: 'A' }, ` attachment=a b.txt file=${BIN} `],
  [{ kind: 'file', bytes: NOTES, name: '注.txt', key: 'hex', link: 'param' }, ` attachment=注.txt file=${BIN} `],
  [{ kind: 'video', bytes: FILM, thumb: PICTURE }, ` attachment=video file=${MP4} `],
  [{ kind: 'voice', bytes: SOUND, text: 'said' }, ' said'],
  [{ kind: 'voice', bytes: SOUND }, ` attachment=voice voice=no_transcript file=${SILK} `],
  [
    {
      kind: 'several',
      contents: [
        { kind: 'image', bytes: PICTURE },
        { kind: 'video', bytes: FILM },
      ],
    },
    ` attachment=image, video file=${PNG},${MP4} `,
  ],
  [{ kind: 'unknown', type: 77 }, ' unknown_items=77 '],
]

const ALBUM = [PICTURE, Buffer.concat([PICTURE, PICTURE]), PICTURE].map(bytes => ({ kind: 'image' as const, bytes }))

/** What we send: text, the name of a file, and how many bubbles it makes. */
const OURS: readonly { readonly text: string; readonly file?: readonly [string, Buffer]; readonly kinds: string }[] = [
  { text: 'good day', kinds: 'text' },
  { text: longText(4), kinds: 'text text text text' },
  { text: 'a picture', file: ['a.png', PICTURE], kinds: 'text image' },
  { text: '', file: ['a.mp4', FILM], kinds: 'video' },
  { text: '', file: ['说明.txt', NOTES], kinds: 'file' },
  // Voices that a bot sends are never heard (IL §7).
  { text: '', file: ['a.silk', SOUND], kinds: 'file' },
]

interface Talk {
  scene: WechatScene
  readonly expected: string[]
}

async function hears(talk: Talk, work: () => void, ...lines: readonly string[]): Promise<void> {
  work()
  talk.expected.push(...lines.map(line => `from wechat:main/${OWNER}${line}`))
  await shows(talk)
}

async function shows({ scene, expected }: Talk): Promise<void> {
  await scene.until('the lines', () => scene.lines().length >= expected.length)
  assert.deepEqual(scene.lines().slice(-3), expected.slice(-3))
}

function bubbles({ scene }: Talk): Bubble[] {
  return scene.phone.transcript(OWNER).shown.filter(({ side }) => side === 'bot')
}

async function theySend(talk: Talk, contents: typeof THEIRS): Promise<void> {
  const { scene } = talk
  for (const [content, line] of contents) await hears(talk, () => scene.phone.write(content, { from: OWNER }), line)
}

/** Six requests at most for each message of theirs. */
async function weSend(talk: Talk): Promise<void> {
  const { scene } = talk
  for (const { text, file, kinds } of OURS) {
    await hears(talk, () => scene.phone.write({ kind: 'text', text: 'go on' }, { from: OWNER }), ' go on')
    const { length } = bubbles(talk)
    const path = file === undefined ? undefined : join(scene.folder.path, '..', file[0])
    if (path !== undefined && file !== undefined) writeFileSync(path, file[1])
    const sent = await scene.ask<SendResult>('send', {
      to: 'wechat:main/me',
      text,
      ...(path === undefined ? {} : { file: path }),
    })
    assert.deepEqual([sent.outcome, sent.seq, sent.parked], ['accepted', talk.expected.length + 1, null])
    talk.expected.push(`to wechat:main/${OWNER}${file === undefined ? '' : ` attachment=${file[0]}`} ${text}`)
    await shows(talk)
    const made = bubbles(talk).slice(length)
    assert.equal(made.map(({ kind }) => kind).join(' '), kinds)
    const last = made.at(-1) ?? assert.fail()
    if (file !== undefined) assert.ok(scene.phone.open(last)?.equals(file[1]), 'what the phone opens')
  }
}

/** By the words, by an id, and a part: of what they wrote and of what we wrote. */
async function theyQuote(talk: Talk): Promise<void> {
  const { scene } = talk
  const { shown } = scene.phone.transcript(OWNER)
  const seqOf = (bubble: Bubble) => {
    const who = bubble.side === 'phone' ? 'from' : 'to'
    return (
      talk.expected.findIndex(line => line.startsWith(who) && line.includes(bubble.text.replace(/^\(\d\/\d\)\n/, ''))) +
      1
    )
  }
  for (const text of ['你好', 'good day']) {
    const quoted = shown.find(bubble => bubble.text === text) ?? assert.fail()
    const isNamed = quoted.side === 'phone' || wasNamed(scene, quoted)
    const known = isNamed ? `quote=${text} quote_seq=${seqOf(quoted)}` : `quote=unknown quote_id=${quoted.messageId}`
    // The words of ours are without an id.
    const byWords = quoted.side === 'phone' ? known : `quote=${text}`
    const quote = (more: object, line: string) =>
      hears(
        talk,
        () => scene.phone.write({ kind: 'quote', text: 'about it', of: quoted.messageId, ...more }, { from: OWNER }),
        ` ${line} about it`,
      )
    await quote({ form: 'text' }, byWords)
    await quote({ form: 'svr_id' }, known)
    await quote({ form: 'msg_id' }, known)
    const part = text.slice(1)
    for (const endCounted of ['whole text', 'after start'] as const) {
      if (isNamed) await quote({ form: 'partial', part, endCounted }, `quote=${part} quote_seq=${seqOf(quoted)}`)
    }
  }
  // A part of a long text that the phone shows as a bubble of its own.
  const third = shown.find(bubble => bubble.text.startsWith('(3/4)')) ?? assert.fail()
  if (!wasNamed(scene, third)) return
  scene.phone.write({ kind: 'quote', text: 'that', of: third.messageId }, { from: OWNER })
  await scene.until('the quote', () => scene.lines().length > talk.expected.length)
  const line = scene.lines().at(-1) ?? ''
  talk.expected.push(line)
  assert.match(line, new RegExp(` quote_seq=${seqOf(third)} that$`))
}

/** Only newer servers say what they call a message (IL §6). */
function wasNamed(scene: WechatScene, { clientId }: Bubble): boolean {
  const request = scene.controls.requests('sendmessage').find(({ body }) => body.includes(clientId))
  return request?.outcome?.body.includes('message_id') === true
}

async function wholeTalk(talk: Talk, middle: () => Promise<void> = () => Promise.resolve()): Promise<void> {
  const { scene } = talk
  await scene.listening()
  await theySend(talk, THEIRS.slice(0, 6))
  await middle()
  await theySend(talk, THEIRS.slice(6))
  const album = ALBUM.map(({ bytes }) => ` attachment=image file=.files/${shaOf(bytes)}.png `)
  await hears(talk, () => talk.scene.phone.writeAlbum(ALBUM, { from: OWNER }), ...album)
  await weSend(talk)
  await theyQuote(talk)
  talk.scene.phone.write({ kind: 'echo', text: 'mine' }, { from: OWNER })
  await theySend(talk, [[{ kind: 'text', text: 'bye' }, ' bye']])
  await talk.scene.end()
  const { controls, phone } = talk.scene
  assert.deepEqual(talk.scene.lines(), talk.expected)
  assert.deepEqual(controls.violations(), [])
  assert.deepEqual(phone.transcript(OWNER).flags, [])
  assert.deepEqual(
    phone.transcript(OWNER).bubbles.filter(({ hidden }) => hidden !== null),
    [],
  )
  const [bot] = controls.bots()
  assert.deepEqual([bot?.onlineSince, bot?.starts, bot?.stops], [null, bot?.stops, bot?.starts])
  const typing = phone.typingState(OWNER)
  assert.deepEqual([typing?.isTyping, typing?.uncancelled], [false, 0])
  assert.ok((typing?.keepAlives ?? 0) > 0)
}

describe('a whole conversation, as the contract has it', () => {
  test('says in the files what was said on the phone, and the other way round', { timeout }, async t => {
    const scene = await startWechatScene(t)
    await wholeTalk({ scene, expected: [] })
  })

  test('does so whatever form the answers of the server have', { timeout }, async t => {
    const settings = {
      sendAnswer: 'in turn',
      suggestedMs: null,
      emptyPollCursor: 'absent',
      emptyPollMsgs: 'absent',
      pollRet: 'absent',
    } as const
    const scene = await startWechatScene(t, { simulate: { settings } })
    await wholeTalk({ scene, expected: [] })
  })

  test('goes on over a restart of the server and of the daemon', { timeout }, async t => {
    const scene = await startWechatScene(t, { simulate: { db: join(temporaryFolder(), 'server.db') } })
    const talk: Talk = { scene, expected: [] }
    await wholeTalk(talk, async () => {
      await scene.restartServer()
      await theySend(talk, [[{ kind: 'text', text: 'after the server' }, ' after the server']])
      await scene.end()
      scene.phone.write({ kind: 'text', text: 'while nobody is here' }, { from: OWNER })
      await scene.restartServer()
      talk.scene = await scene.restart()
      await hears(talk, () => undefined, ' while nobody is here')
    })
  })
})
