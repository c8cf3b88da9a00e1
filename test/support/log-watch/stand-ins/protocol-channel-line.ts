import {
  formatChannelLine as channelLine,
  formatServerLine as serverLine,
} from '../../../../scripts/protocol/channel-line.ts'
import { noteLine } from '../journal.ts'

export * from '../../../../scripts/protocol/channel-line.ts'

function noted(line: string): string {
  noteLine(line)
  return line
}

export function formatChannelLine(...args: Parameters<typeof channelLine>): string {
  return noted(channelLine(...args))
}

export function formatServerLine(...args: Parameters<typeof serverLine>): string {
  return noted(serverLine(...args))
}
