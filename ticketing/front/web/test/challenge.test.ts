import { describe, expect, it } from 'vitest'
import { type Challenge, payload, search } from '../src/challenge/pow'
import { sha256 } from '../src/challenge/sha256'
import { ownAddress } from '../src/challenge/solve'

const words = (bytes: Uint8Array) => [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('')
const theirs = async (bytes: Uint8Array<ArrayBuffer>) => words(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
const ours = (bytes: Uint8Array) => [...sha256(bytes)].map((w) => w.toString(16).padStart(8, '0')).join('')
const made = async (salt: string, number: number, maxnumber = 50_000): Promise<Challenge> => ({
  algorithm: 'SHA-256', challenge: await theirs(new TextEncoder().encode(salt + String(number))), maxnumber, salt, signature: 'ab',
})

describe('SHA-256', () => {
  it('agrees with another implementation at every length around its blocks', async () => {
    for (let length = 0; length <= 260; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 131 + length) & 0xff)
      expect(ours(bytes), String(length)).toBe(await theirs(bytes))
    }
  })
})

describe('the proof of work', () => {
  it.each([0, 9, 10, 99, 100, 1999, 2000, 49_999])('finds %i', async (number) => {
    const c = await made('0a1b2c?expires=1795000000&tag=0011223344556677&', number)
    expect(search(c, Math.max(0, number - 50), number + 1)).toBe(number)
  })
  it('searches no further than it is asked to', async () => {
    const c = await made('s', 100)
    expect([search(c, 0, 100), search(c, 101, 200), search(c, 100, 101)]).toEqual([null, null, 100])
  })
  it('gives up on what is no hash', async () => {
    expect(search({ ...(await made('s', 1)), challenge: 'zz' }, 0, 100)).toBeNull()
  })
  it('hands in what the protocol wants', async () => {
    const c = await made('s?expires=1&', 7)
    expect(JSON.parse(atob(payload(c, 7)))).toEqual({ algorithm: c.algorithm, challenge: c.challenge, number: 7, salt: c.salt, signature: c.signature })
  })
  it('follows the gateway’s own addresses only', () => {
    expect(ownAddress('/.fairgate/challenge')).toBe('/.fairgate/challenge')
    for (const other of [undefined, '', 'https://other.example/.fairgate/challenge', '//other.example', '/api/v1/orders', '/.fairgate/../api', '/.fairgate/c?x']) {
      expect(() => ownAddress(other), String(other)).toThrow()
    }
  })
})
