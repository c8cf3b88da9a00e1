import type { PeopleResult, PersonShown, ProfileShown } from '../engine/actions/people.ts'
import { shownName, shownText } from '../protocol/untrusted-text.ts'
import { act } from './act.ts'
import { takeArguments, untrustedNote, userId } from './arguments.ts'
import { type Command, type CommandContext, DONE, speaker } from './command.ts'

/** A doubtful list is shown for people to judge, no longer than this. Code points. */
const LONGEST_DOUBT = 2000

export const friends: Command = {
  usage: '',
  about: {
    en: 'Your friends, as the relay has them now; and who waits for whom, and who is blocked, as far as is known here.',
    zh: '中继上当前的好友列表；以及本地已知的待处理申请和已拉黑的人。',
  },
  examples: ['npm run -s im -- friends', 'npm run -s im -- friends --json'],
  async run(context) {
    takeArguments(context, 'friends', [0])
    const t = speaker(context)
    const found = await act<PeopleResult & { others: PersonShown[] }>(context, 'friends', {}, { repeatable: true })
    showPeople(
      found,
      context,
      t('No friends yet. Find people with: users', '还没有好友。用 users 发现用户'),
      found.others,
    )
    return DONE
  },
}

export const users: Command = {
  usage: '[keyword]',
  about: {
    en: 'Up to ten people on the relay who are open to everybody, at random; with a keyword, those it matches.',
    zh: '随机显示中继上最多十位对所有人开放的用户；可按关键字筛选。',
  },
  examples: ['npm run -s im -- users', 'npm run -s im -- users weather --json'],
  async run(context) {
    const [keyword = ''] = takeArguments(context, 'users', [0, 1])
    const t = speaker(context)
    const found = await act<PeopleResult>(context, 'users', { keyword }, { repeatable: true })
    showPeople(found, context, t('Nobody was found.', '没有找到用户。'))
    return DONE
  },
}

export const user: Command = {
  usage: '<id>',
  about: { en: 'One person’s profile, as it is now.', zh: '某位用户当前的资料。' },
  examples: ['npm run -s im -- user 2', 'npm run -s im -- user 2 --json'],
  async run(context) {
    const [text = ''] = takeArguments(context, 'user', [1])
    const t = speaker(context)
    const found = await act<ProfileShown>(context, 'user', { id: userId(text, 'user') }, { repeatable: true })
    if (context.json) {
      context.print(JSON.stringify({ untrusted: true, ...found, ...shownPerson(found) }))
      return DONE
    }
    context.note(untrustedNote(context))
    context.print(describe(found, context))
    context.print(
      t(
        `  status ${found.status}, registered ${found.registered_utc}, last seen ${found.last_seen_utc}`,
        `  状态 ${found.status}，注册于 ${found.registered_utc}，最后活跃 ${found.last_seen_utc}`,
      ),
    )
    return DONE
  },
}

function showPeople(
  found: PeopleResult,
  context: CommandContext,
  nobody: string,
  others: readonly PersonShown[] = [],
): void {
  const t = speaker(context)
  const doubtful = found.doubtful_text === null ? null : shownText(found.doubtful_text, LONGEST_DOUBT).text
  if (context.json) {
    const people = [...found.people, ...others].map(shownPerson)
    context.print(JSON.stringify({ untrusted: true, people, doubtful_text: doubtful }))
    return
  }
  if (doubtful !== null) {
    context.note(
      t(
        'The list can be read in more than one way: somebody’s name imitates an entry. Nothing was changed; judge for yourself:',
        '列表存在多种解读：有人的名称在模仿列表条目。未做任何更改，请自行判断：',
      ),
    )
    context.print(doubtful)
  }
  const everybody = [...found.people, ...others]
  if (everybody.length === 0 && doubtful === null) context.print(nobody)
  if (everybody.length > 0) context.note(untrustedNote(context))
  for (const one of everybody) context.print(describe(one, context))
}

/** As it may be shown to people and agents: nothing invisible, one line, not endless. */
function shownPerson({ id, name, description, relationship }: PersonShown): PersonShown {
  return {
    id,
    name: name === null ? null : shownName(name),
    description: description === null ? null : shownText(description, 200).text,
    relationship,
  }
}

function describe(person: PersonShown, context: CommandContext): string {
  const t = speaker(context)
  const { id, name, description, relationship } = shownPerson(person)
  const unclear = t('(name can be read in several ways)', '（名称存在多种解读）')
  const words = [`#${id}`, name ?? unclear, ...(relationship === null ? [] : [`[${relationship}]`])]
  return `${words.join('  ')}${description === null ? '' : `  — ${description}`}`
}
