import { errorCode } from '../core/errors.ts'
import { type ControlPlace, makeControlPlace, removeControlPlace } from '../store/control-place.ts'
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
    let place: ControlPlace | undefined
    try {
      const made = makeControlPlace(folder, { runtimeFolder, where })
      place = made
      const server = await startControlServer({ ...options, path: made.socket, token: made.token })
      return {
        async close() {
          await server.close()
          removeControlPlace(folder, made)
        },
      }
    } catch (error) {
      // Commands would knock where nobody is.
      if (place !== undefined) removeControlPlace(folder, place)
      log.warn('the control socket can not be opened there', { where, error: errorCode(error) })
    }
  }
  log.error('commands can not reach this daemon')
  return { close: () => Promise.resolve() }
}
