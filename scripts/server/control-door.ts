import { errorCode } from '../core/errors.ts'
import { makeControlPlace, removeControlPlace } from '../store/control-place.ts'
import type { DataFolder } from '../store/data-folder.ts'
import { type ControlOptions, type ControlServer, startControlServer } from './control.ts'

export interface DoorOptions extends Omit<ControlOptions, 'path' | 'token'> {
  readonly folder: DataFolder
  readonly runtimeFolder: string
}

/**
 * Opens the control socket: in the data folder, or in the runtime folder where that can not hold one, as some shared
 * folders can not. Without it commands can not ask this daemon for anything; receiving goes on all the same.
 */
export async function openControlDoor({ folder, runtimeFolder, ...options }: DoorOptions): Promise<ControlServer> {
  const { log } = options
  for (const where of ['data', 'runtime'] as const) {
    try {
      const place = makeControlPlace(folder, { runtimeFolder, where })
      const server = await startControlServer({ ...options, path: place.socket, token: place.token })
      return {
        async close() {
          await server.close()
          removeControlPlace(folder, place)
        },
      }
    } catch (error) {
      log.warn('the control socket can not be opened there', { where, error: errorCode(error) })
    }
  }
  log.error('commands can not reach this daemon')
  return { close: () => Promise.resolve() }
}
