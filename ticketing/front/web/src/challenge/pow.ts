// The proof of work of the ALTCHA protocol, version 1: find the number whose
// SHA-256 with the salt is given (https://altcha.org/docs/v2/proof-of-work/).

import { sha256 } from './sha256'

export interface Challenge {
  algorithm: string
  challenge: string
  maxnumber: number
  salt: string
  signature: string
}

/** What is asked of the worker, and what it says: progress, then the number. */
export type Found = { tried: number; number?: undefined } | { tried: number; number: number | null }

const digits = (n: number) => {
  let count = 1
  while (n >= 10) {
    n = Math.floor(n / 10)
    count++
  }
  return count
}

/** Tries the numbers from first up to, not including, end. */
export function search(c: Challenge, first: number, end: number): number | null {
  const want = new Uint32Array(8)
  if (!/^[0-9a-f]{64}$/.test(c.challenge)) return null
  for (let i = 0; i < 8; i++) want[i] = parseInt(c.challenge.slice(i * 8, i * 8 + 8), 16)
  const salt = new TextEncoder().encode(c.salt)
  const buffer = new Uint8Array(salt.length + 20)
  buffer.set(salt)
  for (let n = first; n < end; n++) {
    const count = digits(n)
    for (let rest = n, at = salt.length + count - 1; at >= salt.length; at--) {
      buffer[at] = 48 + (rest % 10)
      rest = Math.floor(rest / 10)
    }
    const got = sha256(buffer.subarray(0, salt.length + count))
    let same = true
    for (let i = 0; same && i < 8; i++) same = got[i] === want[i]
    if (same) return n
  }
  return null
}

/** What is handed in: base64 of the challenge with its number. */
export function payload(c: Challenge, number: number): string {
  const json = JSON.stringify({ algorithm: c.algorithm, challenge: c.challenge, number, salt: c.salt, signature: c.signature })
  return btoa(String.fromCharCode(...new TextEncoder().encode(json)))
}
