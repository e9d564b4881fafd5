import type { Schema } from '../../../api/client'

type Node = Schema<'Node'>
type Edge = Schema<'Edge'>

export interface Point {
  x: number
  y: number
}

const steps = 120
const golden = Math.PI * (3 - Math.sqrt(5))

/**
 * Places nodes so that the linked are near each other (Fruchterman and Reingold,
 * "Graph drawing by force-directed placement", Software: Practice and Experience
 * 21, 1991). It begins with a spiral instead of chance: the same graph is drawn
 * the same each time.
 */
export function layout(nodes: readonly Node[], edges: readonly Edge[], width: number, height: number): Map<string, Point> {
  const points = nodes.map((_, i) => {
    const r = 0.45 * Math.min(width, height) * Math.sqrt((i + 0.5) / nodes.length)
    return { x: width / 2 + r * Math.cos(i * golden), y: height / 2 + r * Math.sin(i * golden) }
  })
  const index = new Map(nodes.map((n, i) => [n.id, i]))
  const pairs = edges.flatMap((e): [number, number][] => {
    const a = index.get(e.account)
    const b = index.get(e.key)
    return a === undefined || b === undefined ? [] : [[a, b]]
  })
  const ideal = 0.5 * Math.sqrt((width * height) / Math.max(1, nodes.length))
  for (let step = 0; step < steps; step++) move(points, pairs, ideal, (0.1 * width * (steps - step)) / steps, width, height)
  return new Map(nodes.map((n, i) => [n.id, points[i] ?? { x: width / 2, y: height / 2 }]))
}

function move(points: Point[], pairs: readonly [number, number][], ideal: number, heat: number, width: number, height: number): void {
  const push = points.map(() => ({ x: 0, y: 0 }))
  const apply = (a: number, b: number, force: (d: number) => number) => {
    const p = points[a]
    const q = points[b]
    const fa = push[a]
    const fb = push[b]
    if (!p || !q || !fa || !fb) return
    const dx = p.x - q.x
    const dy = p.y - q.y
    const d = Math.max(0.01, Math.hypot(dx, dy))
    const f = force(d) / d
    fa.x += dx * f
    fa.y += dy * f
    fb.x -= dx * f
    fb.y -= dy * f
  }
  for (let a = 0; a < points.length; a++) for (let b = a + 1; b < points.length; b++) apply(a, b, (d) => (d > 3 * ideal ? 0 : (ideal * ideal) / d))
  for (const [a, b] of pairs) apply(a, b, (d) => -(d * d) / ideal)
  points.forEach((p, i) => {
    const f = push[i]
    if (!f) return
    const gx = f.x + (width / 2 - p.x) * 0.08
    const gy = f.y + (height / 2 - p.y) * 0.08
    const d = Math.max(0.01, Math.hypot(gx, gy))
    p.x = Math.min(width - 14, Math.max(14, p.x + (gx / d) * Math.min(d, heat)))
    p.y = Math.min(height - 14, Math.max(14, p.y + (gy / d) * Math.min(d, heat)))
  })
}
