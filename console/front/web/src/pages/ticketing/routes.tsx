import type { PageRoute } from '../../app/page-route'
import { who } from '../../app/roles'

/** The pages of this area, in the order of the navigation. */
export const ticketingRoutes: PageRoute[] = [
  { path: '/ticketing/pools', title: 'ticketing:pools', roles: who('bdu'), nav: 'ticketing', shortcut: 't', load: () => import('./pools/page') },
  { path: '/ticketing/pools/:id', title: 'ticketing:pool', roles: who('bdu'), load: () => import('./pools/detail') },
  { path: '/ticketing/calendar', title: 'ticketing:calendar', roles: who('bdu'), nav: 'ticketing', load: () => import('./calendar/page') },
  { path: '/ticketing/releases/:id/live', title: 'ticketing:release', roles: who('bdu'), load: () => import('./release/page') },
  { path: '/ticketing/orders', title: 'ticketing:orders', roles: who('bdu'), nav: 'ticketing', load: () => import('./orders/page') },
  { path: '/ticketing/orders/:id', title: 'ticketing:order', roles: who('bdu'), load: () => import('./orders/detail') },
  { path: '/ticketing/refunds', title: 'ticketing:refunds', roles: who('bdu'), nav: 'ticketing', load: () => import('./orders/refunds') },
  { path: '/ticketing/check-in', title: 'ticketing:check_in', roles: who('bdu'), nav: 'ticketing', load: () => import('./check-in/page') },
  { path: '/ticketing/announcements', title: 'ticketing:announcements', roles: who('bdu'), nav: 'ticketing', load: () => import('./announcements/page') },
  { path: '/ticketing/channels', title: 'ticketing:channels', roles: who('bdu'), nav: 'ticketing', load: () => import('./channels/page') },
]
