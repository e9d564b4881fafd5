// Reading again while somebody looks. A crowd that opened a page at the same
// moment must not come back at the same moment, and nobody who forgot a tab
// should go on asking: pauses vary from a third to five thirds of a base that
// grows, and a hidden page asks nothing.

export interface PollOptions {
  random?: () => number
  hidden?: () => boolean
  /** Called when the page is shown again; returns how to stop being called. */
  onShown?: (wake: () => void) => () => void
}

const quick = 6_000
const quickFor = 2 * 60_000
const slow = 24_000

/** The next pause in milliseconds, so long after the visitor last did something. */
export function pause(idle: number, random: number): number {
  const base = idle < quickFor ? quick : slow
  return Math.round(base * (1 / 3 + (4 / 3) * random))
}

const shown = (wake: () => void) => {
  const changed = () => {
    if (!document.hidden) wake()
  }
  document.addEventListener('visibilitychange', changed)
  return () => document.removeEventListener('visibilitychange', changed)
}

/** Calls read now and then until the returned function is called. A failed read is followed by the next. */
export function poll(read: () => Promise<void>, o: PollOptions = {}): () => void {
  const random = o.random ?? Math.random
  const hidden = o.hidden ?? (() => document.hidden)
  const begun = Date.now()
  let timer: ReturnType<typeof setTimeout> | undefined
  let reading = false
  let stopped = false
  const next = () => {
    reading = false
    if (stopped) return
    timer = setTimeout(() => {
      timer = undefined
      if (hidden()) return
      reading = true
      void read().then(next, next)
    }, pause(Date.now() - begun, random()))
  }
  const unwatch = (o.onShown ?? shown)(() => {
    if (timer === undefined && !reading && !stopped) next()
  })
  next()
  return () => {
    stopped = true
    clearTimeout(timer)
    unwatch()
  }
}
