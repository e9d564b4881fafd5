import { expect, it } from 'vitest'
import { base64url, proofBy } from '../src/proof'

const bytes = (text: string) => new TextEncoder().encode(text)
const decode = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'))

async function setup() {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
  const { x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey)
  const verify = (signature: string, text: string) => crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, pair.publicKey, decode(signature), bytes(text))
  return { proof: proofBy(pair.privateKey, { x: x!, y: y! }), verify, x, y }
}

it('signs a request over its method, path, time, nonce and body', async () => {
  const { proof, verify, x, y } = await setup()
  const body = '{"pool":"主馆"}'
  const [version, ...parts] = (await proof.stamp('POST', '/api/v1/orders', body)).split('.')
  expect([version, parts[0], parts[1]]).toEqual(['r1', x, y])
  const [, , at, nonce, signature] = parts
  expect(Math.abs(Date.now() - Number(at))).toBeLessThan(60_000)
  expect(nonce).toMatch(/^[\w-]{22}$/)
  expect(signature).toMatch(/^[\w-]{86}$/)
  const sum = Buffer.from(await crypto.subtle.digest('SHA-256', bytes(body))).toString('hex')
  expect(await verify(signature!, `fairgate-request-v1\nPOST\n/api/v1/orders\n${at}\n${nonce}\n${sum}`)).toBe(true)
})

it('gives each request another nonce, and a beacon another text', async () => {
  const { proof, verify } = await setup()
  const [a, b] = [await proof.stamp('POST', '/', ''), await proof.stamp('POST', '/', '')]
  expect(a.split('.')[4]).not.toBe(b.split('.')[4])
  expect(await verify(await proof.sign('{}'), 'fairgate-beacon-v1\n{}')).toBe(true)
  expect(base64url(new Uint8Array([255, 254]))).toBe('__4')
})
