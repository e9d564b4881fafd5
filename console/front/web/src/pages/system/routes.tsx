import type { PageRoute } from '../../app/page-route'
import { who } from '../../app/roles'
import { notificationRoutes } from './notifications/routes'

/** The pages of this area, in the order of the navigation. */
export const systemRoutes: PageRoute[] = [
  { path: '/system/users', title: 'system:users', roles: who('du'), nav: 'system', load: () => import('./users/page') },
  { path: '/system/sessions', title: 'system:sessions', roles: who('du'), nav: 'system', load: () => import('./sessions/page') },
  { path: '/system/api-keys', title: 'system:keys', roles: who('du'), nav: 'system', load: () => import('./keys/page') },
  ...notificationRoutes,
  { path: '/system/engines', title: 'system:engines', roles: who('asdu'), nav: 'system', load: () => import('./engines/page') },
  { path: '/system/audit', title: 'system:audit', roles: who('du'), nav: 'system', load: () => import('./audit/page') },
  { path: '/system/audit/:seq', title: 'system:audit', roles: who('du'), load: () => import('./audit/entry') },
  { path: '/me', title: 'system:me', roles: who('asdbu'), load: () => import('./me/page') },
]
