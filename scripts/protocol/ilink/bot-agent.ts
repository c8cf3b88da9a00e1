/** What a bot says that it is, in the manner of a User-Agent: only looked at, never believed (IL §2). */

export const DEFAULT_BOT_AGENT = 'OpenClaw'

const LONGEST = 256
const PRODUCT = /^[A-Za-z0-9_.-]{1,32}\/[A-Za-z0-9_.+-]{1,32}$/
/** Printable, without parentheses. */
const COMMENT = /^\([ -'*-~]{1,64}\)$/

/** What can not be read is left out, so that the rest still counts. */
export function sanitiseBotAgent(text: string): string {
  const products: string[] = []
  /** A comment belongs to the product right before it, the first one only. */
  let mayComment = false
  for (const [part] of text.replace(/\s+/g, ' ').matchAll(/\([^()]*\)|\(|[^ (]+/g)) {
    if (part.startsWith('(')) {
      if (mayComment && COMMENT.test(part)) products.push(`${products.pop()} ${part}`)
      mayComment = false
    } else {
      mayComment = PRODUCT.test(part)
      if (mayComment) products.push(part)
    }
  }
  let agent = ''
  for (const product of products) {
    const longer = agent === '' ? product : `${agent} ${product}`
    if (longer.length > LONGEST) break
    agent = longer
  }
  return agent === '' ? DEFAULT_BOT_AGENT : agent
}
