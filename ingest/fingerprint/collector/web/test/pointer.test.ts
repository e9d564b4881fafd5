import { describe, expect, it } from 'vitest'
import vectors from '../../../pointer/testdata/vectors.json'
import { Pointer, type PointerSummary } from '../src/pointer'

describe('the statistics of movements', () => {
  for (const vector of vectors) {
    it(`are those of the server: ${vector.name}`, () => {
      const pointer = new Pointer()
      for (const [t, x, y] of vector.points) pointer.add(t ?? NaN, x ?? NaN, y ?? NaN)
      const summary = pointer.summary()
      expect(Object.keys(summary).sort()).toEqual(Object.keys(vector.summary).sort())
      for (const [name, want] of Object.entries(vector.summary)) {
        expect(Math.abs(summary[name as keyof PointerSummary] - want), name).toBeLessThan(1e-9)
      }
    })
  }
})
