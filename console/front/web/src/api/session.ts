import { useSyncExternalStore } from 'react'
import { isRole, type Role } from '../app/roles'
import { api, ask } from './client'
import { credentials } from './credentials'
import { Problem } from './problem'

export interface Operator {
  name: string
  role: Role
  /** The one-time password is still in use; nothing but changing it is allowed. */
  mustChange: boolean
}

/**
 * Where the operator stands. `over`: was signed in and no longer is; the page
 * stays, with what was typed, behind the sign-in.
 */
export type Session =
  | { state: 'asking' }
  | { state: 'out' }
  | { state: 'in'; operator: Operator }
  | { state: 'over'; operator: Operator }

let session: Session = { state: 'asking' }
const listeners = new Set<() => void>()

function become(next: Session): void {
  session = next
  for (const listener of listeners) listener()
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const currentSession = (): Session => session
export const useSession = (): Session => useSyncExternalStore(subscribe, currentSession)

/** The signed-in operator; pages are only shown to one. */
export function useOperator(): Operator {
  const now = useSession()
  if (now.state === 'in' || now.state === 'over') return now.operator
  throw new Error('a page is shown to nobody')
}

credentials.onRefused(() => {
  if (session.state === 'in') become({ state: 'over', operator: session.operator })
  else if (session.state === 'asking') become({ state: 'out' })
})

interface Principal {
  name: string
  role: string
  must_change_password?: boolean
}

function operatorOf(p: Principal): Operator {
  if (!isRole(p.role)) throw new Problem(-1, `the role ${p.role} is unknown to this page`)
  return { name: p.name, role: p.role, mustChange: p.must_change_password ?? false }
}

/** Asks the server who is signed in, as after a reload. */
export async function restore(): Promise<void> {
  try {
    become({ state: 'in', operator: operatorOf(await ask(api.GET('/api/v1/me'))) })
  } catch (error) {
    become({ state: 'out' })
    if (!(error instanceof Problem && error.status === 401)) throw error
  }
}

export interface Credentials {
  name: string
  password: string
  /** Of the authenticator, where the account has one. */
  code?: string
}

/** Signs in; throws a Problem where the server refuses. */
export async function signIn({ name, password }: Credentials): Promise<void> {
  const { token, operator } = await ask(api.POST('/api/v1/sessions', { body: { name, password } }))
  credentials.keep(token)
  become({ state: 'in', operator: operatorOf(operator) })
}

/** Ends the session here and on the server. */
export async function signOut(): Promise<void> {
  try {
    await ask(api.DELETE('/api/v1/sessions'))
  } finally {
    credentials.forget()
    become({ state: 'out' })
  }
}

/** Changes one's own password and signs in anew: changing it ends every session. */
export async function changePassword(old: string, replacement: string): Promise<void> {
  if (session.state !== 'in') throw new Problem(401, 'not signed in')
  const { name } = session.operator
  await ask(api.POST('/api/v1/password', { body: { old_password: old, new_password: replacement } }))
  credentials.forget()
  await signIn({ name, password: replacement })
}
