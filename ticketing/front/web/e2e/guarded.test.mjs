// Challenges and refusals, by a ruleset that asks for them.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launch, visitor } from './browser.mjs'
import { idNumber, phoneNumber } from './people.mjs'
import { day, openPools, start } from './program.mjs'

// Whoever books is asked; whoever books for four or more is turned away, and for
// three without the signature of the device's own key, made for that very request; and
// even who only looks is asked, once they looked long enough.
const ruleset = `name: museum
features:
  - name: reads
    entity: device
    events: [stock.read]
    window: 1h
    aggregate: count
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
    ttl: 1m
  - id: refuse_unsigned
    events: [order.submit]
    when: positions == 3 and order_proof != "valid"
    on: device
    action: block
    ttl: 1m
  - id: ask_lookers
    events: [stock.read]
    when: reads > 1
    on: device
    action: challenge
`

let program
let browser
before(async () => {
  browser = await launch()
  program = await start(ruleset)
  await openPools(program)
})
after(async () => {
  await browser?.close()
  await program?.stop()
})

for (const language of ['zh', 'en']) {
  test(`${language}: a challenge is met, and the booking goes through once`, async () => {
    const v = await visitor(browser, program, { language })
    const { page, t } = v
    await v.go(`/pools/main/book?date=${day(5)}&slot=09:00`)
    await v.signIn(phoneNumber())
    await v.fill(1, { name: '张三', number: idNumber() })
    // Slow enough to be looked at.
    await page.route('**/.fairgate/challenge?*', async (route) => {
      await new Promise((done) => setTimeout(done, 1500))
      await route.continue()
    })
    await v.button('book.submit_free').click()
    await page.getByRole('dialog', { name: t('challenge.title') }).waitFor()
    await v.look('40-challenge')
    await page.locator('.qr').waitFor()
    const posts = v.writes('POST', '/orders')
    assert.equal(posts.length, 2)
    assert.equal(posts[0].headers()['idempotency-key'], posts[1].headers()['idempotency-key'])
    assert.equal(posts[0].postData(), posts[1].postData())
    assert.ok(posts[1].headers()['x-fairgate-pass'])
    assert.equal((await v.api('/api/v1/orders')).orders.length, 1)
    await v.close()
  })

  test(`${language}: a challenge can be left, and taken up again`, async () => {
    const v = await visitor(browser, program, { language })
    const { page, t } = v
    await v.go(`/pools/main/book?date=${day(5)}&slot=09:00`)
    await v.signIn(phoneNumber())
    await v.fill(1, { name: '李四', number: idNumber() })
    let slow = true
    await page.route('**/.fairgate/challenge?*', async (route) => {
      if (slow) await new Promise((done) => setTimeout(done, 1500))
      await route.continue().catch(() => undefined)
    })
    await v.button('book.submit_free').click()
    await page.getByRole('dialog').getByRole('button', { name: t('app.cancel') }).click()
    await page.getByText(t('challenge.failed')).waitFor()
    await v.look('41-left')
    slow = false
    await v.button('book.submit_free').click()
    await page.locator('.qr').waitFor()
    await v.close()
  })

  test(`${language}: a refusal says its words, and gives a receipt`, async () => {
    const v = await visitor(browser, program, { language })
    const { page, t } = v
    await v.go(`/pools/main/book?date=${day(5)}&slot=13:00`)
    await v.signIn(phoneNumber())
    for (let n = 1; n < 4; n++) await page.getByRole('button', { name: t('book.more', { name: t('book.visitors') }) }).click()
    for (let n = 1; n <= 4; n++) await v.fill(n, { name: '人', number: idNumber() })
    await v.button('book.submit_free').click()
    const alert = page.getByRole('alert')
    await alert.getByText(language === 'zh' ? /^暂时无法完成本次预约。如有疑问,请凭回执/ : /^We couldn't complete this booking\. If this seems wrong, appeal with receipt/).waitFor()
    const receipt = await alert.locator('code').innerText()
    assert.ok((await alert.locator('p').nth(1).innerText()).includes(receipt))
    await v.look('42-refused')
    await v.close()
  })
}

test('who only looks is asked when they look for themselves, and not in the background', async () => {
  const v = await visitor(browser, program, { language: 'en' })
  await v.go('/pools/main')
  await v.page.getByRole('grid').waitFor()
  await v.page.getByText(v.t('pool.paused')).waitFor()
  assert.equal(await v.page.getByRole('dialog').count(), 0)
  await v.look('43-paused')
  await v.button('app.retry').click()
  await v.page.getByText(v.t('pool.live')).waitFor()
  await v.close()
})

test('who agreed to the collector has the booking signed by the device, and signed anew with a pass', async () => {
  const v = await visitor(browser, program, { language: 'en' })
  const { page, t } = v
  await v.go(`/pools/main/book?date=${day(5)}&slot=13:00`)
  await v.signIn(phoneNumber())
  const believed = page.waitForResponse((r) => r.url().endsWith('/.fairgate/collect') && r.ok())
  await v.button('consent.give').click()
  await believed
  for (let n = 1; n < 3; n++) await page.getByRole('button', { name: t('book.more', { name: t('book.visitors') }) }).click()
  for (let n = 1; n <= 3; n++) await v.fill(n, { name: `Guest ${n}`, number: idNumber() })
  await v.button('book.submit_free').click()
  await page.locator('.qr').first().waitFor()
  const proofs = v.writes('POST', '/orders').map((r) => r.headers()['x-fairgate-proof'])
  assert.equal(proofs.length, 2)
  for (const proof of proofs) assert.match(proof, /^r1\.[\w-]{43}\.[\w-]{43}\.\d{13}\.[\w-]{22}\.[\w-]{86}$/)
  assert.notEqual(proofs[0], proofs[1])
  // What was recorded is no good again.
  const { session, order } = await page.evaluate(() => ({ session: localStorage.getItem('fairgate.session') ?? sessionStorage.getItem('fairgate.session'), order: location.pathname }))
  assert.ok(order.includes('/orders/'))
  const [sent] = v.writes('POST', '/orders').slice(-1)
  const again = await page.evaluate(async ([token, body, proof]) => {
    const r = await fetch('/api/v1/orders', { method: 'POST', body, headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID(), 'X-Fairgate-Proof': proof } })
    return { status: r.status, code: (await r.json()).code }
  }, [JSON.parse(session).token, sent.postData(), proofs[1]])
  assert.deepEqual(again, { status: 403, code: 'refused' })
  await v.close()
})
