import { api } from '../client'
import { EventReader } from './events'

/** What a stream tells: frames by topic; and that the server knows this session no more, or some frames were lost. */
export interface StreamOptions {
  topics: readonly string[]
  onFrame: (topic: string, frame: unknown) => void
}

/** The longest wait before another try, in milliseconds. */
const slowest = 10_000

/** One connection that comes back by itself and resumes where it broke. */
export class Stream {
  private readonly ended = new AbortController()
  private lastID = ''
  private failures = 0

  constructor(private readonly o: StreamOptions) {
    void this.run()
  }

  close(): void {
    this.ended.abort()
  }

  private async run(): Promise<void> {
    while (!this.ended.signal.aborted) {
      try {
        await this.once()
      } catch {
        // Broken, refused or away: all end in another try; 401 also ends the session (client.ts).
      }
      this.failures++
      await this.pause(Math.min(slowest, 250 * 2 ** this.failures) * (0.75 + Math.random() / 2))
    }
  }

  private async once(): Promise<void> {
    const { response } = await api.GET('/api/v1/live', {
      params: { query: { topics: this.o.topics.join(',') }, header: this.lastID ? { 'Last-Event-ID': this.lastID } : {} },
      parseAs: 'stream', signal: this.ended.signal,
    })
    if (!response.ok || !response.body) return
    const reader = new EventReader()
    const bytes = response.body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader()
    for (;;) {
      const { done, value } = await bytes.read()
      if (done || this.ended.signal.aborted) return
      for (const event of reader.read(value)) {
        if (event.id) this.lastID = event.id
        if (event.name === 'bye') return
        if (event.name === 'gap') continue // what was lost cannot be had again; the chart shows the hole
        this.failures = 0
        this.o.onFrame(event.name, JSON.parse(event.data))
      }
    }
  }

  private pause(ms: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, ms)
      this.ended.signal.addEventListener('abort', () => { clearTimeout(timer); done() }, { once: true })
    })
  }
}
