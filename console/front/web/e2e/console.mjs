// An operator's browser, watched for anything that a page should not do.

import assert from 'node:assert/strict'
import { mkdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { runnerImport } from 'vite'
import { password } from './house.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const root = path.join(here, '../../../..')
/** Where screenshots go; outside what is kept in version control. */
const shots = process.env.FAIRGATE_SHOTS ?? path.join(root, '.cache', 'shots', 'console')
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const load = async (language) => (await runnerImport(path.join(here, '..', 'src', 'i18n', `${language}.ts`))).module[`${language}Catalogue`]
const catalogues = { zh: await load('zh'), en: await load('en') }
const keys = Object.entries(catalogues.zh).flatMap(([area, words]) => Object.keys(words).map((key) => `${area}:${key}`))

export async function launch() {
  const found = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((p) => p && existsSync(p))
  if (!found) throw new Error('the end-to-end tests need Chromium: install it, or set CHROMIUM to its path')
  return chromium.launch({ executablePath: found, args: ['--no-sandbox', '--disable-quic', '--disable-background-networking'] })
}

/** A control's whole name; an icon before it may have one, too. */
const named = (text) => new RegExp(`^([a-z-]+ )?${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`)

/** Opens a browser of its own for one operator, signed in. */
export async function operator(browser, house, name, { language = 'zh', width = 1440, at = '/' } = {}) {
  const phone = width < 768
  const context = await browser.newContext({
    locale: language === 'zh' ? 'zh-CN' : 'en-GB', viewport: { width, height: phone ? 844 : 900 }, isMobile: phone, hasTouch: phone,
    // The operator sits elsewhere: the venue's time is what is shown.
    timezoneId: 'UTC', reducedMotion: 'reduce',
  })
  context.setDefaultTimeout(15_000)
  const page = await context.newPage()
  const faults = []
  page.on('pageerror', (e) => faults.push(`page error: ${e.message}`))
  page.on('console', (m) => {
    // A refused request is the tests' own doing; the policy's violations are heard below.
    if (m.type() === 'error' && !/Failed to load resource|Content Security Policy/.test(m.text())) faults.push(`console: ${m.text()}`)
  })
  page.on('request', (r) => {
    if (!r.url().startsWith(house.operators) && !/^(data|blob):/.test(r.url())) faults.push(`a request elsewhere: ${r.url()}`)
  })
  await page.exposeFunction('violated', (what) => faults.push(`policy: ${what}`))
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (e) => {
      window.violated(`${e.effectiveDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`)
    })
  })
  await page.goto(house.operators + at)
  await page.locator('input[autocomplete=username]').fill(name)
  await page.locator('input[type=password]').fill(password)
  await page.locator('button[type=submit]').click()
  await page.locator('#main').waitFor()
  const t = (full, fill = {}) => {
    const [area, key] = full.split(':')
    const word = catalogues[language][area]?.[key]
    assert.ok(word, `no words for ${full}`)
    return word.replace(/\{\{(\w+)\}\}/g, (whole, hole) => fill[hole] ?? whole)
  }
  const size = phone ? 'phone' : 'desktop'
  return {
    page, t, faults,
    go: async (to) => {
      await page.goto(house.operators + to)
      await page.locator('#main h1').waitFor()
    },
    button: (key, fill) => page.getByRole('button', { name: named(t(key, fill)) }),
    /** A button of the dialog that is open; after the cross at its corner, which may have the same name. */
    answer: (key, fill) => page.getByRole('dialog').getByRole('button', { name: named(t(key, fill)) }).last(),
    say: (reason) => page.getByRole('dialog').getByLabel(t('ui:reason')).fill(reason),
    look: (what) => look(page, `${what}-${language}-${size}`),
    async close() {
      await context.close()
      assert.deepEqual(faults, [], `${name} ${language} ${size}`)
    },
  }
}

/** Takes a picture of a page; nothing serious by axe, no key in place of words, nothing wider than the screen. */
async function look(page, name) {
  await mkdir(shots, { recursive: true })
  await page.waitForLoadState('load')
  await page.waitForTimeout(350) // what antd moves in has arrived
  await page.screenshot({ path: path.join(shots, `${name}.png`) })
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe)
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] })
    return violations.filter((v) => v.impact === 'serious' || v.impact === 'critical')
      .map((v) => `${v.impact} ${v.id}: ${v.nodes.map((n) => `${n.target} ${n.any[0]?.message ?? ''}`).slice(0, 3).join(' | ')}`)
  })
  const text = await page.locator('body').innerText()
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  assert.deepEqual(
    { axe: found, untranslated: keys.filter((key) => text.includes(key)), holes: text.match(/\{\{\w+\}\}/g) ?? [], wider: Math.max(0, wide) },
    { axe: [], untranslated: [], holes: [], wider: 0 }, name,
  )
}
