// The house: the program, and its operators with their roles.

import { visitor } from '../../../../ticketing/front/web/e2e/browser.mjs'
import { idNumber, phoneNumber } from '../../../../ticketing/front/web/e2e/people.mjs'
import { day, start as startProgram } from '../../../../ticketing/front/web/e2e/program.mjs'

export { binary, day } from '../../../../ticketing/front/web/e2e/program.mjs'

export const roles = ['analyst', 'security', 'administrator', 'box_office', 'auditor']
/** The password of every operator but for the first sign-in. */
export const password = 'correct-horse-battery-1'
/** Two of each role, so that one can approve what the other wrote. */
export const nameOf = (role, second = false) => `${role.replace('_', '-')}${second ? '-two' : ''}`

async function call(base, token, method, to, body) {
  const answer = await fetch(base + to, {
    method, headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${to}: ${answer.status} ${text}`)
  return text ? JSON.parse(text) : undefined
}

/** Signs in over the API, changing a one-time password on the way; gives the token. */
async function enter(base, name, first) {
  const once = await call(base, '', 'POST', '/api/v1/sessions', { name, password: first })
  await call(base, once.token, 'POST', '/api/v1/password', { old_password: first, new_password: password })
  return (await call(base, '', 'POST', '/api/v1/sessions', { name, password })).token
}

/** Starts the program and makes two operators of every role. */
export async function startHouse(ruleset) {
  const program = await startProgram(ruleset)
  try {
    const admin = await enter(program.operators, 'admin', program.password)
    const tokens = {}
    for (const role of roles) {
      for (const name of [nameOf(role), nameOf(role, true)]) {
        const made = await call(program.operators, admin, 'POST', '/api/v1/users', { name, role, reason: 'end-to-end tests' })
        tokens[name] = await enter(program.operators, name, made.one_time_password)
      }
    }
    return {
      ...program,
      /** Calls the operators' API as somebody. */
      as: (name, method, to, body) => call(program.operators, tokens[name], method, to, body),
    }
  } catch (why) {
    await program.stop()
    throw why
  }
}

/** Signs in as somebody new and asks for places for so many people; gives the page as it is then. */
export async function book(browser, house, people, { slot = '09:00' } = {}) {
  const v = await visitor(browser, house, { language: 'zh' })
  await v.go(`/pools/main/book?date=${day(5)}&slot=${slot}`)
  await v.signIn(phoneNumber())
  for (let n = 1; n < people; n++) await v.page.getByRole('button', { name: v.t('book.more', { name: v.t('book.visitors') }) }).click()
  for (let n = 1; n <= people; n++) await v.fill(n, { name: '张三', number: idNumber() })
  await v.button('book.submit_free').click()
  return v
}

/** Waits until something is so; gives what it was. */
export async function until(what, ask, seconds = 30) {
  const end = Date.now() + seconds * 1000
  for (;;) {
    const found = await ask()
    if (found) return found
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`)
    await new Promise((done) => setTimeout(done, 100))
  }
}
