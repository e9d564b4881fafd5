import createClient, { type Middleware } from 'openapi-fetch'
import { credentials } from './credentials'
import { offline, problemOf } from './problem'
import { prove } from './proof'
import type { components, paths } from './schema'

/** The shapes of the API: Schema<'Alert'>. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name]

const signed = (request: Request): Request => {
  for (const [name, value] of Object.entries(credentials.headers(request.method))) request.headers.set(name, value)
  return request
}

/** Sends a request, and once more after a proof where the server wants one first. */
async function send(request: Request): Promise<Response> {
  const again = request.clone()
  const response = await globalThis.fetch(signed(request))
  if (response.status !== 403) return response
  const body: unknown = await response.clone().json().catch(() => undefined)
  if (problemOf(response, body).kind !== 'reauthentication-required' || !(await prove())) return response
  return globalThis.fetch(signed(again))
}

const guard: Middleware = {
  onResponse({ response, request }) {
    if (response.status === 401) credentials.refused(request.method, new URL(request.url).pathname)
    return undefined
  },
  onError: () => offline(),
}

/** The typed operators' API. Its answers go through `ask`, which throws refusals. */
export const api = createClient<paths>({
  baseUrl: typeof location === 'undefined' ? '' : location.origin,
  credentials: 'same-origin', cache: 'no-store', referrerPolicy: 'no-referrer',
  fetch: send,
})
api.use(guard)

/** What was answered, or a thrown Problem: await ask(api.GET('/api/v1/me')). */
export async function ask<T>(answer: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await answer
  if (!response.ok) throw problemOf(response, error)
  return data as T
}
