import type { PageRoute } from '../../app/page-route'
import { notificationRoutes } from './notifications/routes'

/** The pages of this area, in the order of the navigation. */
export const systemRoutes: PageRoute[] = [...notificationRoutes]
