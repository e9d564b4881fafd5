// Moments are judged by the server's clock: a phone's own may be hours off.

let skew = 0

/** Learns from an answer's Date header, which has whole seconds. */
export function learnClock(date: string | null, received: number): void {
  const server = date ? Date.parse(date) : NaN
  if (Number.isNaN(server)) return
  const off = server + 500 - received
  if (Math.abs(off - skew) > 1500) skew = off
}

/** Now by the server's clock, in milliseconds since 1970 UTC. */
export const now = (): number => Date.now() + skew
