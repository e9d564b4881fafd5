// The whole program, started for the tests: on free ports, with its own data,
// ended at the end.

import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../../', import.meta.url))

/** The program itself. */
export const binary = process.env.FAIRGATE ?? path.join(root, 'bin', 'fairgate')

/** Starts the program; with the text of a ruleset, by those rules alone. */
export async function start(ruleset) {
  const dir = await mkdtemp(path.join(tmpdir(), 'fairgate-web-'))
  const data = path.join(dir, 'data')
  const args = ['dev', '--data', data, '--free-ports', '--metrics', '']
  if (ruleset) {
    await writeFile(path.join(dir, 'museum.yaml'), ruleset)
    args.push('--rules', dir)
  }
  const child = spawn(binary, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  const greeting = new Promise((resolve, reject) => {
    child.on('error', (why) => reject(new Error(`the program does not start (make build): ${why.message}`)))
    child.on('exit', (code) => reject(new Error(`the program ended (${code}):\n${said}`)))
    const hear = (chunk) => {
      said += chunk
      if (/Ctrl-C ends it/.test(said)) resolve()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
  })
  await greeting
  const address = (name) => new RegExp(`${name}\\s+(http://\\S+)`).exec(said)?.[1]
  const key = (await readFile(path.join(data, 'secrets', 'operations'), 'utf8')).trim()
  const password = /one-time password: (\S+)/.exec(said)?.[1]
  const program = { gateway: address('gateway'), ticketing: address('ticketing'), operators: address("operators' API"), password, data, key }
  return {
    ...program,
    house: (method, to, body) => house(program, method, to, body),
    stop: async () => {
      const ended = new Promise((done) => child.on('exit', done))
      child.kill('SIGINT')
      await ended
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** Calls the booking system's internal API as the house does. */
async function house({ ticketing, key }, method, to, body) {
  const answer = await fetch(ticketing + to, {
    method,
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json', 'X-Operator': 'e2e' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${to}: ${answer.status} ${text}`)
  return text ? JSON.parse(text) : undefined
}

/** A day at the venue, so many from today. */
export const day = (ahead) => new Date(Date.now() + 8 * 3600_000 + ahead * 86400_000).toISOString().slice(0, 10)

/** Says what the house tells its visitors. */
async function announce(program) {
  await program.house('PUT', '/internal/v1/venue', {
    time_zone: 'Asia/Shanghai', name_zh: '市天文馆', name_en: 'City Planetarium', address_zh: '星河路 1 号', address_en: '1 Galaxy Road', phone: '021-5555 0100',
    opening_hours: [{ weekdays: ['tue', 'wed', 'thu', 'fri', 'sat', 'sun'], open: '09:00', close: '17:00', last_entry: '16:00' }],
  })
  for (const body of [
    { kind: 'notice', pinned: true, title_zh: '周三闭馆检修', title_en: 'Closed for works on Wednesday', body_zh: '球幕影院检修，**当日闭馆**。\n\n- 已预约的可改期\n- 也可取消', body_en: 'The dome is being repaired; we are **closed**.\n\n- Change your date\n- or cancel' },
    { kind: 'rules', title_zh: '预约规则', title_en: 'Booking rules', body_zh: '实名预约，一人一票。', body_en: 'One ticket a person, in their name.' },
  ]) {
    const { id } = await program.house('POST', '/internal/v1/announcements', body)
    await program.house('POST', `/internal/v1/announcements/${id}/publish`)
  }
}

/** Opens the pools that the journeys visit. */
export async function openPools(program) {
  await announce(program)
  const slots = (morning, afternoon) => [
    { start: '09:00', end: '12:00', capacity: morning },
    { start: '13:00', end: '17:00', capacity: afternoon },
  ]
  const days = []
  for (let ahead = 1; ahead <= 30; ahead++) if (ahead % 7 !== 3) days.push({ date: day(ahead), slots: slots(ahead === 2 ? 4 : 400, 400) })
  days.push({ date: day(31), slots: slots(0, 0) })
  const pool = (id, body) => program.house('PUT', `/internal/v1/pools/${id}`, { hold_seconds: 600, provisional_cutoff_seconds: 3600, limit_per_order: 5, price_fen: 0, ...body })
  await pool('main', {
    name: '天文馆常设展', name_en: 'Planetarium', kind: 'permanent', days,
    rules: { days_ahead: 20, minor_age: 14, minors_per_adult: 2, change_deadline_seconds: 7200, refund_deadline_seconds: 7200 },
  })
  await pool('mars', {
    name: '火星特展', name_en: 'Mars, up close', kind: 'special', price_fen: 6000,
    days: [{ date: day(3), capacity: 500 }, { date: day(4), capacity: 500 }],
    products: [
      { id: 'adult', name: '成人票', kind: 'single', price_fen: 6000 },
      { id: 'family', name: '亲子票', kind: 'parent_child', price_fen: 9000, max_age: 14 },
    ],
  })
  await pool('full', { name: '球幕影院', name_en: 'Dome theatre', kind: 'special', days: [{ date: day(1), capacity: 1 }] })
  await pool('later', { name: '冬至观星夜', name_en: 'Solstice night', kind: 'special', opens_at: new Date(Date.now() + 86400_000).toISOString(), days: [{ date: day(9), capacity: 80 }] })
  await pool('telescope', {
    name: '望远镜工作坊', name_en: 'Telescope workshop', kind: 'activity', days: [{ date: day(6), slots: [{ start: '14:00', end: '16:00', capacity: 20 }] }],
    activity: {
      description_zh: '动手装配一台小望远镜。\n\n- 每人一套器材\n- 请提前 10 分钟到场', description_en: 'Build a small telescope.\n\n- One kit each\n- Come 10 minutes early',
      place_zh: '二层教室', place_en: 'Classroom, 2nd floor',
      fields: [
        { id: 'level', label_zh: '观测经验', label_en: 'Experience', type: 'choice', required: true, options: ['初学', '熟练'] },
        { id: 'note', label_zh: '备注', label_en: 'Notes', type: 'text', max_length: 50 },
        { id: 'height', label_zh: '身高（厘米）', label_en: 'Height (cm)', type: 'number', per: 'position', required: true, min: 80, max: 230 },
      ],
    },
  })
}
