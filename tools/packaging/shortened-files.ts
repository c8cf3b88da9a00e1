/**
 * Files of packages that are shipped in another form than theirs, by their path below the folder. Each one is named in
 * the list that goes along.
 */
export const SHORTENED: ReadonlyMap<string, string> = new Map([
  // Its errors in fifty languages: nobody sees them, because every error of this program is worded by itself. They are a
  // tenth of all the files that the security audit would read.
  ['zod/v4/locales/index.js', "export { default as en } from './en.js'\n"],
])
