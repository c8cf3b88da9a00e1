import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { waitFor } from '../support/wait-for.ts'
import type { OpenClaw } from './install-openclaw.ts'
import { type Ended, type Running, start } from './processes.ts'
import { type StandInModel, startStandInModel } from './stand-in-model.ts'

/** A home, a state folder and a workspace for the real program, thrown away afterwards. */
export interface World {
  readonly openclaw: OpenClaw
  readonly folder: string
  readonly workspace: string
  readonly model: StandInModel
  /** Where the gateway answers, while it runs. */
  readonly gatewayUrl: string
  /** `node` with these arguments, where and as the program would run it. */
  node(args: readonly string[]): Promise<Ended>
  /** The same for what goes on until somebody stops it. */
  begin(args: readonly string[]): Running
  /** Any command, there. */
  run(command: string, args: readonly string[]): Promise<Ended>
  /** The program's command line; fails unless it ends with 0. */
  cli(...args: readonly string[]): Promise<string>
  /** The same with `--json`, parsed. */
  json(...args: readonly string[]): Promise<unknown>
  /** What the owner does with an editor; a running gateway takes it over by itself. */
  editSettings(change: (settings: Settings) => Settings): void
  /** Resolves with the addresses of this machine on which it does not answer. */
  startGateway(): Promise<readonly string[]>
  stopGateway(): Promise<void>
  close(): Promise<void>
}

/** Of `openclaw.json`. */
export type Settings = Readonly<Record<string, unknown>>

const LIMIT_MS = 120_000
const READY_MS = 90_000

export async function createWorld(openclaw: OpenClaw): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'openwechat-openclaw-'))
  const [home, workspace, temporary] = ['home', 'workspace', 'tmp'].map(name => join(folder, name)) as [
    string,
    string,
    string,
  ]
  const state = join(home, '.openclaw')
  for (const path of [state, workspace, temporary]) mkdirSync(path, { recursive: true, mode: 0o700 })
  const model = await startStandInModel()
  const port = await freePort()
  const settings = join(state, 'openclaw.json')
  const writeSettings = (value: Settings) => writeFileSync(settings, JSON.stringify(value), { mode: 0o600 })
  writeSettings({
    // On this machine only, and nothing is looked up elsewhere.
    gateway: {
      mode: 'local',
      bind: 'loopback',
      port,
      auth: { mode: 'token', token: randomBytes(24).toString('hex') },
    },
    discovery: { mdns: { mode: 'off' } },
    update: { checkOnStart: false },
    models: { mode: 'replace', catalogRefresh: { enabled: false }, providers: { standin: model.provider } },
    agents: { defaults: { workspace, skipBootstrap: true, model: { primary: 'standin/m' } } },
  })
  // Nothing is inherited: keys and accounts of whoever runs this are none of its business.
  const env = {
    PATH: [dirname(process.execPath), ...(process.env['PATH'] ?? '').split(delimiter)].join(delimiter),
    HOME: home,
    TMPDIR: temporary,
    LANG: 'C.UTF-8',
    OPENCLAW_STATE_DIR: state,
    // As in what its agents run.
    OPENCLAW_GATEWAY_PORT: String(port),
    CI: 'true',
    DO_NOT_TRACK: '1',
    NO_COLOR: '1',
  }
  let gateway: Running | undefined

  function begin(command: string, args: readonly string[], limitMs?: number): Running {
    return start(command, args, { env, cwd: workspace, ...(limitMs === undefined ? {} : { limitMs }) })
  }

  async function cli(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await begin(process.execPath, [openclaw.program, ...args], LIMIT_MS).ended
    assert.equal(code, 0, `openclaw ${args.join(' ')}: ${(stderr + stdout).trim().slice(-500)}`)
    return stdout
  }

  async function stopGateway(): Promise<void> {
    await gateway?.stop()
    gateway = undefined
  }

  return {
    openclaw,
    folder,
    workspace,
    model,
    gatewayUrl: `http://127.0.0.1:${port}`,
    cli,
    begin: args => begin(process.execPath, args),
    node: args => begin(process.execPath, args, LIMIT_MS).ended,
    run: (command, args) => begin(command, args, LIMIT_MS).ended,
    json: async (...args) => JSON.parse(await cli(...args, '--json')),
    editSettings: change => writeSettings(change(JSON.parse(readFileSync(settings, 'utf8')) as Settings)),
    async startGateway() {
      const started = begin(process.execPath, [openclaw.program, 'gateway', 'run'])
      gateway = started
      const ready = () =>
        fetch(`http://127.0.0.1:${port}/readyz`).then(
          ({ ok }) => ok,
          () => false,
        )
      await waitFor('the gateway', ready, { limitMs: READY_MS, everyMs: 200 }).catch(error => {
        throw new Error(`${error.message}; it said: ${started.said().slice(-500)}`)
      })
      const others = Object.values(networkInterfaces()).flatMap(addresses => addresses ?? [])
      const silent = others
        .filter(({ family, internal }) => family === 'IPv4' && !internal)
        .map(({ address }) => address)
      for (const address of silent) {
        await assert.rejects(fetch(`http://${address}:${port}/readyz`), `the gateway answers on ${address}`)
      }
      return silent
    },
    stopGateway,
    async close() {
      await stopGateway()
      model.close()
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
