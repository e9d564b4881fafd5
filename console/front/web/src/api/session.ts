import { useSyncExternalStore } from 'react'
import { isRole, type Role } from '../app/roles'
import { api, ask, type Schema } from './client'
import { credentials } from './credentials'
import { Problem } from './problem'

export interface Operator {
  name: string
  role: Role
  /** The one-time password is still in use; nothing but changing it is allowed. */
  mustChange: boolean
  /** The role needs a second factor, and there is none yet; nothing but enrolling one is allowed. */
  mustEnrol: boolean
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

type Principal = Pick<Schema<'Principal'>, 'name' | 'role' | 'must_change_password' | 'must_enrol_totp'>

function operatorOf(p: Principal): Operator {
  if (!isRole(p.role)) throw new Problem(-1, `the role ${p.role} is unknown to this page`)
  return { name: p.name, role: p.role, mustChange: p.must_change_password ?? false, mustEnrol: p.must_enrol_totp ?? false }
}

/** Asks the server who is signed in, as after a reload. */
export async function restore(): Promise<void> {
  try {
    const me = await ask(api.GET('/api/v1/me'))
    credentials.keep(me.csrf_token)
    become({ state: 'in', operator: operatorOf(me) })
  } catch (error) {
    become({ state: 'out' })
    if (!(error instanceof Problem && error.status === 401)) throw error
  }
}

export interface Credentials {
  name: string
  password: string
}

function opened({ csrf_token, operator }: Schema<'SignInOutputBody'>): void {
  credentials.keep(csrf_token)
  become({ state: 'in', operator: operatorOf(operator) })
}

/** Signs in; 'code': the account has a second factor, which signInCode takes. Throws a Problem where the server refuses. */
export async function signIn({ name, password }: Credentials): Promise<'in' | 'code'> {
  const answer = await ask(api.POST('/api/v1/sessions', { body: { name, password, cookie: true } }))
  if (answer.totp_required) return 'code'
  opened(answer)
  return 'in'
}

/** The second step of signing in: the authenticator's code, or one for recovery. */
export async function signInCode(code: string): Promise<void> {
  opened(await ask(api.POST('/api/v1/sessions/totp', { body: { code } })))
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
  if ((await signIn({ name, password: replacement })) === 'code') become({ state: 'out' })
}
