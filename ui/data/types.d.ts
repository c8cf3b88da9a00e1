/** What the data layer hands to the views. Every text in here was written by strangers: textContent only. */

export type * from './channel-types.d.ts'
export type * from './reading-types.d.ts'
export type * from './record-types.d.ts'
export type * from './store-types.d.ts'
