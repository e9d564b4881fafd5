/** One fault of a request's body or parameters, as the API names it. */
export interface Fault {
  location: string
  message: string
}

/** A refusal, or no answer at all. Its message is the API's English sentence; pages show words of their own beside it. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly status: number
  /** The last part of the problem's type, where it has one of its own: 'csrf', 'reauthentication-required'. */
  readonly kind: string
  /** What to quote when asking for help; empty where nothing was answered. */
  readonly requestID: string
  readonly faults: readonly Fault[]

  constructor(status: number, message: string, requestID = '', faults: readonly Fault[] = [], kind = '') {
    super(message)
    this.status = status
    this.requestID = requestID
    this.faults = faults
    this.kind = kind
  }
}

/** Nothing was answered: the network, or the server is away. */
export const offline = (): Problem => new Problem(0, 'no answer from the server')

const isRecord = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null
const text = (v: unknown): string => (typeof v === 'string' ? v : '')

const ownKinds = 'urn:fairgate:problem:'
const kindOf = (said: Record<string, unknown>): string => (text(said.type).startsWith(ownKinds) ? text(said.type).slice(ownKinds.length) : '')

/** Reads an application/problem+json body, as far as it is one. */
export function problemOf(response: Response, body: unknown): Problem {
  const said = isRecord(body) ? body : {}
  const faults = Array.isArray(said.errors)
    ? said.errors.filter(isRecord).map((f) => ({ location: text(f.location), message: text(f.message) }))
    : []
  return new Problem(response.status, text(said.detail) || text(said.title) || response.statusText, response.headers.get('X-Request-Id') ?? '', faults, kindOf(said))
}

/** Any failure as a Problem, for what shows it. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  return error instanceof TypeError ? offline() : new Problem(-1, error instanceof Error ? error.message : String(error))
}
