// A visitor's browser: pages in a language and a size, watched for anything
// that a page should not do.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import jsQR from 'jsqr'
import { chromium } from 'playwright-core'
import pngjs from 'pngjs'
import { runnerImport } from 'vite'

const here = fileURLToPath(new URL('.', import.meta.url))
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
const shots = process.env.FAIRGATE_SHOTS

export async function launch() {
  const found = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((p) => p && existsSync(p))
  if (!found) throw new Error('web-e2e needs Chromium: install it, or set CHROMIUM to its path')
  return chromium.launch({ executablePath: found, args: ['--no-sandbox', '--disable-quic', '--disable-background-networking'] })
}

const load = async (language) => (await runnerImport(path.join(here, '..', 'src', 'i18n', `${language}.ts`))).module[language]
const catalogues = { zh: await load('zh'), en: await load('en') }

// Visitors who book one after the other with like devices from one network are a
// ring to the rules: each has an address of their own, as behind a proxy.
let networks = Math.floor(Math.random() * 500)
const address = () => `198.${18 + (Math.floor(++networks / 250) % 2)}.${networks % 250}.7`

/** Opens a browser of its own for one visitor. */
export async function visitor(browser, program, { language = 'zh', width = 390, height = 844, dark = false } = {}) {
  const context = await browser.newContext({
    // A headless browser names itself an automation tool, which the rules ask about.
    userAgent: `Mozilla/5.0 (${width < 700 ? 'Linux; Android 14; Pixel 8' : 'Windows NT 10.0; Win64; x64'}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${browser.version().split('.')[0]}.0.0.0 ${width < 700 ? 'Mobile ' : ''}Safari/537.36`,
    locale: language === 'zh' ? 'zh-CN' : 'en-GB', viewport: { width, height }, isMobile: width < 700, colorScheme: dark ? 'dark' : 'light',
    // A phone abroad: the venue's time is what counts.
    timezoneId: 'America/New_York', deviceScaleFactor: 2, hasTouch: width < 700, reducedMotion: 'reduce',
    extraHTTPHeaders: { 'X-Forwarded-For': address() },
  })
  context.setDefaultTimeout(15_000)
  const page = await context.newPage()
  const faults = []
  const sent = []
  page.on('pageerror', (e) => faults.push(`page error: ${e.message}`))
  page.on('console', (m) => {
    // A refused or lost request is the tests' own doing.
    if (m.type() === 'error' && !/Failed to load resource/.test(m.text())) faults.push(`console: ${m.text()}`)
  })
  page.on('request', (r) => {
    sent.push(r)
    if (!r.url().startsWith(program.gateway) && !r.url().startsWith('data:')) faults.push(`a request elsewhere: ${r.url()}`)
  })
  const t = (key, fill = {}) => {
    assert.ok(catalogues[language][key], `no words for ${key}`)
    return catalogues[language][key].replace(/\{(\w+)\}/g, (whole, name) => fill[name] ?? whole)
  }
  const name = `${language}-${width}${dark ? '-dark' : ''}`
  return {
    context, page, t, faults, name, language,
    go: (to) => page.goto(program.gateway + to),
    button: (key, fill) => page.getByRole('button', { name: t(key, fill), exact: true }),
    writes: (method, suffix) => sent.filter((r) => r.method() === method && new URL(r.url()).pathname.endsWith(suffix)),
    look: (what) => look(page, `${name}-${what}`),
    heading: (text) => page.getByRole('heading', { name: text, level: 1 }).waitFor(),
    async signIn(phone) {
      await page.getByLabel(t('signin.phone')).fill(phone)
      await page.getByRole('button', { name: t('signin.send_code') }).click()
      await page.getByText(t('signin.sent')).waitFor()
      await page.getByLabel(t('signin.code'), { exact: true }).fill(await code(program, phone))
      await page.getByRole('button', { name: t('signin.submit') }).click()
      // No hand fills the form within this; the rules that ship would see a machine.
      await page.getByRole('heading', { name: t('book.title'), level: 1 }).waitFor()
      await page.waitForTimeout(2500)
    },
    async fill(seat, who) {
      const form = page.getByRole('group', { name: new RegExp(`^${t('book.visitor', { n: seat })}`) })
      await form.getByLabel(t('book.name'), { exact: false }).fill(who.name)
      if (who.type) await form.getByLabel(t('book.document_type'), { exact: true }).selectOption(who.type)
      if (who.nationality) await form.getByLabel(t('book.nationality')).fill(who.nationality)
      await form.getByLabel(t('book.document_number')).fill(who.number)
    },
    pick: async (date) => {
      await page.getByRole('grid').waitFor()
      while (!(await page.locator(`[data-date="${date}"]`).count())) await page.getByRole('button', { name: t('pool.next_month') }).click()
      await page.locator(`[data-date="${date}"]`).click()
    },
    /** What the API says, asked with the page's own session. */
    api: async (to) => {
      const answer = await page.evaluate(async (to) => {
        const kept = JSON.parse(localStorage.getItem('fairgate.session') ?? sessionStorage.getItem('fairgate.session'))
        const r = await fetch(to, { headers: { Authorization: `Bearer ${kept.token}` } })
        return { status: r.status, body: await r.json() }
      }, to)
      assert.equal(answer.status, 200, JSON.stringify(answer.body))
      return answer.body
    },
    async close() {
      await context.close()
      assert.deepEqual(faults, [], name)
    },
  }
}

/** The code that the sandbox was to send to a number. */
async function code(program, phone) {
  for (let tries = 0; tries < 100; tries++) {
    const { messages } = await program.house('GET', `/internal/v1/sms?phone=${phone}`)
    if (messages.length > 0) return messages[0].code
    await new Promise((done) => setTimeout(done, 100))
  }
  throw new Error(`no code for ${phone}`)
}

/** Looks at a page as it is: nothing serious by axe, nothing wider than the screen, targets large enough. */
async function look(page, name) {
  await page.evaluate(() => document.fonts.ready)
  if (shots) {
    await mkdir(shots, { recursive: true })
    await page.evaluate(() => scrollTo(0, 0))
    await page.screenshot({ path: path.join(shots, `${name}.png`), fullPage: true })
  }
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(await axeSource())
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] })
    return violations.map((v) => `${v.impact} ${v.id}: ${v.nodes.map((n) => `${n.target} ${n.any[0]?.message ?? ''}`).slice(0, 3).join(' | ')}`)
  })
  assert.deepEqual(found, [], `${name}: axe`)
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  assert.ok(wide <= 0, `${name}: ${wide} px wider than the screen`)
  const small = await page.evaluate(() =>
    [...document.querySelectorAll('button, select, input:not([type=radio], [type=checkbox]), label:has(input), a.button, a.card, header a, summary')]
      .map((e) => [e, e.getBoundingClientRect()])
      .filter(([e, box]) => box.height > 0 && box.bottom > 0 && !e.matches('.skip') && (box.height < 43.5 || (!e.matches('.day') && box.width < 43.5)))
      .map(([e, box]) => `${e.tagName} ${e.textContent?.slice(0, 20)} ${Math.round(box.width)}×${Math.round(box.height)}`),
  )
  assert.deepEqual(small, [], `${name}: too small to touch`)
}

let source
async function axeSource() {
  source ??= await (await import('node:fs/promises')).readFile(axe, 'utf8')
  return source
}

/** Reads a QR code from what the screen shows. */
export async function scan(locator) {
  const image = pngjs.PNG.sync.read(await locator.screenshot())
  const found = jsQR(new Uint8ClampedArray(image.data), image.width, image.height)
  assert.ok(found, 'no QR code can be read from the screen')
  return found.data
}
