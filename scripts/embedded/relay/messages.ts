/** The things the relay keeps and shows. Names and descriptions never change after registration (RC §3). */

export const statuses = ['open', 'friends_only', 'do_not_disturb'] as const
export type Status = (typeof statuses)[number]

export interface Person {
  readonly id: number
  readonly name: string
  /** null when there is none; an empty one counts as none. */
  readonly description: string | null
}

export interface User extends Person {
  readonly status: Status
  /** Milliseconds since the epoch, as all times in here. */
  readonly registeredAt: number
  readonly lastActiveAt: number
}

export interface Message {
  readonly toId: number
  readonly kind: 'chat' | 'request' | 'notice'
  /** null for a notice: nobody sent it, and `from_id` never finds it (RC §4.2). */
  readonly from: Person | null
  readonly content: string
  readonly attachment: string | null
  readonly at: number
}
