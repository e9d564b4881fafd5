import { expect, it } from 'vitest'
import { Keys } from '../src/keys'

it('times presses, and holds of a single key', () => {
  const keys = new Keys()
  for (const t of [0, 200, 400]) {
    keys.press(t)
    keys.release(t + 80)
  }
  keys.press(5400) // after a pause: no gap
  keys.press(5500) // two at once: no hold
  keys.release(5600)
  keys.release(5650)
  keys.paste()
  expect(keys.summary()).toEqual({ presses: 5, hold: 80, hold_spread: 0, gap: 500 / 3, gap_spread: expect.closeTo(47.14, 2), pastes: 1 })
})

it('is never told which key', () => {
  expect(new Keys().press.length).toBe(1)
  expect(JSON.stringify(new Keys().summary())).not.toMatch(/key|code|text/)
})
