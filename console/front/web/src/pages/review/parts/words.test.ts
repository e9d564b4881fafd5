import { expect, test } from 'vitest'
import { hintsOf } from './words'

test('a label of hints says what they came to', () => {
  expect(hintsOf('mismatch=1 no_show=2 passed=0 failed=0 abandoned=3 evidence=0.90')).toEqual([
    { name: 'mismatch', value: '1' }, { name: 'no_show', value: '2' }, { name: 'abandoned', value: '3' }, { name: 'evidence', value: '0.90' },
  ])
  expect(hintsOf('passed=1 evidence=-0.05')).toEqual([{ name: 'passed', value: '1' }, { name: 'evidence', value: '-0.05' }])
})

test('what people wrote stays as it is', () => {
  for (const text of ['', 'called the visitor', 'no_show=many', 'mismatch=1 and a note', 'x=1', 'passed']) expect(hintsOf(text)).toBeUndefined()
})
