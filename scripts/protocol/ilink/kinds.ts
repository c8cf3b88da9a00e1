/** Two enums for the same four kinds of media, and they differ (IL §7, §10). */

export type MediaKind = 'image' | 'video' | 'file' | 'voice'

export const MEDIA_KINDS: Readonly<
  Record<MediaKind, { readonly upload: number; readonly item: number; readonly body: string }>
> = {
  image: { upload: 1, item: 2, body: 'image_item' },
  video: { upload: 2, item: 5, body: 'video_item' },
  file: { upload: 3, item: 4, body: 'file_item' },
  voice: { upload: 4, item: 3, body: 'voice_item' },
}

export const TEXT_ITEM = 1
export const TOOL_CALL_START_ITEM = 11
export const TOOL_CALL_RESULT_ITEM = 12

/** Those that phones show as pictures and films. Sounds go as files: nobody ever heard one of the others (IL §7). */
const SHOWN: Readonly<Record<'image' | 'video', ReadonlySet<string>>> = {
  image: new Set(['png', 'jpg', 'jpeg', 'gif', 'webp', 'bmp']),
  video: new Set(['mp4', 'm4v', 'mov', 'webm', 'mkv', 'avi', 'mpg', 'mpeg', '3gp']),
}

/** As what a file goes out, by the end of its name. */
export function mediaKindOf(fileName: string): Exclude<MediaKind, 'voice'> {
  const extension = /\.([A-Za-z0-9]{1,8})$/.exec(fileName)?.[1]?.toLowerCase() ?? ''
  if (SHOWN.image.has(extension)) return 'image'
  return SHOWN.video.has(extension) ? 'video' : 'file'
}
