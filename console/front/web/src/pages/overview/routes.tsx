import type { PageRoute } from '../../app/page-route'
import { who } from '../../app/roles'

/** The pages of this area, in the order of the navigation. */
export const overviewRoutes: PageRoute[] = [
  { path: '/overview', title: 'overview:title', roles: who('asdbu'), nav: 'overview', shortcut: 'o', load: () => import('./live/page') },
]
