// Every page, for who may read it and who may not, in both languages, on a desk
// and a phone: it has words, nothing serious by axe, and fits the screen.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { after, before, test } from 'node:test'
import { runnerImport } from 'vite'
import { openPools } from '../../../../ticketing/front/web/e2e/program.mjs'
import { launch, operator } from './console.mjs'
import { binary, day, nameOf, roles, startHouse, until } from './house.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const { routes } = (await runnerImport(path.join(here, '..', 'src', 'app', 'routes.ts'))).module

let house
let browser
/** What stands in addresses in place of names, by the address before it. */
let things

before(async () => {
  browser = await launch()
  house = await startHouse()
  await openPools(house)
  const traffic = spawn(binary, ['simulate', '--data', house.data, '--seed', '7', '--people', '60', '--duration', '20s', '--no-gate-off'], { stdio: 'ignore' })
  await new Promise((done) => traffic.on('exit', done))
  things = await find()
})
after(async () => {
  await browser?.close()
  await house?.stop()
})

/** Something to look at for every page about one thing. */
async function find() {
  const administrator = nameOf('administrator')
  const read = (to) => house.as(administrator, 'GET', to)
  const cases = await until('a case', async () => (await read('/api/v1/cases')).cases?.length && (await read('/api/v1/cases')).cases)
  const alerts = (await read('/api/v1/alerts')).alerts ?? []
  const rules = await read('/api/v1/rulesets/museum/versions')
  const version = rules.versions?.[0]?.number ?? 1
  const account = cases.find((c) => c.subject?.entity === 'account')?.subject.key ?? cases[0].subject?.key
  return {
    '/cases/:id': cases[0].id, '/alerts/:id': alerts[0]?.id, '/accounts/:id': account, '/ticketing/pools/:id': 'main', '/ticketing/releases/:id/live': `main@${day(5)}`, '/lists/:id': 'deny',
    ':v': version, ':a': version, ':b': version,
  }
}

/** Where a route leads here; undefined where there is nothing to show. */
function addressOf(route) {
  let missing = false
  const to = route.path.replace(/:(\w+)/g, (hole) => {
    const thing = things[route.path] ?? things[hole]
    if (thing === undefined) missing = true
    return encodeURIComponent(thing ?? '')
  })
  return missing ? undefined : to
}

const nameFor = (route) => route.path.slice(1).replaceAll('/', '-').replaceAll(':', '') || 'home'

for (const language of ['zh', 'en']) {
  for (const width of [1440, 390]) {
    test(`every page, ${language}, ${width} px`, async (t) => {
      for (const role of roles) {
        const mine = routes.filter((route) => route.roles.includes(role) && !roles.slice(0, roles.indexOf(role)).some((r) => route.roles.includes(r)))
        if (mine.length === 0) continue
        const o = await operator(browser, house, nameOf(role), { language, width })
        for (const route of mine) {
          const to = addressOf(route)
          if (to === undefined) continue
          await t.test(`${role} ${to}`, async () => {
            await o.go(to)
            await o.page.waitForTimeout(600) // figures have come
            await o.look(nameFor(route))
          })
        }
        await o.close()
      }
    })
  }
}

test('who may not read a page is told who may', async () => {
  for (const role of roles) {
    const o = await operator(browser, house, nameOf(role))
    for (const route of routes.filter((r) => !r.roles.includes(role))) {
      const to = addressOf(route) ?? route.path.replace(/:\w+/g, 'x')
      await o.go(to)
      await o.page.getByText(o.t('ui:forbidden_title', { role: o.t(`ui:role_${role}`) })).first().waitFor()
    }
    await o.close()
  }
})

test('a copied address restores filters and tab elsewhere', async () => {
  const one = await operator(browser, house, nameOf('security'), { at: '/alerts' })
  await one.page.getByText(one.t('alerts:view_all'), { exact: true }).click()
  await one.page.waitForURL(/state=all/)
  const address = new URL(one.page.url())
  await one.close()
  const two = await operator(browser, house, nameOf('auditor'), { at: address.pathname + address.search })
  await two.page.locator('.ant-segmented-item-selected').getByText(two.t('alerts:view_all'), { exact: true }).waitFor()
  assert.equal(new URL(two.page.url()).search, address.search)
  await two.close()
})
