import { randomUUID } from 'node:crypto'
import { lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { ConfigError, errorCode } from '../../core/errors.ts'
import { SVG_MARK, svgPicture } from './qr-picture.ts'

/** The QR code as a file that only its owner can read. Each code replaces the one before, and the last one is removed. */
export interface SvgFile {
  /** Absolute. */
  readonly path: string
  /** @throws ConfigError where it can not be written */
  show(link: string): void
  remove(): void
}

/** @throws ConfigError when something else is called so: it would be lost */
export function createSvgFile(given: string): SvgFile {
  const path = resolve(given)
  let isThere = false
  requireFree(path)
  return {
    path,
    show(link) {
      const temporary = `${path}.${randomUUID()}`
      try {
        writeFileSync(temporary, svgPicture(link), { mode: 0o600, flag: 'wx' })
        renameSync(temporary, path)
        isThere = true
      } catch (error) {
        rmSync(temporary, { force: true })
        throw notWritable(path, errorCode(error))
      }
    },
    remove() {
      if (isThere) rmSync(path, { force: true })
      isThere = false
    },
  }
}

/** What a login that was killed has left behind is no obstacle. */
function requireFree(path: string): void {
  try {
    if (lstatSync(path).isFile() && readFileSync(path, 'utf8').startsWith(SVG_MARK)) return
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return
    throw notWritable(path, errorCode(error))
  }
  throw new ConfigError(
    { en: `${path} is there already, and no QR code of a login.`, zh: `${path} 已存在，且不是登录二维码。` },
    {
      nextStep: {
        en: 'Name another file: it is replaced with each code, and removed at the end.',
        zh: '请换一个文件名：它会随每个二维码被替换，结束时删除。',
      },
    },
  )
}

function notWritable(path: string, reason: string): ConfigError {
  return new ConfigError(
    { en: `${path} can not be written (${reason}).`, zh: `无法写入 ${path}（${reason}）。` },
    { nextStep: { en: 'Name a file in a folder that you may write to.', zh: '请指定一个你可写目录中的文件。' } },
  )
}
