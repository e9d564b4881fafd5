import type { PageRoute } from './page-route'
import { alertsRoutes } from '../pages/alerts/routes'
import { overviewRoutes } from '../pages/overview/routes'
import { qualityRoutes } from '../pages/quality/routes'
import { reviewRoutes } from '../pages/review/routes'
import { strategyRoutes } from '../pages/strategy/routes'
import { systemRoutes } from '../pages/system/routes'
import { ticketingRoutes } from '../pages/ticketing/routes'

/** Every page there is, in the order of the navigation. */
export const routes: PageRoute[] = [
  ...overviewRoutes,
  ...alertsRoutes,
  ...reviewRoutes,
  ...strategyRoutes,
  ...qualityRoutes,
  ...ticketingRoutes,
  ...systemRoutes,
]
