import { describe, expect, it } from 'vitest'
import { layout } from './layout'

const account = (i: number) => ({ id: `account:${i}`, kind: 'account' as const, name: String(i) })
const edge = (a: number) => ({ account: `account:${a}`, key: 'device:d', requests: 1, last_seen_at: '' })

describe('the graph', () => {
  it('stays within its frame, is drawn the same twice, and no two nodes lie on each other', () => {
    const nodes = [...Array.from({ length: 199 }, (_, i) => account(i)), { id: 'device:d', kind: 'device' as const, name: 'd' }]
    const edges = Array.from({ length: 20 }, (_, i) => edge(i))
    const points = layout(nodes, edges, 600, 400)
    expect(points).toEqual(layout(nodes, edges, 600, 400))
    expect(points.size).toBe(200)
    for (const p of points.values()) expect(p.x >= 0 && p.x <= 600 && p.y >= 0 && p.y <= 400).toBe(true)
    expect(new Set([...points.values()].map((p) => `${p.x.toFixed(1)},${p.y.toFixed(1)}`)).size).toBeGreaterThan(190)
  })
  it('passes over edges to nodes that are not there', () => {
    expect(layout([account(1)], [edge(7)], 100, 100).size).toBe(1)
    expect(layout([], [], 100, 100).size).toBe(0)
  })
})
