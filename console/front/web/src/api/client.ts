import createClient, { type Middleware } from 'openapi-fetch'
import { credentials } from './credentials'
import { offline, problemOf } from './problem'
import type { components, paths } from './schema'

/** The shapes of the API: Schema<'Alert'>. */
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name]

const guard: Middleware = {
  onRequest({ request }) {
    for (const [name, value] of Object.entries(credentials.headers(request.method))) request.headers.set(name, value)
    return request
  },
  onResponse({ response, request }) {
    credentials.learn(response.headers)
    if (response.status === 401) credentials.refused(new URL(request.url).pathname)
    return undefined
  },
  onError: () => offline(),
}

/** The typed operators' API. Its answers go through `ask`, which throws refusals. */
export const api = createClient<paths>({
  baseUrl: typeof location === 'undefined' ? '' : location.origin,
  credentials: 'same-origin', cache: 'no-store', referrerPolicy: 'no-referrer',
  // Looked up anew each time, so that tests can put theirs in its place.
  fetch: (request) => globalThis.fetch(request),
})
api.use(guard)

/** What was answered, or a thrown Problem: await ask(api.GET('/api/v1/me')). */
export async function ask<T>(answer: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await answer
  if (!response.ok) throw problemOf(response, error)
  return data as T
}
