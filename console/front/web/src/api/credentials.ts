/** What goes with each request to say who asks. Kept in memory alone: a reload asks the server who is signed in. */
class Credentials {
  private token = ''
  private csrf = ''
  private readonly listeners = new Set<() => void>()

  keep(token: string): void {
    this.token = token
  }

  forget(): void {
    this.token = ''
    this.csrf = ''
  }

  headers(method: string): Record<string, string> {
    const out: Record<string, string> = {}
    if (this.token) out['Authorization'] = `Bearer ${this.token}`
    if (this.csrf && method !== 'GET' && method !== 'HEAD') out['X-CSRF-Token'] = this.csrf
    return out
  }

  /** Takes a CSRF token over from an answer that carries one. */
  learn(headers: Headers): void {
    const told = headers.get('X-CSRF-Token')
    if (told) this.csrf = told
  }

  keepCSRF(token: string): void {
    this.csrf = token
  }

  /** A request was answered 401. Signing in has its own words for that. */
  refused(path: string): void {
    if (path === '/api/v1/sessions' || path === '/api/v1/password') return
    for (const listener of this.listeners) listener()
  }

  onRefused(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }
}

export const credentials = new Credentials()
