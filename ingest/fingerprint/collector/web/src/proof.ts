// The device's own key: P-256, made by WebCrypto so that no script can export
// it, and kept in IndexedDB. Where either is missing the beacon goes unsigned.

export interface PublicKey {
  x: string
  y: string
}

export interface Proof {
  key: PublicKey
  /** Signs a beacon. */
  sign(body: string): Promise<string>
  /** Signs a request: the value of its header (ingest/fingerprint/proof.go). */
  stamp(method: string, path: string, body: string): Promise<string>
}

const beacon = 'fairgate-beacon-v1\n'
const request = 'fairgate-request-v1\n'
const [database, store, entry] = ['fairgate', 'keys', 'device']

function open(): Promise<IDBDatabase> {
  return new Promise((done, failed) => {
    const request = indexedDB.open(database, 1)
    request.onupgradeneeded = () => request.result.createObjectStore(store)
    request.onsuccess = () => done(request.result)
    request.onerror = () => failed(request.error)
  })
}

function ask<T>(db: IDBDatabase, mode: IDBTransactionMode, question: (s: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  return new Promise((done, failed) => {
    const request = question(db.transaction(store, mode).objectStore(store))
    request.onsuccess = () => done(request.result)
    request.onerror = () => failed(request.error)
  })
}

const utf8 = (text: string) => new TextEncoder().encode(text)

export const base64url = (bytes: ArrayBuffer | Uint8Array) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')

/** The proof of a pair of keys that is there. */
export function proofBy(secret: CryptoKey, key: PublicKey): Proof {
  const sign = async (text: string) => base64url(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, secret, utf8(text)))
  return {
    key,
    sign: (body) => sign(beacon + body),
    stamp: async (method, path, body) => {
      const at = Date.now()
      const nonce = base64url(crypto.getRandomValues(new Uint8Array(16)))
      const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(body)))
      const hex = [...sum].map((b) => b.toString(16).padStart(2, '0')).join('')
      return `r1.${key.x}.${key.y}.${at}.${nonce}.${await sign(request + [method, path, at, nonce, hex].join('\n'))}`
    },
  }
}

export async function proof(): Promise<Proof | undefined> {
  try {
    const db = await open()
    let pair = await ask<CryptoKeyPair | undefined>(db, 'readonly', (s) => s.get(entry))
    if (!pair) {
      const made = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
      // Another tab may have been faster: the one that is kept is the device's.
      await ask(db, 'readwrite', (s) => s.add(made, entry)).catch(() => undefined)
      pair = (await ask<CryptoKeyPair | undefined>(db, 'readonly', (s) => s.get(entry))) ?? made
    }
    db.close()
    const { x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey)
    return x && y ? proofBy(pair.privateKey, { x, y }) : undefined
  } catch {
    return undefined
  }
}
