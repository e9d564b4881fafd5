// The device's own key: P-256, made by WebCrypto so that no script can export
// it, and kept in IndexedDB. Where either is missing the beacon goes unsigned.

export interface PublicKey {
  x: string
  y: string
}

export interface Proof {
  key: PublicKey
  sign(body: string): Promise<string>
}

const prefix = 'fairgate-beacon-v1\n'
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

export const base64url = (bytes: ArrayBuffer) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')

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
    const secret = pair.privateKey
    if (!x || !y) return undefined
    return {
      key: { x, y },
      sign: async (body) => base64url(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, secret, new TextEncoder().encode(prefix + body))),
    }
  } catch {
    return undefined
  }
}
