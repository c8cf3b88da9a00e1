import type { ChannelEvent, ChannelFields } from '../core/channel-event.ts'
import { escapeText, escapeValue } from './visible-escape.ts'

/** `[UTC] EVENT key=value …`, without the LF. Undefined fields are left out. */
export function formatChannelLine(at: string, event: ChannelEvent, fields: ChannelFields = {}): string {
  const pairs = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${escapeValue(String(value))}`)
  return `[${at}] ${event}${pairs.join('')}`
}

/** What the relay said of itself in `event: log`. Its text is a stranger's: one line, nothing invisible. */
export function formatServerLine(at: string, text: string): string {
  return `[${at}] [server] ${escapeText(text)}`
}
