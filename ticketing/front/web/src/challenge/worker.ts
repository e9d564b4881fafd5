import { type Challenge, type Found, search } from './pow'

const step = 2000

self.onmessage = (message: MessageEvent<Challenge>) => {
  const c = message.data
  for (let first = 0; first <= c.maxnumber; first += step) {
    const number = search(c, first, Math.min(first + step, c.maxnumber + 1))
    const found: Found = number === null ? { tried: first + step } : { tried: first + step, number }
    self.postMessage(found)
    if (number !== null) return
  }
  const none: Found = { tried: c.maxnumber, number: null }
  self.postMessage(none)
}
