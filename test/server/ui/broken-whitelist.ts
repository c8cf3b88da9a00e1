import { openDataFile } from '../../../scripts/store/data-file-reader.ts'

/** The reader behind the page, asked for any path at all, as if nobody had compared it with the list. */
const opening = await openDataFile(process.argv[2] ?? '')
if (opening.kind === 'open') {
  const bytes = await opening.file.read(0, opening.file.version.size)
  process.stdout.write(`open ${Buffer.from(bytes).toString('utf8')}\n`)
  await opening.file.close()
} else {
  process.stdout.write(`${opening.kind} ${opening.kind === 'unreadable' ? opening.reason : ''}\n`)
}
