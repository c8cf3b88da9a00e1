#!/usr/bin/env node
// The one launcher. Plain JavaScript without newer syntax, so that an old Node can read it and say what is wrong.
import { existsSync, readFileSync } from 'node:fs'
import module from 'node:module'
import { delimiter, dirname, join, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const MAJOR = 24
const MINOR = 15
const scripts = dirname(fileURLToPath(import.meta.url))
const skill = dirname(scripts)

/** @param {string[]} lines */
function fail(lines) {
  process.stderr.write(`${lines.join('\n')}\n`)
  process.exitCode = 1
}

function isNodeNewEnough() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return major > MAJOR || (major === MAJOR && minor >= MINOR)
}

/** Other Node programs on this machine: the right one is often there, but not the first in PATH. */
function otherNodes() {
  const found = [join(skill, 'node_modules', '.bin', 'node')]
  // Nothing else of the environment is read here; everything else goes through core/environment.ts.
  for (const folder of (process.env['PATH'] || '').split(delimiter)) found.push(join(folder, 'node'))
  return found.filter((path, i) => found.indexOf(path) === i && path !== process.execPath && existsSync(path))
}

/** The page's process was started over and may look at little (commands/page-process.ts); what is asked here was asked before. */
const isRestricted = process.permission !== undefined

/** An installed skill folder brings its packages along; OpenClaw installs none. */
const packages = join(skill, 'packages')
const bringsPackages = existsSync(join(packages, 'resolve.json'))

/** In a clone they are in the skill folder, after `npm install` of the tarball anywhere above it. */
function packagesInstalled() {
  const folders = [skill]
  for (let at = skill; dirname(at) !== at; at = dirname(at)) folders.push(dirname(at))
  return ['eventsource', 'undici', 'chokidar', 'write-file-atomic', 'sirv', 'zod'].every(name =>
    folders.some(folder => existsSync(join(folder, 'node_modules', name, 'package.json'))),
  )
}

/** The table beside the packages says which file a name means; Node's own search would find nothing, or somebody else's. */
function usePackagesBroughtAlong() {
  const table = JSON.parse(readFileSync(join(packages, 'resolve.json'), 'utf8'))
  module.registerHooks({
    resolve(specifier, context, next) {
      const isRequired = context.conditions.includes('require')
      const known = isRequired ? table.require : table.import
      if (!Object.hasOwn(known, specifier)) return next(specifier, context)
      // require() takes paths, import takes URLs.
      const file = join(packages, known[specifier])
      return next(isRequired ? file : pathToFileURL(file).href, context)
    },
  })
}

/** Node strips no types below a folder called node_modules: there it is done here, keeping lines and columns. */
function stripTypesHere() {
  const ours = `${pathToFileURL(scripts).href}/`
  module.registerHooks({
    load(url, context, next) {
      if (!url.startsWith(ours) || !url.endsWith('.ts')) return next(url, context)
      const source = withoutTypes(readFileSync(fileURLToPath(url), 'utf8'))
      return { format: 'module', source, shortCircuit: true }
    },
  })
}

/** @param {string} text */
function withoutTypes(text) {
  const { emitWarning } = process
  // The first call tells the terminal that this function is young, which is of no use to whoever reads it there.
  process.emitWarning = () => undefined
  try {
    return module.stripTypeScriptTypes(text)
  } finally {
    process.emitWarning = emitWarning
  }
}

/**
 * Reading commands are to start fast, and most of their start is making JavaScript of TypeScript. What was made is kept
 * beside the data, never in the skill folder. A folder named by the environment is left to cli.ts.
 */
function keepCompiledCode() {
  const at = process.argv.indexOf('--data-dir')
  const folder = (at === -1 ? undefined : process.argv[at + 1]) || join(dirname(skill), 'openwechat_im_client')
  if (existsSync(join(folder, 'lock.db'))) module.enableCompileCache(join(folder, '.cache'))
}

/**
 * A flood of messages makes V8 enlarge its heap to hundreds of megabytes that it hardly gives back, unless its own start
 * says otherwise: four megabytes for young objects, and no more than twice what is in use for the others.
 */
const SMALL_HEAP = ['--max-semi-space-size=4', '--heap-growing-percent=100']

/** The daemon runs for weeks: it starts over with a small heap, as the same process. Only the pipe of a parent that talks to it would be lost. */
function startOverWithSmallHeap() {
  const isDaemon = process.argv[2] === 'sse' && !process.argv.includes('--help')
  if (
    !isDaemon ||
    process.connected ||
    process.execve === undefined ||
    SMALL_HEAP.every(option => process.execArgv.includes(option))
  )
    return
  process.execve(process.execPath, [process.execPath, ...SMALL_HEAP, ...process.execArgv, ...process.argv.slice(1)])
}

/** A clone brings a Node of its own with its packages; other copies have to find one on the machine. */
const isClone = existsSync(join(skill, 'package-lock.json'))

if (!isNodeNewEnough()) {
  const others = otherNodes()
  fail([
    `error: this needs Node ${MAJOR}.${MINOR} or newer, and this is ${process.version} (${process.execPath}).`,
    `错误：需要 Node ${MAJOR}.${MINOR} 或更新版本，当前为 ${process.version}。`,
    ...(isClone
      ? [
          `  next: run "npm ci" in ${skill} without --ignore-scripts (it brings a Node of its own), then use "npm run …".`,
          `  下一步：在 ${skill} 中运行 "npm ci"（不要加 --ignore-scripts，它会自带 Node），然后用 "npm run …" 启动。`,
        ]
      : [
          `  next: call ${join(scripts, 'run.mjs')} with a newer Node, by its full path if need be (https://nodejs.org).`,
          `  下一步：请用更新版本的 Node 运行 ${join(scripts, 'run.mjs')}，必要时写出完整路径（https://nodejs.org）。`,
        ]),
    ...(others.length > 0 ? [`  other Node programs here / 本机其他 Node：${others.join(', ')}`] : []),
  ])
} else if (!bringsPackages && !isRestricted && !packagesInstalled()) {
  fail([
    `error: the packages of this skill are not installed in ${skill}.`,
    `错误：${skill} 中尚未安装依赖包。`,
    '  next / 下一步：npm ci',
    '  In a skills folder of OpenClaw, without tools and links (updates of the skill then need --force):',
    '  在 OpenClaw 的技能目录中（不含工具和链接；之后更新技能需要加 --force）：',
    '    npm ci --omit=dev --ignore-scripts --no-bin-links',
  ])
} else {
  startOverWithSmallHeap()
  if (bringsPackages) usePackagesBroughtAlong()
  if (scripts.split(sep).includes('node_modules')) stripTypesHere()
  if (!isRestricted) keepCompiledCode()
  // Without a top-level await, which the oldest Nodes can not read.
  void import(pathToFileURL(join(scripts, 'cli.ts')).href).then(({ main }) => main(process.argv.slice(2)))
}
