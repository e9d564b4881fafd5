// Box office at a sale, a visitor who is turned away and let in again, and one
// who is asked, appeals, and is told.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { idNumber } from '../../../../ticketing/front/web/e2e/people.mjs'
import { openPools } from '../../../../ticketing/front/web/e2e/program.mjs'
import { launch, operator } from './console.mjs'
import { book, day, nameOf, startHouse, until } from './house.mjs'

// Whoever books is asked; whoever books for four or more is turned away.
const ruleset = `name: museum
rules:
  - id: ask_everybody
    events: [order.submit]
    when: positions >= 1
    on: account
    action: challenge
  - id: refuse_crowds
    events: [order.submit]
    when: positions >= 4
    on: account
    action: block
    ttl: 2h
`

let house
let browser
before(async () => {
  browser = await launch()
  house = await startHouse(ruleset)
  await openPools(house)
})
after(async () => {
  await browser?.close()
  await house?.stop()
})

test('box office brings a stage forward during the sale, and pauses it from another page', async () => {
  const soon = (hours) => new Date(Date.now() + hours * 3_600_000).toISOString()
  await house.house('PUT', '/internal/v1/pools/mars/release', { date: day(4), stages: [{ at: soon(-0.01), percent: 40, returns_to: 2 }, { at: soon(2), percent: 60, returns_to: 2 }] })
  const o = await operator(browser, house, nameOf('box_office'), { at: `/ticketing/releases/mars%40${day(4)}/live` })
  const { page, t } = o
  const row = page.getByRole('row').filter({ hasText: t('ticketing:stage_n', { n: 2 }) })
  await row.getByText(t('ticketing:stage_planned')).waitFor()
  await o.look('release')
  await row.getByRole('button', { name: t('ticketing:act_now'), exact: true }).click()
  await page.getByRole('dialog').getByText(t('ticketing:booked_safe', { n: 0 })).waitFor()
  await o.say('the first stage sold in a minute')
  await o.look('release-now')
  await o.answer('ticketing:act_now').click()
  await row.getByText(t('ticketing:stage_open')).waitFor()
  const release = await house.house('GET', `/internal/v1/pools/mars/release?date=${day(4)}`)
  assert.equal(release.stages[1].released, 300)

  await o.go('/ticketing/announcements')
  await page.getByRole('button', { name: t('ticketing:pause_title') }).click()
  await page.locator('.stage-menu').getByRole('button', { name: t('ticketing:act_pause'), exact: true }).first().click()
  await o.say('queues at the gate')
  await o.answer('ticketing:act_pause').click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  const paused = await house.house('GET', `/internal/v1/pools/mars/release?date=${day(4)}`)
  assert.equal(paused.stages.filter((s) => s.paused).length, 1)
  const { entries } = await house.as(nameOf('auditor'), 'GET', '/api/v1/audit')
  const written = entries.filter((e) => e.action === 'ticketing.change-stage')
  assert.deepEqual(written.map((e) => e.reason).sort(), ['queues at the gate', 'the first stage sold in a minute'])
  await o.close()
})

/** Books for four and is turned away; gives the page and the receipt. */
async function turnedAway() {
  const v = await book(browser, house, 4)
  const receipt = await v.page.getByRole('alert').locator('code').innerText()
  return { v, receipt }
}

test('an administrator finds a blocked account by its receipt, in a minute and a few presses; it books five seconds later', async () => {
  const { v, receipt } = await turnedAway()
  const administrator = nameOf('administrator')
  await until('the receipt can be found', async () => (await house.as(administrator, 'POST', '/api/v1/search', { q: receipt })).hits?.some((h) => h.type === 'account'))
  const o = await operator(browser, house, administrator, { at: '/overview' })
  const { page, t } = o
  const begun = Date.now()
  await page.getByRole('searchbox', { name: t('ui:search') }).or(page.getByRole('textbox', { name: t('ui:search') })).fill(receipt)
  await page.keyboard.press('Enter')
  await page.getByRole('region', { name: t('ui:search_results') }).getByRole('link').first().waitFor()
  await o.look('search')
  await page.getByRole('region', { name: t('ui:search_results') }).getByRole('link', { name: new RegExp(`^${t('ui:search_account')}`) }).first().click()
  await page.waitForURL(/\/accounts\//)
  // Nobody has looked at it: the first opinion is given without the verdict.
  await page.getByText(t('review:blind_account')).waitFor()
  await o.look('account-blind')
  await page.getByRole('link', { name: t('review:to_queue'), exact: true }).click()
  await page.locator('#main table').getByRole('link').first().click()
  await page.getByText(t('review:opinion_human'), { exact: true }).click()
  await o.button('review:opinion_save').click()
  await page.getByRole('group', { name: t('review:decide') }).getByRole('button', { name: new RegExp(t('review:verb_clear')) }).click()
  await o.say('a family of four')
  await o.look('case-clear')
  await o.answer('review:verb_clear').click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  assert.ok(Date.now() - begun < 60_000)
  await new Promise((done) => setTimeout(done, 5000))
  // For one: what it was blocked for is asked of nobody who books alone.
  await v.go(`/pools/main/book?date=${day(6)}&slot=09:00`)
  await v.fill(1, { name: '张三', number: idNumber() })
  await v.button('book.submit_free').click()
  await v.page.locator('.qr').waitFor()
  await o.close()
  await v.close()
})

test('a visitor is asked and books, is turned away, appeals, and is cleared', async () => {
  const first = await book(browser, house, 1, { slot: '13:00' })
  await first.page.locator('.qr').waitFor()
  assert.ok(first.writes('POST', '/orders').at(-1).headers()['x-fairgate-pass'], 'was asked, and met it')
  await first.close()

  const { v, receipt } = await turnedAway()
  await v.go(`/appeal?receipt=${encodeURIComponent(receipt)}`)
  await v.page.locator('textarea').fill('一家四口,不是黄牛。')
  await v.button('appeal.send').click()
  await v.page.getByText(/^已收到申诉/).waitFor()

  const o = await operator(browser, house, nameOf('administrator'), { at: '/appeals' })
  const { page, t } = o
  await page.getByRole('link').filter({ hasText: receipt }).first().click()
  await page.getByText('一家四口').waitFor()
  await o.look('appeal')
  await page.getByLabel(t('review:answer_reason')).fill('一家四口,身份属实。')
  await o.button('review:answer_send_grant').click()
  await page.getByText(t('review:appeal_granted'), { exact: true }).first().waitFor()
  await o.look('appeal-granted')
  await o.close()

  await v.button('appeal.ask').click()
  await v.page.getByText(v.t('appeal.granted')).waitFor()
  await v.close()
})
