import { beforeEach, describe, expect, it, vi } from 'vitest'
import { EventReader } from './events'
import { Line } from './line'
import type { Stream } from './stream'

describe('server-sent events', () => {
  it('are read from pieces of any size', () => {
    const text = 'retry: 3000\n\nid: b-1\nevent: overview\ndata: {"a":1}\n\n: still here\n\nid: b-2\r\nevent: alerts\r\ndata: x\r\ndata: y\r\n\r\n'
    for (const size of [1, 3, 1000]) {
      const reader = new EventReader()
      const events = (text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? []).flatMap((piece) => reader.read(piece))
      expect(events).toEqual([
        { name: 'overview', id: 'b-1', data: '{"a":1}' },
        { name: 'alerts', id: 'b-2', data: 'x\ny' },
      ])
    }
  })
  it('that are not whole wait', () => {
    const reader = new EventReader()
    expect(reader.read('event: a\ndata: 1\n')).toEqual([])
    expect(reader.read('\n')).toEqual([{ name: 'a', id: '', data: '1' }])
  })
})

/** A browser with tabs: its channel, and its one lock. */
function browser() {
  const ends: { onmessage: ((event: MessageEvent) => void) | undefined; owner: object }[] = []
  const queue: (() => void)[] = []
  let held = false
  vi.stubGlobal('BroadcastChannel', class {
    addEventListener(_: string, onmessage: (event: MessageEvent) => void) {
      ends.push({ onmessage, owner: this })
    }
    postMessage(data: unknown) {
      for (const end of ends) if (end.owner !== this) end.onmessage?.({ data: structuredClone(data) } as MessageEvent)
    }
  })
  vi.stubGlobal('navigator', {
    ...navigator,
    locks: {
      request: (_: string, run: () => Promise<never>) => {
        const take = () => {
          held = true
          void run()
        }
        if (held) queue.push(take)
        else take()
      },
    },
  })
  return { leaderGone: () => queue.shift()?.() }
}

interface Opened {
  topics: readonly string[]
  frame: (topic: string, frame: unknown) => void
  closed: boolean
}

describe('the live line of several tabs', () => {
  let opened: Opened[]
  const open = (topics: readonly string[], frame: (topic: string, frame: unknown) => void): Stream => {
    const stream: Opened = { topics, frame, closed: false }
    opened.push(stream)
    return { close: () => { stream.closed = true } } as Stream
  }
  const running = () => opened.filter((s) => !s.closed)
  beforeEach(() => {
    opened = []
    vi.useFakeTimers()
    return () => {
      vi.useRealTimers()
      vi.unstubAllGlobals()
    }
  })
  it('has one stream, of all that is wanted, and each tab hears its own', () => {
    browser()
    const [first, second] = [new Line(open), new Line(open)]
    const [heardFirst, heardSecond] = [vi.fn(), vi.fn()]
    first.listen('overview', heardFirst)
    const stop = second.listen('alerts', heardSecond)
    expect(running().map((s) => s.topics)).toEqual([['alerts', 'overview']])
    running()[0]?.frame('alerts', { n: 1 })
    running()[0]?.frame('overview', { n: 2 })
    expect(heardFirst.mock.calls).toEqual([[{ n: 2 }]])
    expect(heardSecond.mock.calls).toEqual([[{ n: 1 }]])
    stop()
    expect(running().map((s) => s.topics)).toEqual([['overview']])
  })
  it('goes on in another tab when the one with the stream goes', () => {
    const { leaderGone } = browser()
    const [, second, third] = [new Line(open), new Line(open), new Line(open)]
    const [heardSecond, heardThird] = [vi.fn(), vi.fn()]
    second.listen('overview', heardSecond)
    third.listen('overview', heardThird)
    running()[0]?.frame('overview', 1)
    for (const stream of opened) stream.closed = true // with the tab
    leaderGone()
    expect(running().map((s) => s.topics)).toEqual([['overview']])
    running()[0]?.frame('overview', 2)
    expect(heardSecond.mock.calls).toEqual([[1], [2]])
    expect(heardThird.mock.calls).toEqual([[1], [2]])
  })
  it('forgets a tab that says nothing any more', () => {
    browser()
    const [first] = [new Line(open)]
    first?.listen('overview', vi.fn())
    new BroadcastChannel('fairgate.live').postMessage({ kind: 'want', tab: 'crashed', topics: ['engines'] })
    expect(running().map((s) => s.topics)).toEqual([['engines', 'overview']])
    vi.advanceTimersByTime(200_000)
    expect(running().map((s) => s.topics)).toEqual([['overview']])
  })
  it('gives who comes later the newest frame at once', () => {
    browser()
    const line = new Line(open)
    line.listen('overview', vi.fn())
    running()[0]?.frame('overview', 7)
    const late = vi.fn()
    line.listen('overview', late)
    expect(late.mock.calls).toEqual([[7]])
  })
})
