import { expect, it } from 'vitest'
import { Post } from '../src/post'

const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status })

function setup(answers: (Response | Error)[]) {
  const sent: { path: string; init: RequestInit | undefined }[] = []
  const proof = { key: { x: 'X', y: 'Y' }, sign: async (body: string) => `signed ${body.length}`, stamp: async () => '' }
  const post = new Post(async (path, init) => {
    sent.push({ path, init })
    const answer = answers.shift()
    if (answer instanceof Response) return answer
    throw answer ?? new Error('nothing more')
  }, proof)
  return { post, sent }
}

it('binds each beacon to a nonce, signs it, and takes the next one from the answer', async () => {
  const { post, sent } = setup([json(200, { nonce: 'n1' }), json(200, { nonce: 'n2' }), json(200, { nonce: 'n3' })])
  expect(await post.send({ source: 'browser' })).toBe(true)
  expect(await post.send({ source: 'browser' })).toBe(true)
  expect(sent.map((s) => s.path)).toEqual(['/.fairgate/collector/nonce', '/.fairgate/collect', '/.fairgate/collect'])
  const bodies = sent.slice(1).map((s) => JSON.parse(s.init?.body as string))
  expect(bodies).toEqual([
    { v: 1, nonce: 'n1', source: 'browser', key: { x: 'X', y: 'Y' } },
    { v: 1, nonce: 'n2', source: 'browser', key: { x: 'X', y: 'Y' } },
  ])
  expect(sent[1]?.init?.headers).toMatchObject({ 'X-Fairgate-Proof': `signed ${(sent[1]?.init?.body as string).length}` })
})

it('asks again where the device just got its token, and where a nonce slept too long', async () => {
  const { post, sent } = setup([json(409, {}), json(200, { nonce: 'n1' }), json(409, {}), json(200, { nonce: 'n2' }), json(200, {})])
  expect(await post.send({})).toBe(true)
  expect(sent).toHaveLength(5)
})

it('leaves it where that cannot help', async () => {
  for (const answers of [[json(503, {})], [json(409, {}), json(409, {})], [json(200, { nonce: 'n' }), json(400, {})], [json(200, { nonce: 'n' }), json(413, {})]]) {
    const { post, sent } = setup([...answers])
    expect(await post.send({})).toBe(false)
    expect(sent).toHaveLength(answers.length)
  }
  await expect(setup([new Error('away')]).post.send({})).rejects.toThrow('away')
})
