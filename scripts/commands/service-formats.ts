import { UsageError } from '../core/errors.ts'

/** A program with its arguments, all paths absolute. */
export type CommandLine = readonly [program: string, ...args: string[]]

export const UNIT_NAME = 'openwechat-im.service'
export const LAUNCHD_LABEL = 'org.openwechat-im.client'

/** The daemon hears a read of the inbox out, which takes up to 35 s; then it ends by itself. */
const STOP_SECONDS = 45
const RESTART_SECONDS = 5

/** A user unit (systemd.service(5), systemd.syntax(7)). */
export function systemdUnit(command: CommandLine): string {
  return [
    '[Unit]',
    'Description=OpenWechat IM daemon: keeps the connection to the relay',
    '',
    '[Service]',
    `ExecStart=${execStart(command)}`,
    'Restart=on-failure',
    `RestartSec=${RESTART_SECONDS}`,
    `TimeoutStopSec=${STOP_SECONDS}`,
    'UMask=0077',
    '',
    '[Install]',
    'WantedBy=default.target',
  ].join('\n')
}

/**
 * "$" would be the beginning of a variable in arguments, but not in the program's path, so that no way of writing it is
 * right for both; ":" before the path says that there are no variables at all (systemd 244 and newer).
 */
function execStart(command: CommandLine): string {
  const prefix = command.some(one => one.includes('$')) ? ':' : ''
  return prefix + command.map(quoteForUnit).join(' ')
}

/** C-style escapes within double quotes; "%" would be the beginning of a specifier. */
function quoteForUnit(text: string): string {
  const escaped = text
    .replace(/[\\"]/g, '\\$&')
    .replace(/[\u0000-\u001f\u007f]/g, control => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`)
    .replaceAll('%', '%%')
  return `"${escaped}"`
}

/** A launch agent (launchd.plist(5)). */
export function launchdPlist(command: CommandLine): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    '<dict>',
    `  <key>Label</key><string>${LAUNCHD_LABEL}</string>`,
    '  <key>ProgramArguments</key>',
    '  <array>',
    ...command.map(one => `    <string>${escapeXml(one)}</string>`),
    '  </array>',
    '  <key>RunAtLoad</key><true/>',
    '  <key>KeepAlive</key>',
    '  <dict><key>SuccessfulExit</key><false/></dict>',
    `  <key>ThrottleInterval</key><integer>${RESTART_SECONDS}</integer>`,
    `  <key>ExitTimeOut</key><integer>${STOP_SECONDS}</integer>`,
    `  <key>Umask</key><integer>${0o077}</integer>`,
    '</dict>',
    '</plist>',
  ].join('\n')
}

const XML_ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** @throws UsageError for what no XML can say */
function escapeXml(text: string): string {
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text) || !text.isWellFormed()) {
    throw new UsageError(
      { en: 'A path with control characters can not stand in a plist.', zh: '带有控制字符的路径无法写入 plist。' },
      { nextStep: { en: 'Name another folder with --data-dir PATH.', zh: '请用 --data-dir 路径 指定其他目录。' } },
    )
  }
  // A bare CR would be read as LF.
  return text.replace(/[&<>"']/g, one => XML_ESCAPES[one] ?? one).replaceAll('\r', '&#13;')
}
