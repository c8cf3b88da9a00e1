/** Messages are kept until their owner says otherwise; older ones than this are worth a question (design §4). */
export const RETENTION_DAYS = 7
export const LONGEST_RETENTION_DAYS = 3650
export const DAY_MS = 86_400_000

export function isRetentionDays(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LONGEST_RETENTION_DAYS
}
