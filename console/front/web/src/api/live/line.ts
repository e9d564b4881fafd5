import { Stream } from './stream'

/** What tabs tell each other. */
type Message =
  | { kind: 'lead' } // who leads from now on: tell me what you want
  | { kind: 'want'; tab: string; topics: readonly string[] }
  | { kind: 'frame'; topic: string; frame: unknown }

/** After how long without a word a tab's wishes are forgotten: browsers wake a hidden tab's timers once a minute. */
const forgetTab = 150_000
const repeatWishes = 30_000

type Listener = (frame: unknown) => void

/**
 * The live figures of this tab. Of all tabs of a browser one holds the lock and
 * the only stream, and passes frames on: a browser has six connections to a
 * server, and eight tabs must work. When that tab goes the next takes over.
 */
export class Line {
  private readonly tab = crypto.randomUUID()
  private readonly listeners = new Map<string, Set<Listener>>()
  private readonly others = new Map<string, { topics: readonly string[]; at: number }>()
  private readonly channel = new BroadcastChannel('fairgate.live')
  private leading = false
  private stream: Stream | undefined
  private streamed = ''
  private readonly latest = new Map<string, unknown>()

  constructor(private readonly open: (topics: readonly string[], onFrame: (topic: string, frame: unknown) => void) => Stream = (topics, onFrame) => new Stream({ topics, onFrame })) {
    this.channel.addEventListener('message', ({ data }: MessageEvent<Message>) => this.heard(data))
    addEventListener('pagehide', () => this.say({ kind: 'want', tab: this.tab, topics: [] }))
    setInterval(() => {
      this.tell()
      this.restream()
    }, repeatWishes)
    // Held until this tab goes.
    void navigator.locks.request('fairgate.live', () => {
      this.leading = true
      this.say({ kind: 'lead' })
      this.restream()
      return new Promise<never>(() => undefined)
    })
  }

  /** Hears the frames of a topic until the answer is called; begins with the newest, if there is one. */
  listen(topic: string, listener: Listener): () => void {
    const all = this.listeners.get(topic) ?? new Set()
    const first = all.size === 0
    this.listeners.set(topic, all.add(listener))
    if (first) this.wishesChanged()
    else if (this.latest.has(topic)) listener(this.latest.get(topic))
    return () => {
      all.delete(listener)
      if (all.size > 0) return
      this.listeners.delete(topic)
      this.latest.delete(topic)
      this.wishesChanged()
    }
  }

  private topics(): string[] {
    return [...this.listeners.keys()]
  }

  private wishesChanged(): void {
    this.tell()
    this.restream()
  }

  private tell(): void {
    if (!this.leading) this.say({ kind: 'want', tab: this.tab, topics: this.topics() })
  }

  private say(message: Message): void {
    this.channel.postMessage(message)
  }

  private heard(message: Message): void {
    switch (message.kind) {
      case 'lead':
        this.tell()
        break
      case 'want':
        if (message.topics.length === 0) this.others.delete(message.tab)
        else this.others.set(message.tab, { topics: message.topics, at: Date.now() })
        this.restream()
        break
      case 'frame':
        this.deliver(message.topic, message.frame)
    }
  }

  /** Opens the one stream anew where other topics are wanted than it has. */
  private restream(): void {
    if (!this.leading) return
    for (const [tab, { at }] of this.others) if (Date.now() - at > forgetTab) this.others.delete(tab)
    const wanted = [...new Set([...this.topics(), ...[...this.others.values()].flatMap((o) => o.topics)])].sort()
    if (wanted.join() === this.streamed) return
    this.streamed = wanted.join()
    this.stream?.close()
    this.stream = wanted.length === 0 ? undefined : this.open(wanted, (topic, frame) => {
      this.deliver(topic, frame)
      if (this.others.size > 0) this.say({ kind: 'frame', topic, frame })
    })
  }

  private deliver(topic: string, frame: unknown): void {
    const all = this.listeners.get(topic)
    if (!all) return
    this.latest.set(topic, frame)
    for (const listener of all) listener(frame)
  }
}
