import { createPhone as create, type Phone } from '../../../../scripts/embedded/ilink/phone.ts'
import { noteCode } from '../journal.ts'

export * from '../../../../scripts/embedded/ilink/phone.ts'

export function createPhone(...args: Parameters<typeof create>): Phone {
  const phone = create(...args)
  return {
    ...phone,
    scan(qrcode, script) {
      if (script?.verifyCode !== undefined) noteCode(script.verifyCode)
      phone.scan(qrcode, script)
    },
  }
}
