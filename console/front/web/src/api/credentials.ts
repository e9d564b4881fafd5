const signingIn = new Set(['/api/v1/sessions', '/api/v1/sessions/totp', '/api/v1/password'])

/**
 * What goes with each request besides the session's cookie, which no script can
 * read: the token that shows a write to come from this page. Kept in memory
 * alone; after a reload the server tells it again.
 */
class Credentials {
  private csrf = ''
  private readonly listeners = new Set<() => void>()

  keep(csrf: string | undefined): void {
    if (csrf) this.csrf = csrf
  }

  forget(): void {
    this.csrf = ''
  }

  headers(method: string): Record<string, string> {
    return this.csrf && method !== 'GET' && method !== 'HEAD' ? { 'X-CSRF-Token': this.csrf } : {}
  }

  /** A request was answered 401. Signing in has its own words for that. */
  refused(method: string, path: string): void {
    if (method === 'POST' && signingIn.has(path)) return
    for (const listener of this.listeners) listener()
  }

  onRefused(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }
}

export const credentials = new Credentials()
