import type { PageRoute } from '../../app/page-route'
import { who } from '../../app/roles'

/** The pages of this area, in the order of the navigation. */
export const alertsRoutes: PageRoute[] = [
  { path: '/alerts', title: 'alerts:title', roles: who('asdu'), nav: 'alerts', shortcut: 'a', load: () => import('./list/page') },
  { path: '/alerts/silences', title: 'alerts:silences', roles: who('asu'), nav: 'alerts', load: () => import('./silences/page') },
  { path: '/alerts/:id', title: 'alerts:detail', roles: who('asdu'), load: () => import('./detail/page') },
]
