// A rule from its writing to the visitor whom it turns away.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openPools } from '../../../../ticketing/front/web/e2e/program.mjs'
import { launch, operator } from './console.mjs'
import { book, nameOf, startHouse, until } from './house.mjs'

const ruleset = `name: museum
rules:
  - id: watch_crowds
    events: [order.submit]
    when: positions >= 5
    on: account
    action: flag
`
const refusing = (mode) => `${ruleset}  - id: refuse_pairs
    mode: ${mode}
    description: whoever books for two
    events: [order.submit]
    when: positions == 2
    on: account
    action: block
    ttl: 10m
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

/** Submits, has somebody else approve, and publishes. */
async function publish(author, other, version, replaces) {
  const to = `/api/v1/rulesets/museum/versions/${version.number}`
  const word = { hash: version.hash, reason: 'looks right' }
  await house.as(author, 'POST', `${to}/proposal`, word)
  await assert.rejects(house.as(author, 'POST', `${to}/approval`, word), /403/, 'who wrote it approves nothing')
  await house.as(other, 'POST', `${to}/approval`, { ...word, override: 'a house without history' })
  return house.as(author, 'POST', `${to}/publication`, { replaces, reason: 'now it is' })
}

test('a rule is written, run over history, approved by a second person, published, and blocks', async () => {
  const before = await book(browser, house, 2) // a history, and who booked before the rule keeps the places
  await before.page.locator('.qr').first().waitFor()
  await before.close()
  const [analyst, administrator] = [nameOf('analyst'), nameOf('administrator')]
  const path = '/api/v1/rulesets/museum'
  const inForce = await house.as(analyst, 'GET', path)
  // What nobody has seen fire cannot act: the rule is in shadow first.
  const shadow = await house.as(analyst, 'POST', `${path}/versions`, { text: refusing('shadow'), base: inForce.hash, reason: 'to see whom it hits' })
  await publish(analyst, administrator, shadow, inForce.hash)
  const observed = await house.as(analyst, 'GET', path)
  const seen = await book(browser, house, 2)
  await seen.page.locator('.qr').first().waitFor()
  await seen.close()
  const written = await house.as(analyst, 'POST', `${path}/versions`, { text: refusing('live'), base: observed.hash, reason: 'pairs resell' })
  assert.equal(written.state, 'draft')
  const done = await until('a backtest over what happened', async () => {
    const now = Date.now()
    const job = await house.as(analyst, 'POST', '/api/v1/backtests', { version: String(written.number), from: new Date(now - 3_600_000).toISOString(), to: new Date(now - 1000).toISOString() })
    const over = await until('the backtest', async () => {
      const j = await house.as(analyst, 'GET', `/api/v1/backtests/${job.id}`)
      return ['done', 'failed'].includes(j.state) && j
    })
    if (over.state === 'failed') assert.match(over.error, /holds no event/, 'nothing but that the ledger is behind')
    return over.state === 'done' && over
  }, 60)
  assert.ok(done.result, JSON.stringify(done))

  const published = await publish(analyst, administrator, written, observed.hash)
  assert.equal(published.state, 'published')

  const o = await operator(browser, house, analyst, { at: '/rules' })
  await o.page.getByText('refuse_pairs').first().waitFor()
  await o.look('rules-published')
  await o.close()

  await until('the gateway runs it', async () => (await house.as(analyst, 'GET', path)).number === written.number)
  const v = await book(browser, house, 2)
  await v.page.getByRole('alert').locator('code').waitFor()
  await v.close()
})
