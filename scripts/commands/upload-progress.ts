import type { Progress } from '../engine/actions/action.ts'
import type { CommandContext } from './command.ts'

/** How far an upload is, on one line of a terminal; a pipe hears nothing. */
export interface UploadProgress {
  show(progress: Progress): void
  /** Leaves a clean line behind. */
  end(): void
}

const BETWEEN_MS = 100

export function createUploadProgress({ clock, errorTerminal, overwrite }: CommandContext): UploadProgress {
  let shownAt = Number.NEGATIVE_INFINITY
  let shown = false
  return {
    show({ done, total }) {
      const now = clock.monotonic()
      if (!errorTerminal || total === 0 || (done < total && now - shownAt < BETWEEN_MS)) return
      shownAt = now
      shown = true
      overwrite(`${Math.floor((done / total) * 100)} %  ${kilobytes(done)} / ${kilobytes(total)} KB`)
    },
    end() {
      if (shown) overwrite('')
    },
  }
}

function kilobytes(bytes: number): string {
  return String(Math.ceil(bytes / 1024))
}
