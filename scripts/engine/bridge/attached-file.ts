import type { Bilingual } from '../../core/i18n.ts'
import { FILE_MISSING, fileTooLarge, ONE_FILE } from '../../protocol/bridge/texts.ts'
import type { StoredMessage } from '../../store/messages.ts'
import type { OutboxFile } from '../../store/outbox.ts'
import type { BridgeOptions } from './parts.ts'

/** RC §3 and §5. */
const LARGEST_MB = 10
const LONGEST_NAME_BYTES = 246

export type Attached =
  | { readonly kind: 'none' }
  | { readonly kind: 'file'; readonly file: OutboxFile }
  | { readonly kind: 'fault'; readonly text: Bilingual }

/** The file that came with a message, as the relay may have it. */
export async function attachedTo(
  { flags }: StoredMessage,
  { sizeOfFile }: Pick<BridgeOptions, 'sizeOfFile'>,
): Promise<Attached> {
  const { attachment, file: paths } = flags
  if (attachment === undefined) return { kind: 'none' }
  if (paths === undefined) return { kind: 'fault', text: FILE_MISSING }
  const [path = '', ...more] = paths.split(',')
  if (more.length > 0 || flags['media'] !== undefined) return { kind: 'fault', text: ONE_FILE }
  const bytes = await sizeOfFile(path)
  if (bytes === null) return { kind: 'fault', text: FILE_MISSING }
  if (bytes > LARGEST_MB * 1024 * 1024) return { kind: 'fault', text: fileTooLarge(LARGEST_MB) }
  return { kind: 'file', file: { path, name: nameOf(attachment, path), bytes } }
}

/** Only files have a name; of the others it is known what they are. */
function nameOf(attachment: string, path: string): string {
  const ending = /\.[a-z0-9]{1,8}$/.exec(path)?.[0] ?? ''
  const name = attachment.includes('.') ? attachment : `${attachment}${ending}`
  return Buffer.byteLength(name) > LONGEST_NAME_BYTES ? `file${ending}` : name
}
