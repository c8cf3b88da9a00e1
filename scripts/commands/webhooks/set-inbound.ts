import type { WebhookEdited } from '../../engine/actions/webhooks-edit.ts'
import { act } from '../act.ts'
import { wrongUsage } from '../arguments.ts'
import { type CommandContext, DONE, speaker } from '../command.ts'
import { localAddress, readConfigured, requireWebhook } from './shown.ts'
import { SECRET_OPTIONS, type Subcommand } from './subcommand.ts'
import { channelOption, publicKeyOption, secretOption, urlOption } from './values.ts'

export const setInbound: Subcommand = {
  takes: 'webhook',
  options: ['url', 'verify-signature', ...SECRET_OPTIONS, 'public-key', 'channel'],
  async run(context, name) {
    const settings = {
      url: urlOption(context),
      channel: channelOption(context),
      secret: await secretOption(context),
      publicKey: publicKeyOption(context),
    }
    const verify = context.values['verify-signature'] === true
    if (!verify && Object.values(settings).every(value => value === undefined)) {
      throw wrongUsage('webhooks', {
        en: 'webhooks set-inbound takes what is to be set, such as --url.',
        zh: 'webhooks set-inbound 需要指定要设置的内容，例如 --url。',
      })
    }
    const params = { verb: 'set-inbound', name, settings, verify }
    const edited = await act<WebhookEdited>(context, 'webhooks-edit', params)
    tell(name, edited, context)
    return DONE
  },
}

function tell(name: string, { created, secret_made: secret, lacks }: WebhookEdited, context: CommandContext): void {
  const t = speaker(context)
  const { webhooks, listener } = readConfigured(context)
  const found = requireWebhook(webhooks, name)
  if (found.direction === 'outbound') return
  const { path, url, kind, verifySignature } = found.webhook
  const local = localAddress(path, listener.port)
  if (context.json) {
    const facts = { name, direction: 'inbound', created, path, url, local_url: local, kind }
    context.print(JSON.stringify({ ...facts, verify_signature: verifySignature, lacks, secret }))
    return
  }
  context.print(
    created
      ? t(`Created ${name} (${kind}).`, `已创建 ${name}（${kind}）。`)
      : t(`Changed ${name}.`, `已修改 ${name}。`),
  )
  context.print(
    t(
      `Have your proxy pass ${url ?? 'its public address'} on to ${local}`,
      `请让你的代理把 ${url ?? '公网地址'} 转发到 ${local}`,
    ),
  )
  if (secret !== null) {
    context.print(
      t(
        `Secret: ${secret}\nShown this once, and kept in config.json. Give it to the sender.`,
        `密钥：${secret}\n仅显示这一次，已保存在 config.json。请将它填到发送方。`,
      ),
    )
  }
  if (lacks === 'public_key') {
    context.note(
      t(
        `Until it has the public key of your Discord application, everything is refused: webhooks set-inbound ${name} --public-key KEY`,
        `设置 Discord 应用的公钥之前会拒绝所有请求：webhooks set-inbound ${name} --public-key 公钥`,
      ),
    )
  }
  if (lacks === 'secret') {
    context.note(
      t(
        `Until it has the signing secret of your Slack app, everything is refused: webhooks set-inbound ${name} --secret-stdin`,
        `设置 Slack 应用的签名密钥之前会拒绝所有请求：webhooks set-inbound ${name} --secret-stdin`,
      ),
    )
  }
}
