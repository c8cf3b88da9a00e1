/** What is wrong, and what to do next. Titles are short; each help ends with the command below it. */
export const PROBLEM_TEXTS = /** @type {const} */ ({
  problem_ui_server_down: { en: 'The page’s own server does not answer', zh: '页面服务没有响应' },
  problem_ui_server_down_help: {
    en: 'What you see is from {when}. Start it again, the page finds it by itself:',
    zh: '当前显示的是{when}的内容。请重新启动，页面会自动恢复：',
  },
  problem_no_data: { en: 'There is no data yet', zh: '还没有数据' },
  problem_no_data_help: {
    en: 'The data folder is empty or not there. Register with a relay first (you choose which one; SERVER.md helps with your own):',
    zh: '数据目录为空或不存在。请先在中继上注册（自行选择中继，自建见 SERVER.md）：',
  },
  problem_not_registered: { en: 'Not registered yet', zh: '尚未注册' },
  problem_not_registered_help: {
    en: 'Nobody can write to you before you have an ID on a relay, or a WeChat account (“wechat login”). Register once:',
    zh: '在中继上拥有 ID（或用 “wechat login” 登录微信）之后别人才能给你发消息。请先注册一次：',
  },
  problem_config_invalid: { en: 'config.json has mistakes', zh: 'config.json 有错误' },
  problem_config_invalid_help: {
    en: 'The daemon goes on with the last good one. This names each mistake and its cure:',
    zh: '守护进程继续使用上一次有效的配置。下面的命令会列出每个错误和解决办法：',
  },
  problem_token_refused: { en: 'The relay refused the token', zh: '中继拒绝了令牌' },
  problem_token_refused_help: {
    en: 'Nothing arrives until base_url and token in config.json fit together. Look what is wrong:',
    zh: '在 config.json 的 base_url 与 token 匹配之前不会收到消息。查看原因：',
  },
  problem_identity_taken: { en: 'Another data folder serves this account', zh: '另一个数据目录正在使用此账号' },
  problem_identity_taken_help: {
    en: 'Two would take each other’s messages. In use by {heldBy}. Look at both:',
    zh: '两个会互相抢走消息。正在使用的是 {heldBy}。查看状态：',
  },
  problem_identity_lock_failed: { en: 'The lock for this account could not be taken', zh: '无法获得此账号的锁' },
  problem_identity_lock_failed_help: { en: 'The reason and the cure:', zh: '查看原因和解决办法：' },
  problem_daemon_down: { en: 'The daemon is not running', zh: '守护进程未运行' },
  problem_daemon_down_help: {
    en: 'New messages wait until it runs again. Last sign of life: {when}. Start it:',
    zh: '重新启动之前收不到新消息。最后一次活动：{when}。启动：',
  },
  problem_wechat_login_needed: { en: 'WeChat account “{name}” needs a new login', zh: '微信账号“{name}”需要重新登录' },
  problem_wechat_login_needed_help: {
    en: 'WeChat refused the login ({when}): nothing arrives from there and nothing is sent. Scan a new code; messages and what waits are kept:',
    zh: '微信拒绝了登录（{when}）：收不到也发不出消息。请重新扫码，消息和待发送的内容都会保留：',
  },
  problem_wechat_identity_taken: {
    en: 'Another data folder serves the WeChat account “{name}”',
    zh: '另一个数据目录正在使用微信账号“{name}”',
  },
  problem_wechat_identity_taken_help: {
    en: 'Two would take each other’s messages. In use by {heldBy}. Look at it:',
    zh: '两个会互相抢走消息。正在使用的是 {heldBy}。查看状态：',
  },
  problem_storage_fault: { en: 'Writing to the data folder failed', zh: '写入数据目录失败' },
  problem_storage_fault_help: {
    en: '{file}: {reason}. Received messages are safe, but files lag behind. Look:',
    zh: '{file}：{reason}。收到的消息是安全的，但文件没有跟上。查看：',
  },
  problem_file_missing: { en: 'A data file is missing', zh: '缺少数据文件' },
  problem_file_missing_help: {
    en: 'Not there: {names}. The messages are in the database; this writes the files again:',
    zh: '缺少：{names}。消息仍在数据库中，下面的命令会重新生成文件：',
  },
  problem_file_unreadable: { en: 'A data file can not be read', zh: '数据文件无法读取' },
  problem_file_unreadable_help: {
    en: 'Not readable or damaged: {names}. What is wrong:',
    zh: '无法读取或已损坏：{names}。查看原因：',
  },
  problem_old_data: { en: 'Some messages are old', zh: '有较旧的消息' },
  problem_old_data_help: {
    en: '{n} messages are older than {days} days. Nothing is deleted by itself. See what it is (changes nothing):',
    zh: '{n} 条消息已超过 {days} 天。程序不会自行删除。查看详情（不做任何更改）：',
  },
  problem_empty: { en: 'No messages yet', zh: '还没有消息' },
  problem_empty_help: {
    en: 'You are registered and everything runs. Find people to write to:',
    zh: '已注册且一切正常。找人聊聊吧：',
  },
  problem_empty_wechat: { en: 'No messages yet', zh: '还没有消息' },
  problem_empty_wechat_help: {
    en: 'WeChat takes nothing for people who have not written yet. Write to the bot from the phone; see how it stands:',
    zh: '在对方来信之前，微信不接受发给对方的消息。请先用手机给机器人发一条消息；查看状态：',
  },
  whenUnknown: { en: 'unknown', zh: '未知' },
})
