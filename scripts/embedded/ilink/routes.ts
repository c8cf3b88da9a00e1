/** IL §1, "Endpoints". */

import { downloadFile, uploadFile } from './cdn.ts'
import { getConfig, sendTyping } from './config.ts'
import type { RouteName } from './faults.ts'
import { getQr, qrStatus } from './qr.ts'
import { sendMessage } from './sending.ts'
import { getUpdates, notifyStart, notifyStop } from './updates.ts'
import { getUploadUrl } from './upload-url.ts'
import type { BotCall, Call, Reply, World } from './world.ts'

interface Base {
  readonly name: RouteName
  readonly methods: readonly string[]
  readonly path: string
}

export type Route =
  /** With a bearer, and a body that says who speaks. */
  | (Base & { readonly auth: 'bearer'; endpoint(world: World, call: BotCall): Reply })
  | (Base & { readonly auth: 'none' | 'cdn'; endpoint(world: World, call: Call): Reply })

const POST = ['POST']
const GET = ['GET']

export const routes: readonly Route[] = [
  // "POST with a body since plugin 2.3.1; older clients use GET without body and the real service still accepts it."
  { name: 'qr', methods: ['POST', 'GET'], path: '/ilink/bot/get_bot_qrcode', auth: 'none', endpoint: getQr },
  { name: 'qr status', methods: GET, path: '/ilink/bot/get_qrcode_status', auth: 'none', endpoint: qrStatus },
  { name: 'updates', methods: POST, path: '/ilink/bot/getupdates', auth: 'bearer', endpoint: getUpdates },
  { name: 'send', methods: POST, path: '/ilink/bot/sendmessage', auth: 'bearer', endpoint: sendMessage },
  { name: 'upload url', methods: POST, path: '/ilink/bot/getuploadurl', auth: 'bearer', endpoint: getUploadUrl },
  { name: 'config', methods: POST, path: '/ilink/bot/getconfig', auth: 'bearer', endpoint: getConfig },
  { name: 'typing', methods: POST, path: '/ilink/bot/sendtyping', auth: 'bearer', endpoint: sendTyping },
  // "Note the extra msg/ segment in the two notify paths; no other call has it."
  { name: 'start', methods: POST, path: '/ilink/bot/msg/notifystart', auth: 'bearer', endpoint: notifyStart },
  { name: 'stop', methods: POST, path: '/ilink/bot/msg/notifystop', auth: 'bearer', endpoint: notifyStop },
  { name: 'upload', methods: POST, path: '/c2c/upload', auth: 'cdn', endpoint: uploadFile },
  { name: 'download', methods: GET, path: '/c2c/download', auth: 'cdn', endpoint: downloadFile },
]

/** 404: nothing is there, 405: not with this method. */
export function routeOf(method: string, path: string): Route | 404 | 405 {
  const here = routes.filter(route => route.path === path)
  if (here.length === 0) return 404
  return here.find(route => route.methods.includes(method)) ?? 405
}
