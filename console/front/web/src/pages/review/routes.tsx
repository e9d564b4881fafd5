import type { PageRoute } from '../../app/page-route'
import { who } from '../../app/roles'

/** The pages of this area, in the order of the navigation. */
export const reviewRoutes: PageRoute[] = [
  { path: '/cases', title: 'review:cases', roles: who('asdu'), nav: 'review', shortcut: 'c', load: () => import('./queue/page') },
  { path: '/cases/:id', title: 'review:case', roles: who('asdu'), load: () => import('./case/page') },
  { path: '/appeals', title: 'review:appeals', roles: who('du'), nav: 'review', load: () => import('./appeals/page') },
  { path: '/appeals/:id', title: 'review:appeal', roles: who('du'), load: () => import('./appeal/page') },
  { path: '/accounts/:id', title: 'review:account', roles: who('asdbu'), load: () => import('./account/page') },
  { path: '/clusters/:id', title: 'review:cluster', roles: who('asdu'), load: () => import('./cluster/page') },
  { path: '/fingerprints/:id', title: 'review:fingerprint', roles: who('asdu'), load: () => import('./fingerprint/page') },
]
