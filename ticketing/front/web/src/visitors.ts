// What is typed about visitors, before it is sent. The server judges; here is
// only caught what would be a needless round trip.

import { type Problem, fieldOf } from './api/problem'
import type { DocumentType, Pool, Product, SignUpField, Visitor } from './api/types'
import type { Key, Language } from './i18n/i18n'

export interface Draft {
  name: string
  type: DocumentType
  number: string
  nationality: string
}

export const emptyDraft: Draft = { name: '', type: 'prc_id', number: '', nationality: '' }

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

export const toVisitor = (draft: Draft, product: Product | undefined): Visitor => ({
  name: draft.name.trim(),
  ...(product ? { product: product.id } : {}),
  document: {
    type: draft.type,
    number: draft.number.trim(),
    ...(draft.type === 'passport' ? { nationality: draft.nationality.trim().toUpperCase() } : {}),
  },
})

/** A fault of a control: words of ours, or the server's own. */
export type Fault = { key: Key; fill?: Record<string, string | number>; text?: undefined } | { text: string }
export type Faults = Record<string, Fault>

/** Names of controls, used for faults and for finding the first of them. */
export const control = (seat: string, field: string) => `${seat}#${field}`

export function check(seats: Seat[], draftOf: (key: string) => Draft): Faults {
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
  }
  return faults
}

export type Typed = Record<string, string | boolean>

/** Answers as the server wants them: what was left empty is left out. */
export function answersOf(fields: SignUpField[], typed: Typed): Record<string, string | number | boolean> {
  const answers: Record<string, string | number | boolean> = {}
  for (const f of fields) {
    const value = typed[f.id]
    if (value === undefined || value === '' || value === false) continue
    answers[f.id] = f.type === 'number' ? Number(value) : value
  }
  return answers
}

export function checkAnswers(fields: SignUpField[], typed: Typed): Faults {
  const faults: Faults = {}
  for (const f of fields) {
    const value = typed[f.id] ?? ''
    if (f.required && (value === '' || value === false)) faults[control('answers', f.id)] = { key: 'field.required' }
    const max = f.max ?? Number.MAX_SAFE_INTEGER
    if (f.type === 'number' && value !== '' && !(Number(value) >= 0 && Number(value) <= max)) {
      faults[control('answers', f.id)] = { key: 'field.number', fill: { max } }
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

const codesWithWords: Record<string, Key> = {
  adult_needed: 'error.adult_needed',
  identity_limit: 'error.identity_limit',
  booking_frozen: 'error.booking_frozen',
  document_taken: 'error.document_taken',
}

/** What to say about a field: the server's reason where it gives one. */
export function faultOf(problem: Problem, language: Language): Fault {
  const { reason_zh, reason_en } = problem.body
  const reason = language === 'zh' ? reason_zh : reason_en
  if (reason) return { text: reason }
  const known = codesWithWords[problem.code] ?? fieldKeys[fieldOf(problem)?.field ?? '']
  return { key: known ?? 'field.other' }
}

/** Puts a refusal at its control, if it names one of the seats' or an answer. */
export function serverFaults(problem: Problem, seats: Seat[], language: Language): Faults {
  const at = fieldOf(problem)
  if (!at) return {}
  const answer = /^answers[.[]"?([\w-]+)/.exec(at.field)
  if (answer?.[1]) return { [control('answers', answer[1])]: faultOf(problem, language) }
  const seat = at.position === undefined ? undefined : seats[at.position]
  if (!seat) return {}
  const field = ['name', 'document.number', 'document.nationality', 'document.type'].includes(at.field) ? at.field : at.field === 'product' ? 'name' : 'document.number'
  return { [control(seat.key, field)]: faultOf(problem, language) }
}
