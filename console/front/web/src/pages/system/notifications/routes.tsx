import type { PageRoute } from '../../../app/page-route'
import { who } from '../../../app/roles'

/** Notifications, among the system's pages. */
export const notificationRoutes: PageRoute[] = [
  { path: '/system/notifications', title: 'notifications:title', roles: who('sdu'), nav: 'system', load: () => import('./page') },
]
