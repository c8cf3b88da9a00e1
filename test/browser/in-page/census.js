/**
 * Runs in the page, so it has to stand alone.
 *
 * @param {string} word
 * @returns {import('./census.d.ts').Census}
 */
export function takeCensus(word) {
  // A browser does nothing with these but show or say them.
  const forPeople = ['title', 'aria-label', 'aria-description', 'placeholder']
  const tags = new Set()
  const attributes = new Set()
  const addresses = new Set()
  const carriers = []
  for (const element of document.querySelectorAll('*')) {
    const foreign = element.namespaceURI === 'http://www.w3.org/1999/xhtml' ? '' : 'svg:'
    const tag = `${foreign}${element.localName}`
    tags.add(tag)
    for (const { name, value } of element.attributes) {
      attributes.add(name)
      if (/^(?:xlink:)?href$|^src|action$|^(?:data|poster|ping|background)$/.test(name))
        addresses.add(`${tag} ${name}=${value}`)
      if (!forPeople.includes(name) && value.toLowerCase().includes(word)) carriers.push(`${tag} ${name}=${value}`)
    }
  }
  return { tags: [...tags].sort(), attributes: [...attributes].sort(), addresses: [...addresses].sort(), carriers }
}
