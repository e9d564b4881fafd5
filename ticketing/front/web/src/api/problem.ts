import type { Key } from '../i18n/i18n'

/** What a challenge is for; a pass is good for that alone. */
export interface Scope {
  kind: string
  pool?: string
  /** Who was asked, sealed; it goes back unread. */
  ticket?: string
}

/** The body of a refusal (RFC 9457), of the booking system or of the gateway. */
export interface ProblemBody {
  status: number
  code: string
  detail?: string
  field?: string
  reason_zh?: string
  reason_en?: string
  receipt?: string
  appeal_url?: string
  challenge_url?: string
  scope?: Scope
}

/** An answer that is no success, or the lack of any: offline, timeout. */
export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly body: ProblemBody
  /** Seconds after which trying again may help. */
  readonly retryAfter: number | undefined

  constructor(body: ProblemBody, retryAfter?: number) {
    super(body.code)
    this.status = body.status
    this.code = body.code
    this.body = body
    this.retryAfter = retryAfter
  }

  /** Nobody knows whether the server acted on the request. */
  get unsure(): boolean {
    return this.status === 0 || this.status >= 500
  }
}

/** No answer came at all. */
export const offline = () => new Problem({ status: 0, code: 'offline' })
export const timedOut = () => new Problem({ status: 0, code: 'timeout' })
/** The visitor gave up, which needs no message. */
export const abandoned = () => new Problem({ status: 0, code: 'abandoned' })

const maxText = 300

/** Reads a refusal, whoever wrote it: a proxy's page has neither code nor detail. */
export async function readProblem(response: Response): Promise<Problem> {
  const retry = Number(response.headers.get('Retry-After'))
  let body: Partial<ProblemBody> = {}
  try {
    const json: unknown = await response.json()
    if (typeof json === 'object' && json !== null) body = json
  } catch {
    // The status says enough.
  }
  return new Problem(
    { ...body, status: response.status, code: body.code ?? 'http_error', detail: (body.detail ?? '').slice(0, maxText) },
    Number.isFinite(retry) && retry > 0 ? retry : undefined,
  )
}

/** Any thrown value as a Problem. */
export const asProblem = (thrown: unknown): Problem =>
  thrown instanceof Problem ? thrown : new Problem({ status: 0, code: 'unexpected' })

/** The words for a code. What is not here is told as a general failure. */
const words: Record<string, Key> = {
  offline: 'error.offline',
  timeout: 'error.timeout',
  unavailable: 'error.unavailable',
  upstream_unavailable: 'error.unavailable',
  upstream_timeout: 'error.timeout',
  not_recorded: 'error.unavailable',
  internal_error: 'error.unavailable',
  invalid_field: 'error.invalid_field',
  wrong_credentials: 'error.wrong_credentials',
  unauthenticated: 'error.unauthenticated',
  wrong_code: 'error.wrong_code',
  code_limit: 'error.code_limit',
  not_found: 'error.not_found',
  no_such_route: 'error.not_found',
  not_configured: 'error.not_configured',
  sold_out: 'error.sold_out',
  document_taken: 'error.document_taken',
  not_open: 'error.not_open',
  date_unavailable: 'error.date_unavailable',
  slot_needed: 'error.slot_unavailable',
  slot_unavailable: 'error.slot_unavailable',
  adult_needed: 'error.adult_needed',
  person_limit: 'error.person_limit',
  identity_limit: 'error.identity_limit',
  booking_frozen: 'error.booking_frozen',
  too_late: 'error.too_late',
  too_young: 'error.too_young',
  too_old: 'error.too_old',
  already_signed_up: 'error.already_signed_up',
  invalid_state: 'error.invalid_state',
  hold_expired: 'error.hold_expired',
  past_cutoff: 'error.too_late',
  rules_changed: 'error.rules_changed',
  recipient_unknown: 'error.recipient_unknown',
  challenge_expired: 'error.challenge',
  challenge_spent: 'error.challenge',
  challenge_foreign: 'error.challenge',
  challenge_required: 'error.challenge',
  invalid_payload: 'error.challenge',
  invalid_ticket: 'error.challenge',
  sms_unavailable: 'challenge.no_phone',
  no_identity: 'error.no_identity',
  unknown_receipt: 'appeal.unknown_receipt',
  receipt_expired: 'appeal.receipt_expired',
  no_appeal: 'appeal.none',
  crowded: 'appeal.later',
  too_many_tries: 'appeal.later',
  invalid_text: 'appeal.invalid_text',
}

/** The key of the sentence for a problem. */
export function wordsFor(problem: Problem): Key {
  return words[problem.code] ?? (problem.unsure ? 'error.unavailable' : 'error.unexpected')
}

/** Which control a refusal is about. Positions are counted from 0. */
export interface FieldError {
  position?: number
  field: string
}

/** Reads "positions[1].document.number" and "phone". */
export function fieldOf(problem: Problem): FieldError | undefined {
  const field = problem.body.field
  if (!field) return undefined
  const found = /^positions\[(\d+)\]\.?(.*)$/.exec(field)
  if (!found) return { field }
  return { position: Number(found[1]), field: found[2] || 'document.number' }
}
