/** Asking for the state of a QR code. */

import type { ScanScript } from '../../../scripts/embedded/ilink/simulator.ts'
import { type Answered, newQr, qrStatus, textIn } from './client.ts'
import type { TestSimulator } from './test-simulator.ts'

export async function codeOf({ simulator }: TestSimulator, localTokens: readonly string[] = []): Promise<string> {
  return textIn(await newQr(simulator.url, localTokens), 'qrcode')
}

/** Asks until the answer is not held any more; the question has reached the simulator when this returns. */
export async function question(
  test: TestSimulator,
  ...args: Parameters<typeof qrStatus>
): Promise<{ answer: Promise<Answered> }> {
  const count = () => test.controls.requestCount('get_qrcode_status')
  const before = count()
  const answer = qrStatus(...args)
  await test.controls.until(() => count() > before)
  return { answer }
}

export async function statusAfter(test: TestSimulator, code: string, script: ScanScript): Promise<Answered> {
  test.phone.scan(code, script)
  return qrStatus(test.simulator.url, code)
}
