import { expect, it } from 'vitest'
import type { Role } from './roles'
import { roles } from './roles'
import { routes } from './routes'

const letter: Record<Role, string> = { analyst: 'a', security: 's', administrator: 'd', box_office: 'b', auditor: 'u' }

/** Who may read which page, written out, so that a change of either is seen. */
const readers: Record<string, string> = {
  '/overview': 'asdbu', '/alerts': 'asdu', '/alerts/silences': 'asu', '/alerts/:id': 'asdu',
  '/cases': 'asdu', '/cases/:id': 'asdu', '/appeals': 'du', '/appeals/:id': 'du', '/accounts/:id': 'asdbu',
  '/clusters/:id': 'asdu', '/fingerprints/:id': 'asdu',
  '/rules': 'asdu', '/rules/new': 'a', '/rules/:id': 'asdu', '/rules/:id/versions/:v': 'asdu', '/rules/:id/compare/:a/:b': 'asdu',
  '/backtests': 'adu', '/backtests/:id': 'adu', '/features': 'au', '/lists': 'asdu', '/lists/:id': 'asdu', '/budgets': 'asdu',
  '/quality': 'asdu', '/quality/labels': 'asdu',
  '/system/users': 'du', '/system/sessions': 'du', '/system/api-keys': 'du', '/system/notifications': 'sdu', '/system/engines': 'asdu',
  '/system/audit': 'du', '/system/audit/:seq': 'du', '/me': 'asdbu',
}

it('lets each role read the pages that are its own', () => {
  for (const route of routes) {
    const held = roles.filter((r) => route.roles.includes(r)).map((r) => letter[r]).join('')
    expect(`${route.path} ${held}`).toBe(`${route.path} ${route.path.startsWith('/ticketing/') ? 'dbu' : readers[route.path]}`)
  }
  expect(routes.filter((r) => !r.path.startsWith('/ticketing/')).map((r) => r.path).sort()).toEqual(Object.keys(readers).sort())
})
