import type { PageRoute } from '../../app/page-route'
import { who } from '../../app/roles'

const ruleRoles = who('adsu')
const rule = () => import('./rule/page')

/** The pages of this area, in the order of the navigation. */
export const strategyRoutes: PageRoute[] = [
  { path: '/rules', title: 'strategy:rules', roles: ruleRoles, nav: 'strategy', shortcut: 'r', load: () => import('./rules/page') },
  { path: '/rules/new', title: 'strategy:new_rule', roles: who('a'), load: rule },
  { path: '/rules/:id', title: 'strategy:rule', roles: ruleRoles, load: rule },
  { path: '/rules/:id/versions/:v', title: 'strategy:rule', roles: ruleRoles, load: rule },
  { path: '/rules/:id/compare/:a/:b', title: 'strategy:compare', roles: ruleRoles, load: () => import('./compare/page') },
  { path: '/backtests', title: 'strategy:backtests', roles: who('adu'), nav: 'strategy', load: () => import('./backtests/page') },
  { path: '/backtests/:id', title: 'strategy:backtest', roles: who('adu'), load: () => import('./backtests/detail') },
  { path: '/features', title: 'strategy:features', roles: who('au'), nav: 'strategy', load: () => import('./features/page') },
  { path: '/lists', title: 'strategy:lists', roles: ruleRoles, nav: 'strategy', load: () => import('./lists/page') },
  { path: '/lists/:id', title: 'strategy:lists', roles: ruleRoles, load: () => import('./lists/page') },
  { path: '/budgets', title: 'strategy:budgets', roles: ruleRoles, nav: 'strategy', load: () => import('./budgets/page') },
]
