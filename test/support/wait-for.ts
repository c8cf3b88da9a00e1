import assert from 'node:assert/strict'

/** Waits until the condition gives something else than false or undefined; fails with its name after the limit. */
export async function waitFor<T>(
  name: string,
  condition: () => T | false | undefined | Promise<T | false | undefined>,
  {
    limitMs = 20_000,
    everyMs = 5,
    meanwhile = () => {},
  }: { limitMs?: number; everyMs?: number; meanwhile?: () => void } = {},
): Promise<T> {
  const until = performance.now() + limitMs
  for (;;) {
    const value = await condition()
    if (value !== false && value !== undefined) return value
    assert.ok(performance.now() < until, `waited in vain for: ${name}`)
    meanwhile()
    await new Promise(resolve => setTimeout(resolve, everyMs))
  }
}

/** Lets everything happen that needs no time to pass. */
export async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise(resolve => setImmediate(resolve))
}
