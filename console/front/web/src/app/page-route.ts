import type { ComponentType } from 'react'
import type { AnyKey } from '../i18n'
import type { Role } from './roles'

export const navGroups = ['overview', 'alerts', 'review', 'strategy', 'quality', 'ticketing', 'system'] as const
export type NavGroup = (typeof navGroups)[number]

/** One page: where it is, who may read it, and what shows it. */
export interface PageRoute {
  /** As react-router writes it: '/alerts/:id'. */
  path: string
  title: AnyKey
  /** Who may read the page; everyone else is told so. The server enforces. */
  roles: readonly Role[]
  /** Where the navigation lists it; pages about one thing are not listed. */
  nav?: NavGroup
  /** The second key after g, where the page has one. */
  shortcut?: string
  /** Loads the page when it is first opened: () => import('./list/page'). */
  load: () => Promise<{ default: ComponentType }>
}
