import type { PageRoute } from '../../app/page-route'
import { who } from '../../app/roles'

/** The pages of this area, in the order of the navigation. */
export const qualityRoutes: PageRoute[] = [
  { path: '/quality', title: 'quality:title', roles: who('asdu'), nav: 'quality', shortcut: 'q', load: () => import('./rates/page') },
  { path: '/quality/labels', title: 'quality:labels', roles: who('asdu'), nav: 'quality', load: () => import('./labels/page') },
]
