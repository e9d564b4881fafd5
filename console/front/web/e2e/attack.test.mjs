// Whoever is on call is told of an attack, and deals with it.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHmac, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { launch, operator } from './console.mjs'
import { binary, nameOf, startHouse, until } from './house.mjs'

let house
let browser
let receiver
let attack
const key = `whsec_${randomBytes(32).toString('base64')}`
const heard = []

/** A receiver of signed webhooks, as Standard Webhooks says. */
function listen() {
  return new Promise((ready) => {
    const server = createServer((request, answer) => {
      let body = ''
      request.on('data', (chunk) => (body += chunk))
      request.on('end', () => {
        const { 'webhook-id': id, 'webhook-timestamp': stamp, 'webhook-signature': signature } = request.headers
        const want = `v1,${createHmac('sha256', Buffer.from(key.slice(6), 'base64')).update(`${id}.${stamp}.${body}`).digest('base64')}`
        heard.push({ at: Date.now(), signed: signature === want, body })
        answer.end()
      })
    })
    server.listen(0, '127.0.0.1', () => ready({ url: `http://127.0.0.1:${server.address().port}/`, stop: () => new Promise((done) => server.close(done)) }))
  })
}

before(async () => {
  browser = await launch()
  receiver = await listen()
  house = await startHouse()
})
after(async () => {
  attack?.kill('SIGINT')
  await browser?.close()
  await house?.stop()
  await receiver?.stop()
})

test('a channel is set up and tested', async () => {
  const o = await operator(browser, house, nameOf('security'), { at: '/system/notifications' })
  const { page, t } = o
  await o.button('notifications:new_channel').click()
  await page.locator('#channel-name').fill('on call')
  await page.locator('#channel-url').fill(receiver.url)
  await page.locator('#channel-key').fill(key)
  await page.locator('#channel-reason').fill('end-to-end test')
  await o.look('notifications-new')
  await o.answer('notifications:save').click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await o.button('notifications:test').click()
  await page.getByText(t('notifications:test_sent')).waitFor()
  assert.equal(heard.length, 1)
  assert.ok(heard[0].signed)
  await o.look('notifications-tested')
  await o.close()
})

test('an attack is told of within ten seconds of being found, taken, silenced with one hand, and closed', async () => {
  attack = spawn(binary, ['simulate', '--data', house.data, '--seed', '7', '--people', '60', '--duration', '60s', '--no-gate-off'], { stdio: 'ignore' })
  const told = await until('a webhook of an attack', () => heard.find((h) => h.body.includes('alert_fired') && h.body.includes('异常流量')), 90)
  assert.ok(told.signed)
  const security = nameOf('security')
  const { alerts } = await house.as(security, 'GET', '/api/v1/alerts?open=true&pattern=hostile_surge')
  assert.equal(alerts.length, 1)
  const wait = told.at - Date.parse(alerts[0].since)
  assert.ok(wait < 10_000, `told ${wait} ms after it began`)

  const o = await operator(browser, house, security, { width: 390, at: `/alerts/${alerts[0].id}` })
  const { page, t } = o
  await page.locator('.alert-clock').waitFor() // its words have figures that move
  await o.look('alert-firing')
  const box = await o.button('alerts:take').boundingBox()
  assert.ok(box && box.y > 844 / 2 && box.height >= 44, 'taken with the thumb')
  await o.button('alerts:take').click()
  await page.getByText(t('alerts:state_acknowledged'), { exact: true }).first().waitFor()

  await o.button('alerts:silence').click()
  const counted = page.getByText(/将静默 \d+ 个未关闭的告警/)
  await counted.waitFor()
  const promised = Number(/\d+/.exec(await counted.innerText())[0])
  await o.say('looked into')
  await o.look('alert-silence')
  await o.answer('alerts:silence').click()
  await page.locator('.tag-silenced').waitFor()
  const open = (await house.as(security, 'GET', '/api/v1/alerts?open=true')).alerts
  assert.equal(open.filter((a) => a.silence_id).length, promised, 'as many are silenced as the preview said')
  await o.look('alert-silenced')

  await o.button('alerts:close').click()
  await o.say('an attack, turned away')
  await o.answer('alerts:close').click()
  await page.getByText(t('alerts:state_closed'), { exact: true }).first().waitFor()
  const closed = await house.as(security, 'GET', `/api/v1/alerts/${alerts[0].id}`)
  assert.equal(closed.closed_by, security)
  assert.equal(closed.note, 'an attack, turned away')
  assert.ok(!heard.some((h) => h.body.includes('alert_closed') && h.body.includes('异常流量')), 'who silenced it is not told')
  await o.close()
})
