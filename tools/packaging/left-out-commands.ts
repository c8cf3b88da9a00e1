/**
 * Commands that stay in the repository, and the file that the command table names for each: the audit reads 500 files of
 * an installed skill, and these two would bring 45 that no agent needs. There the program says so
 * (scripts/commands/repository-only.ts), which it knows by the missing folder.
 */
export const LEFT_OUT: ReadonlyMap<string, string> = new Map([
  ['demo', 'scripts/commands/demo.ts'],
  ['relay', 'scripts/commands/relay.ts'],
])

/** What they stand on: were a file of it shipped, the program would take both for there. */
export const LEFT_OUT_FOLDER = 'scripts/embedded/'
