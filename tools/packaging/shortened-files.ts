/**
 * Files of packages that are shipped in another form than theirs, by their path below the folder. Each one is named in
 * the list that goes along.
 */
export const SHORTENED: ReadonlyMap<string, string> = new Map([
  // Its errors in fifty languages: nobody sees them, because every error of this program is worded by itself. They are a
  // tenth of all the files that the security audit would read.
  ['zod/v4/locales/index.cjs', "'use strict'\nexports.en = require('./en.cjs')\n"],
  // What we use of it: not its mocks, caches, interceptors and web sockets, which are another tenth.
  // An experimental parser that is off unless the environment asks for it; its WebAssembly is what reviewers stumble over.
  ['undici/lib/dispatcher/parser-h1.js', "'use strict'\nexports.getMiloEnabled = () => false\n"],
  [
    'undici/index.js',
    [
      "'use strict'",
      "module.exports.EnvHttpProxyAgent = require('./lib/dispatcher/env-http-proxy-agent')",
      "module.exports.buildConnector = require('./lib/core/connect')",
      "module.exports.fetch = require('./lib/web/fetch').fetch",
      "require('./lib/dispatcher/dispatcher').prototype.request = require('./lib/api/api-request')",
      '',
    ].join('\n'),
  ],
])
