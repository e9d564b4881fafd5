import type { PageRoute } from '../../app/page-route'

/** The pages of this area, in the order of the navigation. */
export const reviewRoutes: PageRoute[] = []
