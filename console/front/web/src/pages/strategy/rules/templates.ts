/** What a new rule begins as. Placeholders of features are ones that the shipped ruleset counts. */
export const templates = {
  rate: {
    when: 'account_submits_24h > 20',
    declaration: `id: new_rate_rule
description: More booking requests in a day than people make.
events: [order.submit]
on: account
action: challenge
score: 40
mode: shadow
reason: pace
owner: risk
scenarios: [S1]
messages:
  zh: 该账号一天内提交预约 {account_submits_24h} 次
  en: "{account_submits_24h} booking requests by the account in a day"
cases:
  must_fire:
    - {name: just above, kind: order.submit, event: {account: a1}, features: {account_submits_24h: 21}}
  must_not_fire:
    - {name: just below, kind: order.submit, event: {account: a1}, features: {account_submits_24h: 20}}
`,
  },
  shared: {
    when: 'device_accounts_24h > 6',
    declaration: `id: new_shared_device_rule
description: More accounts on one device than a family has.
events: [order.submit]
on: device
action: challenge
score: 40
mode: shadow
reason: review
owner: risk
scenarios: [S3]
messages:
  zh: 该设备一天内出现 {device_accounts_24h} 个账号
  en: "{device_accounts_24h} accounts on the device in a day"
cases:
  must_fire:
    - {name: just above, kind: order.submit, event: {device: d1}, features: {device_accounts_24h: 7}}
  must_not_fire:
    - {name: just below, kind: order.submit, event: {device: d1}, features: {device_accounts_24h: 6}}
`,
  },
  rhythm: {
    when: 'account_reads_10m >= 20\nand known(account_read_rhythm) and account_read_rhythm < 0.1',
    declaration: `id: new_rhythm_rule
description: Reads that keep time like a clock.
events: [detail.read, stock.read]
on: account
action: challenge
score: 40
mode: shadow
reason: pace
owner: risk
scenarios: [S1]
messages:
  zh: 该账号十分钟内查询 {account_reads_10m} 次,间隔几乎相等({account_read_rhythm})
  en: "{account_reads_10m} reads in ten minutes at nearly equal intervals ({account_read_rhythm})"
cases:
  must_fire:
    - {name: a timer, kind: stock.read, event: {account: a1}, features: {account_reads_10m: 20, account_read_rhythm: 0.05}}
  must_not_fire:
    - {name: a person, kind: stock.read, event: {account: a1}, features: {account_reads_10m: 20, account_read_rhythm: 0.6}}
`,
  },
  empty: {
    when: '',
    declaration: `id: new_rule
description: ""
events: [order.submit]
on: account
action: flag
score: 20
mode: shadow
reason: review
owner: risk
scenarios: []
messages:
  zh: ""
  en: ""
`,
  },
} as const

export const templateNames = ['rate', 'shared', 'rhythm', 'empty'] as const
export type TemplateName = (typeof templateNames)[number]
