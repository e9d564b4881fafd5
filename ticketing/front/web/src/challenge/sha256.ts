// SHA-256 (FIPS 180-4) of short messages. crypto.subtle is asynchronous, which
// costs more than the hash here, and is missing on pages without TLS.

const k = new Uint32Array(64)
const start = new Uint32Array(8)
{
  // The constants are the first 32 bits of the fractional parts of the cube and
  // square roots of the first primes.
  const fraction = (x: number) => ((x - Math.floor(x)) * 0x100000000) >>> 0
  let found = 0
  for (let n = 2; found < 64; n++) {
    let prime = true
    for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false
    if (!prime) continue
    k[found] = fraction(Math.cbrt(n))
    if (found < 8) start[found] = fraction(Math.sqrt(n))
    found++
  }
}

const w = new Uint32Array(64)
const rotr = (x: number, n: number) => (x >>> n) | (x << (32 - n))

/** Hashes bytes into eight 32-bit words. The result is overwritten by the next call. */
const state = new Uint32Array(8)
export function sha256(message: Uint8Array): Uint32Array {
  state.set(start)
  const length = message.length
  const blocks = ((length + 8) >> 6) + 1
  for (let block = 0; block < blocks; block++) {
    for (let i = 0; i < 16; i++) {
      let word = 0
      for (let b = 0; b < 4; b++) {
        const at = block * 64 + i * 4 + b
        const byte = at < length ? message[at]! : at === length ? 0x80 : 0
        word = (word << 8) | byte
      }
      w[i] = word
    }
    if (block === blocks - 1) {
      w[14] = Math.floor(length / 0x20000000)
      w[15] = length << 3
    }
    compress()
  }
  return state
}

function compress(): void {
  for (let i = 16; i < 64; i++) {
    const a = w[i - 15]!, b = w[i - 2]!
    w[i] = w[i - 16]! + (rotr(a, 7) ^ rotr(a, 18) ^ (a >>> 3)) + w[i - 7]! + (rotr(b, 17) ^ rotr(b, 19) ^ (b >>> 10))
  }
  let a = state[0]!, b = state[1]!, c = state[2]!, d = state[3]!
  let e = state[4]!, f = state[5]!, g = state[6]!, h = state[7]!
  for (let i = 0; i < 64; i++) {
    const t1 = (h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + ((e & f) ^ (~e & g)) + k[i]! + w[i]!) | 0
    const t2 = ((rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g; g = f; f = e; e = (d + t1) | 0
    d = c; c = b; b = a; a = (t1 + t2) | 0
  }
  state[0]! += a; state[1]! += b; state[2]! += c; state[3]! += d
  state[4]! += e; state[5]! += f; state[6]! += g; state[7]! += h
}
