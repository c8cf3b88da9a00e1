import assert from 'node:assert/strict'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { allFaults } from '../../scripts/embedded/relay/faults.ts'
import { startRelay } from '../../scripts/embedded/relay/server.ts'
import { runProgram, startDaemonProcess } from '../support/child.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { type FolderView, viewOf } from '../support/test-daemon.ts'
import { waitFor } from '../support/wait-for.ts'

/**
 * The whole life of two identities through our commands alone. Alice has a daemon, Bob has none: his commands do their
 * work by themselves. After every step every file of both is what it should be.
 */

/** What the files of one of them say, in short. */
interface Truth {
  /** `conversations.md`, without times. */
  readonly lines: readonly string[]
  readonly contacts: Readonly<Record<string, string>>
  readonly received: number
  readonly sent: number
  readonly unread: number
  readonly status: string
}

interface Person {
  readonly id: number
  readonly name: string
  readonly view: FolderView
  run(args: readonly string[], code?: number): Promise<Record<string, unknown>>
  /** Everything in the files is this, now or in a moment. */
  isNow(change: Partial<Omit<Truth, 'lines'>> & { readonly more?: readonly string[] }): Promise<void>
}

function truthOf(view: FolderView): Truth {
  const stats = view.json('stats.json')
  const snapshot = view.json('context_snapshot.json')
  const contacts = Object.entries(view.json('contacts.json') as Record<string, { name: string; relationship?: string }>)
  const relations = contacts.map(([id, one]) => [id, `${one.name} ${one.relationship ?? 'none'}`] as const)
  const ofKind = (kind: string) => relations.filter(([, one]) => one.endsWith(` ${kind}`)).length
  assert.equal(stats['friends_count'], ofKind('accepted'))
  assert.equal(stats['pending_incoming_count'], ofKind('pending_incoming'))
  assert.equal(stats['pending_outgoing_count'], ofKind('pending_outgoing'))
  assert.equal(snapshot['friends_count'], ofKind('accepted'))
  const lines = view.text('conversations.md').split('\n').slice(0, -1)
  assert.equal(view.records().length, lines.length, 'every line is a record')
  assert.equal(view.entries().length, stats['messages_received'], 'every payload is in inbox_pushed.md')
  return {
    lines: lines.map(line => line.replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\dZ?/g, 'T')),
    contacts: Object.fromEntries(relations),
    received: Number(stats['messages_received']),
    sent: Number(stats['messages_sent']),
    unread: Number(snapshot['unread_count']),
    status: String(view.json('profile.json')['status']),
  }
}

function personAt(path: string, who: { id: number; name: string }): Person {
  const view = viewOf(path)
  let truth: Truth = { lines: [], contacts: {}, received: 0, sent: 0, unread: 0, status: 'open' }
  return {
    ...who,
    view,
    async run(args, code = 0) {
      const ran = await runProgram([...args, '--json', '--data-dir', path])
      assert.equal(ran.code, code, `${args.join(' ')}: ${ran.stdout} ${ran.stderr}`)
      return JSON.parse(ran.stdout === '' ? ran.stderr : ran.stdout)
    },
    async isNow({ more = [], ...change }) {
      truth = { ...truth, ...change, lines: [...truth.lines, ...more] }
      let failure: unknown
      await waitFor(`the files of ${who.name}`, () => {
        try {
          assert.deepEqual(truthOf(view), truth)
          return true
        } catch (error) {
          failure = error
          return false
        }
      }).catch(() => {
        throw failure
      })
    },
  }
}

async function register(baseUrl: string, name: string): Promise<Person> {
  const path = join(temporaryFolder(), 'openwechat_im_client')
  const args = ['register', '--base-url', baseUrl, '--name', name, '--description', `I am ${name}`]
  const ran = await runProgram([...args, '--json', '--data-dir', path])
  assert.equal(ran.code, 0, ran.stderr)
  const { my_id: id, token } = JSON.parse(ran.stdout)
  const person = personAt(path, { id, name })
  assert.deepEqual(person.view.json('config.json'), { base_url: baseUrl, token, my_id: id, my_name: name })
  assert.equal(statSync(person.view.folder.file('config.json')).mode & 0o777, 0o600)
  assert.equal(person.view.json('profile.json')['my_name'], name)
  assert.ok(!person.view.text('sse_channel.log').includes(token))
  await person.isNow({})
  return person
}

async function live(t: TestContext, { faithful }: { faithful: boolean }): Promise<void> {
  const relay = await startRelay({ rateLimit: false, faults: faithful ? allFaults : {} })
  t.after(() => relay.close())
  const alice = await register(relay.url, 'Alice')
  const bob = await register(relay.url, '小包')
  const daemon = await startDaemonProcess(alice.view.folder.path, { args: ['--no-identity-lock'] })
  t.after(() => daemon.kill('SIGKILL'))
  await waitFor('the stream', () => alice.view.channel(/SSE_CONNECTED/).length === 1)

  // Discovery: people who were only found have no relationship.
  const found = await bob.run(['users'])
  assert.deepEqual(found['people'], [{ id: 1, name: 'Alice', description: 'I am Alice', relationship: null }])
  await bob.isNow({ contacts: { 1: 'Alice none' } })
  assert.equal((await bob.run(['user', '1']))['status'], 'open')
  await alice.isNow({})

  // First contact, and what does not go before the answer.
  assert.equal((await bob.run(['send', '1', 'Hello Alice\nsecond line']))['relationship'], 'pending_outgoing')
  const hello = String.raw`content=Hello Alice\nsecond line`
  await bob.isNow({
    sent: 1,
    contacts: { 1: 'Alice pending_outgoing' },
    more: [`[T] from=#2(小包) to=#1(Alice) type=chat ${hello}`],
  })
  await alice.isNow({
    received: 1,
    unread: 1,
    contacts: { 2: '小包 pending_incoming' },
    more: [`[T] from=#2(小包) type=friend_request ${hello}`],
  })
  const refused = await bob.run(['send', '1', 'again'], 1)
  assert.match(String(refused['relay_text']), /好友申请已发出/)
  await bob.isNow({ more: ['[T] from=#2(小包) to=#1(Alice) type=chat state=refused content=again'] })
  const notes = join(temporaryFolder(), 'notes.txt')
  writeFileSync(notes, 'some notes')
  assert.match(String((await bob.run(['send', '1', 'with a file', '--file', notes], 1))['error']), /not your friend/)
  await bob.isNow({})

  // The answer makes friends; it also says that what came before was read.
  assert.equal((await alice.run(['send', '#2', '你好！']))['relationship'], 'accepted')
  const notice = '您与 小包（ID:2）已成功建立好友关系。（T 北京时间）'
  await alice.isNow({
    sent: 1,
    received: 2,
    unread: 1,
    contacts: { 2: '小包 accepted' },
    more: await inAnyOrder(alice, [
      '[T] from=#1(Alice) to=#2(小包) type=chat content=你好！',
      `[T] from=#0(system) type=system peer=#2 content=${notice}`,
    ]),
  })
  assert.equal((await bob.run(['messages']))['fetched'], 2)
  await bob.isNow({
    received: 2,
    unread: 2,
    contacts: { 1: 'Alice accepted' },
    more: [
      '[T] from=#1(Alice) type=chat content=你好！',
      '[T] from=#0(system) type=system peer=#1 content=您与 Alice（ID:1）已成功建立好友关系。（T 北京时间）',
    ],
  })
  assert.equal((await bob.run(['friends']))['doubtful_text'], null)
  await bob.isNow({})

  // Chat, one way and the other.
  await bob.run(['send', '1', 'nice'])
  await bob.isNow({ sent: 2, unread: 1, more: ['[T] from=#2(小包) to=#1(Alice) type=chat content=nice'] })
  await alice.isNow({ received: 3, unread: 2, more: ['[T] from=#2(小包) type=chat content=nice'] })

  // A file to somebody who is online: the faithful relay stands still, delivers it, and reports a failure (RC 420).
  const sent = await bob.run(['send', '1', 'my notes', '--file', notes], faithful ? 3 : 0)
  assert.equal(sent['outcome'], faithful ? 'unknown' : 'accepted')
  const state = faithful ? ' state=unknown' : ''
  await bob.isNow({
    sent: faithful ? 2 : 3,
    more: [`[T] from=#2(小包) to=#1(Alice) type=file attachment=notes.txt${state} content=my notes`],
  })
  await alice.isNow({
    received: 4,
    unread: 3,
    more: [String.raw`[T] from=#2(小包) type=chat content=my notes\n附件：notes.txt`],
  })

  // Reading.
  const page = await alice.run(['inbox', '--ack'])
  const texts = (page['messages'] as { text: string }[]).map(one => one.text)
  const [about = '', ...words] = texts
  assert.match(about, /已成功建立好友关系/)
  assert.deepEqual(words, ['nice', String.raw`my notes\n附件：notes.txt`])
  await alice.isNow({ unread: 0 })

  // Who may write.
  await alice.run(['me', '--status', 'do_not_disturb'])
  await alice.isNow({ status: 'do_not_disturb' })
  assert.match(String((await bob.run(['send', '1', 'psst'], 1))['relay_text']), /免打扰/)
  await bob.isNow({ more: ['[T] from=#2(小包) to=#1(Alice) type=chat state=refused content=psst'] })
  await alice.run(['me', '--status', 'open'])
  await alice.isNow({ status: 'open' })

  // Block and back.
  await alice.run(['block', '2'])
  await alice.isNow({ contacts: { 2: '小包 blocked' } })
  assert.match(String((await bob.run(['send', '1', 'hey'], 1))['relay_text']), /对方已将你拉黑/)
  await bob.isNow({ more: ['[T] from=#2(小包) to=#1(Alice) type=chat state=refused content=hey'] })
  await alice.run(['unblock', '2'])
  await alice.isNow({ contacts: { 2: '小包 none' } })
  assert.deepEqual((await bob.run(['friends']))['people'], [])
  await bob.isNow({ contacts: { 1: 'Alice none' } })

  // Homepages.
  const html = join(temporaryFolder(), 'page.html')
  writeFileSync(html, '<html><title>Lamps &amp; more</title><body><script>alert(1)</script><p>All about lamps')
  assert.match(String((await alice.run(['homepage', 'put', html]))['address']), /\/homepage\/1$/)
  const home = await bob.run(['homepage', 'get', '1'])
  assert.deepEqual([home['title'], home['excerpt']], ['Lamps & more', 'All about lamps'])
  assert.equal(readFileSync(join(bob.view.folder.path, String(home['saved_as'])), 'utf8'), readFileSync(html, 'utf8'))
  await alice.isNow({})
  await bob.isNow({})

  assert.equal((await bob.run(['relay-stats']))['users'], 2)
  assert.equal((await alice.run(['status']))['unread_count'], 0)
  await alice.run(['doctor'])
  daemon.kill('SIGTERM')
  assert.equal(await daemon.ended, 0)
  await alice.isNow({})
}

/** The notice is pushed while our own line waits for the relay's answer: either may come first. */
async function inAnyOrder(person: Person, lines: readonly [string, string]): Promise<readonly string[]> {
  await waitFor('both', () => person.view.records().length >= 3)
  return person.view.records()[1]?.type === 'system' ? [lines[1], lines[0]] : lines
}

describe('the whole life of two identities through the commands', () => {
  test('with the embedded relay', t => live(t, { faithful: false }))
  test('with all faults of the original', t => live(t, { faithful: true }))
})
