import { z } from 'zod'
import { createRebuild } from '../../projections/maintenance/rebuild-refill.ts'
import type { Action } from './action.ts'
import { stampOf } from './prune.ts'

export interface RebuildResult {
  readonly files: readonly {
    readonly name: string
    readonly bytes_before: number
    readonly bytes_after: number
    /** Where the old one lies, a path within the data folder; null when there was nothing in it. */
    readonly old: string | null
  }[]
}

/** Writes the files of the agent anew from the database: whatever was done to them by hand, and what was archived, is not in them. */
export const rebuild: Action<object, RebuildResult> = {
  name: 'rebuild',
  params: z.object({}),
  run: (_params, { folder, files, clock, writer, projector, signal: nobodyWaits }) =>
    projector.maintain(async maintenance => {
      const signal = AbortSignal.any([nobodyWaits, maintenance.signal])
      const options = { folder: folder.path, files, writer, clock, signal, stamp: stampOf(clock.now()) }
      const rebuilt: RebuildResult['files'][number][] = []
      for (const name of ['inbox_pushed.md', 'conversations.md'] as const) {
        const one = await createRebuild(name, options)
        await maintenance.replace(name, one)
        rebuilt.push({ name, bytes_before: one.bytes.before, bytes_after: one.bytes.after, old: one.oldAt })
      }
      await maintenance.refresh()
      return { files: rebuilt }
    }),
}
