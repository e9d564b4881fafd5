import { describe, expect, it } from 'vitest'
import { Problem } from '../src/api/problem'
import type { Order, Pool, Product, SignUpField } from '../src/api/types'
import { countdown, isPast, secondsLeft, stateOf, worthSaying } from '../src/order'
import { pause, poll } from '../src/poll'
import { routeOf, safeNext } from '../src/router'
import { plain } from '../src/ui/prose'
import { answersOf, check, checkAnswers, control, emptyDraft, mostOf, seatsOf, serverFaults, toVisitor, totalOf } from '../src/visitors'
import paths from './paths.json'

const single: Product = { id: 'adult', name: '成人', kind: 'single', price_fen: 6000, persons: 1 }
const family: Product = { id: 'family', name: '亲子', kind: 'parent_child', price_fen: 8000, persons: 2, max_age: 14 }
const group: Product = { id: 'group', name: '团体', kind: 'group', price_fen: 4000, persons: 10 }
const plainPool: Pool = { pool: 'p', name: 'P', price_fen: 1000, limit_per_order: 5, hold_seconds: 600, opens_at: null }
const typed: Pool = { ...plainPool, products: [single, family, group] }

describe('the router', () => {
  it.each(Object.entries(paths))('%s is a page: %s', (path, own) => {
    expect(routeOf(path).page !== 'not-found').toBe(own)
  })
  it('reads names that were escaped', () => {
    expect(routeOf('/pools/%E5%A4%A9/book')).toEqual({ page: 'book', pool: '天' })
    expect(routeOf('/pools/%E5%A')).toEqual({ page: 'not-found' })
  })
  it('leads back to its own pages only', () => {
    expect(safeNext('/pools/p/book?date=2026-11-22')).toBe('/pools/p/book?date=2026-11-22')
    for (const other of [null, '', '//other.example', '/\\other.example', 'https://other.example', 'javascript:alert(1)']) expect(safeNext(other)).toBe('/orders')
  })
})

describe('visitors', () => {
  it('have a seat each, those of one ticket together', () => {
    expect(seatsOf(typed, { adult: 1, family: 2 }).map((s) => s.key)).toEqual(['adult/0', 'family/0', 'family/1', 'family/2', 'family/3'])
    expect(seatsOf(plainPool, { '': 2 }).map((s) => s.key)).toEqual(['/0', '/1'])
    expect(seatsOf(typed, { group: 3 })).toEqual([])
  })
  it('cost what their tickets cost', () => {
    expect(totalOf(typed, { adult: 2, family: 1 })).toBe(20_000)
    expect(totalOf(plainPool, { '': 3 })).toBe(3000)
  })
  it('are no more than an order may have', () => {
    expect(mostOf(plainPool, {}, undefined)).toBe(5)
    expect(mostOf(typed, { adult: 2 }, family)).toBe(1)
    expect(mostOf({ ...typed, rules: { limit_per_person: 2 } }, {}, family)).toBe(1)
    expect(mostOf({ ...typed, rules: { limit_per_person: 2 } }, { adult: 1 }, family)).toBe(0)
  })
  it('are checked before they are sent', () => {
    const seats = seatsOf(plainPool, { '': 3 })
    const drafts: Record<string, typeof emptyDraft> = {
      '/0': { ...emptyDraft, name: '张三', number: '1101 0519491231-002x' },
      '/1': { ...emptyDraft, name: ' ', number: '11010519491231002X' },
      '/2': { ...emptyDraft, name: 'A', type: 'passport', number: 'L898902C3', nationality: 'US' },
    }
    expect(check(seats, (key) => drafts[key]!)).toEqual({
      '/1#name': { key: 'field.required' },
      '/1#document.number': { key: 'field.duplicate' },
      '/2#document.nationality': { key: 'book.nationality_hint' },
    })
  })
  it('send a nationality with a passport alone', () => {
    const draft = { ...emptyDraft, name: ' A ', number: ' L898902C3 ', nationality: 'usa' }
    expect(toVisitor({ ...draft, type: 'passport' }, single)).toEqual({ name: 'A', product: 'adult', document: { type: 'passport', number: 'L898902C3', nationality: 'USA' } })
    expect(toVisitor(draft, undefined)).toEqual({ name: 'A', document: { type: 'prc_id', number: 'L898902C3' } })
  })
  it('see the server’s reason at the control it names', () => {
    const seats = seatsOf(typed, { adult: 2 })
    const refused = new Problem({ status: 422, code: 'invalid_field', field: 'positions[1].document.number', reason_zh: '校验码不符', reason_en: 'the check character does not match' })
    expect(serverFaults(refused, seats, 'zh')).toEqual({ [control('adult/1', 'document.number')]: { text: '校验码不符' } })
    expect(serverFaults(refused, seats, 'en')).toEqual({ [control('adult/1', 'document.number')]: { text: 'the check character does not match' } })
    const minor = new Problem({ status: 422, code: 'adult_needed', field: 'positions[0]' })
    expect(serverFaults(minor, seats, 'en')).toEqual({ [control('adult/0', 'document.number')]: { key: 'error.adult_needed' } })
    const answer = new Problem({ status: 422, code: 'invalid_field', field: 'answers.meal' })
    expect(serverFaults(answer, seats, 'en')).toEqual({ [control('order', 'answers.meal')]: { key: 'field.other' } })
    for (const field of ['positions[9].name', 'date']) expect(serverFaults(new Problem({ status: 422, code: 'invalid_field', field }), seats, 'en')).toEqual({})
  })
})

describe('answers', () => {
  const fields: SignUpField[] = [
    { id: 'school', label_zh: '学校', label_en: 'School', type: 'text', required: true },
    { id: 'age', label_zh: '年龄', label_en: 'Age', type: 'number', min: 6, max: 12 },
    { id: 'agree', label_zh: '同意', label_en: 'Agree', type: 'boolean', required: true },
  ]
  it('are checked and sent as what they are', () => {
    expect(checkAnswers('order', fields, { age: '13' })).toEqual({
      'order#answers.school': { key: 'field.required' },
      'order#answers.age': { key: 'field.between', fill: { min: 6, max: 12 } },
      'order#answers.agree': { key: 'field.required' },
    })
    expect(checkAnswers('order', fields, { school: 'A', age: 'six', agree: true })).toEqual({ 'order#answers.age': { key: 'field.number' } })
    expect(answersOf(fields, { school: 'A', age: '7', agree: true })).toEqual({ school: 'A', age: 7, agree: true })
    expect(answersOf(fields, { school: '', age: '' })).toEqual({})
  })
})

describe('an order', () => {
  const at = Date.parse('2026-11-22T12:00:00+08:00')
  const order: Order = {
    order_id: 'o', pool: 'p', date: '2026-11-22', state: 'held', positions: [], total_fen: 100, created_at: '', provisional_until: null, paid_at: null,
    hold_expires_at: '2026-11-22T04:01:30.000Z',
  }
  it('counts down and then is expired', () => {
    expect(secondsLeft(order, at)).toBe(90)
    expect(secondsLeft(order, at + 91_000)).toBe(0)
    expect(stateOf(order, at + 89_999)).toBe('held')
    expect(stateOf(order, at + 90_000)).toBe('expired')
    expect(stateOf({ ...order, state: 'confirmed' }, at + 90_000)).toBe('confirmed')
  })
  it('is past when its day is', () => {
    expect(isPast(order, Date.parse('2026-11-22T23:59:59+08:00'))).toBe(false)
    expect(isPast(order, Date.parse('2026-11-23T00:00:00+08:00'))).toBe(true)
  })
  it('shows its time and speaks now and then', () => {
    expect([0, 9, 65, 600, 3725].map(countdown)).toEqual(['0:00', '0:09', '1:05', '10:00', '1:02:05'])
    expect([0, 5, 10, 30, 59, 60, 120].filter(worthSaying)).toEqual([10, 30, 60, 120])
  })
})

describe('polling', () => {
  it('is irregular and slows down', () => {
    const pauses = (idle: number) => Array.from({ length: 101 }, (_, i) => pause(idle, i / 100))
    const mean = (list: number[]) => list.reduce((a, b) => a + b, 0) / list.length
    for (const idle of [0, 200_000]) {
      const list = pauses(idle)
      const variation = Math.sqrt(mean(list.map((x) => (x - mean(list)) ** 2))) / mean(list)
      expect(variation).toBeGreaterThan(0.35)
      expect(Math.min(...list)).toBeGreaterThanOrEqual(2000)
    }
    // An hour of looking stays well under what a tireless script does.
    expect(120_000 / mean(pauses(0)) + 3_480_000 / mean(pauses(200_000))).toBeLessThan(200)
  })
  it('goes on after a failure, rests while hidden, and stops', async () => {
    const { vi } = await import('vitest')
    vi.useFakeTimers()
    let hidden = false
    let wake = () => {}
    let reads = 0
    const stop = poll(() => (reads++, Promise.reject(new Error('away'))), {
      random: () => 0.5,
      hidden: () => hidden,
      onShown: (again) => {
        wake = again
        return () => (wake = () => {})
      },
    })
    await vi.advanceTimersByTimeAsync(6_000)
    expect(reads).toBe(1)
    await vi.advanceTimersByTimeAsync(6_000)
    expect(reads).toBe(2)
    hidden = true
    await vi.advanceTimersByTimeAsync(60_000)
    expect(reads).toBe(2)
    hidden = false
    wake()
    wake()
    await vi.advanceTimersByTimeAsync(6_000)
    expect(reads).toBe(3)
    stop()
    wake()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(reads).toBe(3)
    vi.useRealTimers()
  })
})

describe('text of the house', () => {
  it('loses its marks and nothing else', () => {
    expect(plain('## **闭馆**通知')).toBe('闭馆通知')
    expect(plain('see [the map](https://a.example/x)')).toBe('see the map (https://a.example/x)')
    expect(plain('2 * 3 * 4 <b>')).toBe('2 * 3 * 4 <b>')
  })
})
