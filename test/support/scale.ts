/**
 * Long campaigns have two sizes: `npm test` runs the short one, `npm run test:crash` and `npm run test:fuzz` the full one.
 */
export const FULL = process.env['OPENWECHAT_TEST_SCALE'] === 'full'

export function scale(size: { readonly short: number; readonly full: number }): number {
  return FULL ? size.full : size.short
}
