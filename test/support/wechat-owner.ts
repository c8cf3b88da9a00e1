import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Bot, Bubble, Fault } from '../../scripts/embedded/ilink/simulator.ts'
import type { SendResult } from '../../scripts/engine/actions/send.ts'
import type { WechatScene } from './wechat-scene.ts'

/** The person who scanned for the account `main` of a scene, and what passed between them and us. */
export const OWNER = 'Owner-main@im.wechat'

export function mainBot({ bots }: WechatScene): Bot {
  return bots.get('main') ?? assert.fail()
}

export function ownerWrites({ phone }: WechatScene, ...texts: readonly string[]): void {
  for (const text of texts) phone.write({ kind: 'text', text }, { from: OWNER })
}

/** What they wrote, as the files have it. */
export function heard(scene: WechatScene): string[] {
  return scene
    .lines()
    .flatMap(line => (line.startsWith('from ') ? line.slice(`from wechat:main/${OWNER} `.length) : []))
}

/** They wrote, and it stands in the files: from now on they can be answered. */
export async function beginTalk(scene: WechatScene): Promise<void> {
  await scene.listening()
  const { length } = heard(scene)
  ownerWrites(scene, 'hello')
  await scene.until('their message', () => heard(scene).length > length)
}

/** What became of it within a minute. */
export function send(scene: WechatScene, text: string, file?: string): Promise<SendResult> {
  return scene.ask('send', { to: 'wechat:main/me', text, ...(file === undefined ? {} : { file }) }, STEP_MS)
}

/** As it ends, or until it waits for something, however often it is tried. */
export async function sendToEnd(scene: WechatScene, text: string, file?: string): Promise<SendResult> {
  let sent = await send(scene, text, file)
  const params = { to: sent.to, text, requestId: sent.request_id, ...(file === undefined ? {} : { file }) }
  while (sent.outcome === 'queued' && sent.parked === null) sent = await scene.ask('send', params, STEP_MS)
  return sent
}

/** Shorter than anything that is waited for, and long enough that hours of it are not slow. */
const STEP_MS = 200

/** A file that the owner of this machine names. */
export function fileNamed(scene: WechatScene, name: string, bytes: Uint8Array): string {
  const path = join(scene.folder.path, '..', name)
  writeFileSync(path, bytes)
  return path
}

/** What the phone shows of us. */
export function answers({ phone }: WechatScene): Bubble[] {
  return phone.transcript(OWNER).shown.filter(({ side }) => side === 'bot')
}

export function answered(scene: WechatScene): string[] {
  return answers(scene).map(({ text }) => text)
}

export function sends({ controls }: WechatScene): number {
  return controls.requestCount('sendmessage')
}

/** Nothing is lost and nothing came twice: a last one is written, behind which nothing of them can follow. */
export async function assertHeard(scene: WechatScene, texts: readonly string[]): Promise<void> {
  ownerWrites(scene, 'last')
  await scene.until('the last one', () => heard(scene).includes('last'), 250)
  assert.deepEqual(heard(scene), [...texts, 'last'])
}

export async function assertConnected(scene: WechatScene): Promise<void> {
  await scene.until('the state', () => scene.statusOf('main')['state'] === 'connected', 250)
  assert.equal(scene.statusOf('main')['reason'], null)
}

export function nameOf(fault: Fault): string {
  return Object.values(fault)
    .map(value => (typeof value === 'object' ? JSON.stringify(value) : value))
    .join(' ')
}
