// What is typed about visitors, before it is sent. The server judges; here is
// only caught what would be a needless round trip.

import { type Problem, fieldOf, wordsFor } from './api/problem'
import type { Answers, DocumentType, Pool, Product, SignUpField, Visitor } from './api/types'
import type { Key, Language } from './i18n/i18n'

export interface Draft {
  name: string
  type: DocumentType
  number: string
  nationality: string
  answers: Typed
}

/** What is typed as answers, by field. */
export type Typed = Record<string, string | boolean>

export const emptyDraft: Draft = { name: '', type: 'prc_id', number: '', nationality: '', answers: {} }

/** The questions that are asked of everybody, or once an order. */
export const fieldsPer = (pool: Pool | undefined, per: 'order' | 'position'): SignUpField[] =>
  pool?.activity?.fields?.filter((f) => (f.per ?? 'order') === per) ?? []

export const documentKeys: Record<DocumentType, Key> = {
  prc_id: 'document.prc_id',
  hk_macau_permit: 'document.hk_macau_permit',
  taiwan_permit: 'document.taiwan_permit',
  foreign_resident: 'document.foreign_resident',
  passport: 'document.passport',
}
export const documentTypes = Object.keys(documentKeys) as DocumentType[]

/** How many tickets of each type; without types, of the empty one. */
export type Quantities = Record<string, number>

/** One person's place in the form: what was typed stays when quantities change. */
export interface Seat {
  key: string
  product: Product | undefined
}

/** Ticket types that can be booked here; groups bring a list and have a desk. */
export const offered = (pool: Pool): Product[] => (pool.products ?? []).filter((p) => p.kind !== 'group')

/** The persons of all tickets, those of one ticket together, as the server wants them. */
export function seatsOf(pool: Pool, quantities: Quantities): Seat[] {
  const seats = (product: Product | undefined) =>
    Array.from({ length: (quantities[product?.id ?? ''] ?? 0) * (product?.persons ?? 1) }, (_, i) => ({ key: `${product?.id ?? ''}/${i}`, product }))
  return pool.products?.length ? offered(pool).flatMap(seats) : seats(undefined)
}

/** What the tickets cost, in fen; without types each person the pool's price. */
export function totalOf(pool: Pool, quantities: Quantities): number {
  if (!pool.products?.length) return (quantities[''] ?? 0) * pool.price_fen
  return offered(pool).reduce((sum, p) => sum + (quantities[p.id] ?? 0) * p.price_fen, 0)
}

/** How many more of a type an order may have. */
export function mostOf(pool: Pool, quantities: Quantities, product: Product | undefined): number {
  const limit = Math.min(pool.limit_per_order, pool.rules?.limit_per_person ?? pool.limit_per_order)
  const others = seatsOf(pool, { ...quantities, [product?.id ?? '']: 0 }).length
  return Math.max(0, Math.floor((limit - others) / (product?.persons ?? 1)))
}

export const toVisitor = (draft: Draft, product: Product | undefined, fields: SignUpField[] = []): Visitor => ({
  name: draft.name.trim(),
  ...(product ? { product: product.id } : {}),
  document: {
    type: draft.type,
    number: draft.number.trim(),
    ...(draft.type === 'passport' ? { nationality: draft.nationality.trim().toUpperCase() } : {}),
  },
  ...(fields.length > 0 ? { answers: answersOf(fields, draft.answers) } : {}),
})

/** A fault of a control: words of ours, or the server's own. */
export type Fault = { key: Key; fill?: Record<string, string | number>; text?: undefined } | { text: string }
export type Faults = Record<string, Fault>

/** Names of controls, used for faults and for finding the first of them. */
export const control = (seat: string, field: string) => `${seat}#${field}`

export function check(seats: Seat[], draftOf: (key: string) => Draft, fields: SignUpField[] = []): Faults {
  const faults: Faults = {}
  const seen = new Set<string>()
  for (const { key } of seats) {
    const d = draftOf(key)
    if (!d.name.trim()) faults[control(key, 'name')] = { key: 'field.required' }
    const number = d.number.replace(/[\s-]/g, '').toUpperCase()
    if (!number) faults[control(key, 'document.number')] = { key: 'field.required' }
    else if (seen.has(`${d.type}/${number}`)) faults[control(key, 'document.number')] = { key: 'field.duplicate' }
    seen.add(`${d.type}/${number}`)
    if (d.type === 'passport' && !/^[a-z]{3}$/i.test(d.nationality.trim())) faults[control(key, 'document.nationality')] = { key: 'book.nationality_hint' }
    Object.assign(faults, checkAnswers(key, fields, d.answers))
  }
  return faults
}

/** Answers as the server wants them: what was left empty is left out. */
export function answersOf(fields: SignUpField[], typed: Typed): Answers {
  const answers: Answers = {}
  for (const f of fields) {
    const value = typed[f.id]
    if (value === undefined || value === '') continue
    answers[f.id] = f.type === 'number' ? Number(value) : value
  }
  return answers
}

/** Whose answers: a seat's, or the order's own. */
export const ofOrder = 'order'

export function checkAnswers(whose: string, fields: SignUpField[], typed: Typed): Faults {
  const faults: Faults = {}
  for (const f of fields) {
    const value = typed[f.id] ?? ''
    const at = control(whose, `answers.${f.id}`)
    if (f.required && (value === '' || value === false)) faults[at] = { key: 'field.required' }
    else if (f.type === 'number' && value !== '') {
      const n = Number(value)
      const between = f.min !== undefined && f.max !== undefined
      if (!Number.isFinite(n)) faults[at] = { key: 'field.number' }
      else if (n < (f.min ?? n) || n > (f.max ?? n)) faults[at] = between ? { key: 'field.between', fill: { min: f.min ?? 0, max: f.max ?? 0 } } : { key: 'field.other' }
    }
  }
  return faults
}

const fieldKeys: Record<string, Key> = {
  name: 'field.name',
  product: 'field.product',
  phone: 'field.phone',
  to_phone: 'field.phone',
  code: 'field.code',
}

/** Codes that say more of a field than its name does. */
const tellingCodes = ['adult_needed', 'identity_limit', 'booking_frozen', 'document_taken', 'already_signed_up', 'too_old', 'too_young']

/** What to say about a field: the server's reason where it gives one. */
function faultOf(problem: Problem, language: Language): Fault {
  const { reason_zh, reason_en } = problem.body
  const reason = language === 'zh' ? reason_zh : reason_en
  if (reason) return { text: reason }
  if (tellingCodes.includes(problem.code)) return { key: wordsFor(problem) }
  return { key: fieldKeys[fieldOf(problem)?.field ?? ''] ?? 'field.other' }
}

const controls = ['name', 'document.number', 'document.nationality', 'document.type']

/** Puts a refusal at its control, if it names one of the seats' or an answer. */
export function serverFaults(problem: Problem, seats: Seat[], language: Language): Faults {
  const at = fieldOf(problem)
  if (!at) return {}
  const answer = at.field.startsWith('answers.')
  const whose = at.position === undefined ? (answer ? ofOrder : undefined) : seats[at.position]?.key
  if (whose === undefined) return {}
  const field = answer || controls.includes(at.field) ? at.field : at.field === 'product' ? 'name' : 'document.number'
  return { [control(whose, field)]: faultOf(problem, language) }
}
