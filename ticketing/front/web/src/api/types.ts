// What the booking system's public API answers, as far as visitors' pages use it.

export type OrderState = 'held' | 'provisional' | 'confirmed' | 'expired' | 'cancelled' | 'withdrawn'
export type DocumentType = 'prc_id' | 'hk_macau_permit' | 'taiwan_permit' | 'foreign_resident' | 'passport'
export type ProductKind = 'single' | 'parent_child' | 'double' | 'child' | 'group'
export type PoolKind = 'permanent' | 'special' | 'activity' | 'lecture' | 'guardian'

/** Moments are ISO 8601 with offset; days are YYYY-MM-DD and times HH:MM, both at the venue. */
export interface Order {
  order_id: string
  pool: string
  date: string
  slot?: string
  state: OrderState
  positions: Position[]
  total_fen: number
  created_at: string
  hold_expires_at: string | null
  provisional_until: string | null
  paid_at: string | null
  receipt?: string
}

export interface Position {
  position_id: string
  name_masked: string
  document_type: DocumentType
  document_masked: string
  product?: string
  adult_position_id?: string
  ticket?: string
}

export interface Product {
  id: string
  name: string
  kind: ProductKind
  price_fen: number
  persons: number
  max_age?: number
}

export interface Rules {
  limit_per_person?: number
  days_ahead?: number
  daily_opening?: string
  notice_seconds?: number
  refund_deadline_seconds?: number
  change_deadline_seconds?: number
  transfer_deadline_seconds?: number
  min_age?: number
  max_age?: number
  minor_age?: number
  minors_per_adult?: number
}

/** What an activity asks of whoever signs up, once an order or of everybody. */
export interface SignUpField {
  id: string
  label_zh: string
  label_en: string
  type: 'text' | 'number' | 'choice' | 'boolean' | 'date'
  per?: 'order' | 'position'
  required?: boolean
  options?: string[]
  min?: number
  max?: number
  max_length?: number
}

export type Answers = Record<string, string | number | boolean>

export interface Activity {
  description_zh?: string
  description_en?: string
  place_zh?: string
  place_en?: string
  speaker_zh?: string
  speaker_en?: string
  fields?: SignUpField[]
}

export interface Pool {
  pool: string
  name: string
  name_en?: string
  kind?: PoolKind
  price_fen: number
  limit_per_order: number
  hold_seconds: number
  opens_at: string | null
  rules?: Rules
  products?: Product[]
  activity?: Activity
}

export interface Slot {
  start: string
  end: string
  capacity: number
  left: number
}

export interface Day {
  date: string
  capacity: number
  left: number
  /** When booking of the day opens; absent = at any time. */
  opens_at?: string
  slots?: Slot[]
}

export interface Stock {
  pool: string
  version: number
  days: Day[]
}

export interface Announcement {
  id: string
  kind: 'notice' | 'rules' | 'closure'
  pool?: string
  title_zh?: string
  title_en?: string
  body_zh?: string
  body_en?: string
  pinned?: boolean
  published_at: string
}

/** The announcements of a pool, with the booking rules that a booking may state it was shown. */
export interface Board {
  rules_version: number
  announcements: Announcement[]
}

export interface Hours {
  weekdays: string[]
  open: string
  close: string
  last_entry?: string
  note_zh?: string
  note_en?: string
}

export interface Venue {
  name_zh?: string
  name_en?: string
  address_zh?: string
  address_en?: string
  transport_zh?: string
  transport_en?: string
  phone?: string
  opening_hours?: Hours[]
}

export interface Visitor {
  name: string
  product?: string
  document: { type: DocumentType; number: string; nationality?: string }
  answers?: Answers
}

export interface BookingBody {
  pool: string
  date: string
  slot?: string
  positions: Visitor[]
  answers?: Answers
  rules_version?: number
}

export interface SignedIn {
  session_token: string
  account_id: string
  expires_at: string
}

export interface Profile {
  account_id: string
  phone_masked: string
  phone_verified: boolean
  password_set: boolean
}
