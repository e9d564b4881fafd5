import { describe, expect, it } from 'vitest'
import { exampleOf, fieldOf, firstExample, idOf, kindOf } from './example'

describe('what a rule is tried on', () => {
  it('is a recorded event before a pasted one', () => expect(exampleOf({ eventID: 'e1', json: '{' })).toEqual({ event_id: 'e1' }))
  it('is read from JSON, numbers alone as features', () => {
    expect(exampleOf({ eventID: '', json: '{"kind":"stock.read","event":{"account":"a"},"features":{"x":3,"y":"4"}}' }))
      .toEqual({ example: { kind: 'stock.read', event: { account: 'a' }, features: { x: 3 } } })
  })
  it('says what is wrong', () => {
    expect(exampleOf({ eventID: '', json: '{"kind":3}' })).toEqual({ fault: 'kind' })
    expect(exampleOf({ eventID: '', json: '[]' })).toEqual({ fault: 'kind' })
    expect(exampleOf({ eventID: '', json: '{' })).toHaveProperty('fault')
  })
  it('begins with what the rule reads', () => expect(JSON.parse(firstExample('stock.read', ['x']))).toMatchObject({ kind: 'stock.read', features: { x: 0 } }))
})

it('reads a declaration\'s own words', () => {
  const text = 'id: fast_one\nevents: [stock.read, order.submit]\naction: block\nmode: shadow\n'
  expect([idOf(text), kindOf(text), fieldOf(text, 'action'), fieldOf(text, 'mode')]).toEqual(['fast_one', 'stock.read', 'block', 'shadow'])
  expect([idOf('x: 1'), kindOf('x: 1')]).toEqual(['', 'order.submit'])
})
