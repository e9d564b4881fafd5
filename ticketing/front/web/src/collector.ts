// The gateway may have a collector that looks whether a browser is a person's.
// It is loaded once an answer announced it and the visitor agreed, and only
// from the gateway's own path. Refusing costs nothing but a check now and then.

const kept = 'fairgate.collector'
const own = /^\/\.fairgate\/collector\/[0-9a-f]{16}\.js$/

export type Answer = 'given' | 'refused'

interface Running {
  start: () => void
  stop: () => void
  /** Missing where a page kept an older collector. */
  sign?: (method: string, path: string, body: string) => Promise<string | undefined>
}

/** A booking waits no longer for its signature, in milliseconds. */
const patience = 250

export class Collector {
  answer: Answer | undefined
  /** Called when there is something to ask, or the answer changed. */
  changed = (): void => undefined
  private address: string | undefined
  private loaded = false

  constructor(
    private readonly storage: Storage,
    private readonly load: (address: string) => void = loadScript,
    private readonly running: () => Running | undefined = () => (window as { fairgateCollector?: Running }).fairgateCollector,
  ) {
    const saved = storage.getItem(kept)
    if (saved === 'given' || saved === 'refused') this.answer = saved
  }

  /** An answer of the gateway told where the collector is. */
  announced = (address: string): void => {
    if (this.address || !own.test(address)) return
    this.address = address
    this.begin()
    this.changed()
  }

  /** Whether the gateway has a collector at all. */
  get known(): boolean {
    return this.address !== undefined
  }

  get asking(): boolean {
    return this.known && this.answer === undefined
  }

  decide = (answer: Answer): void => {
    this.answer = answer
    try {
      this.storage.setItem(kept, answer)
    } catch {
      // It then holds for this page.
    }
    if (answer === 'given') this.begin()
    else this.running()?.stop()
    this.changed()
  }

  /** A signature by this device's own key, where the visitor agreed and there is one in time. */
  sign = async (method: string, path: string, body: string): Promise<string | undefined> => {
    if (this.answer !== 'given') return undefined
    const late = new Promise<undefined>((done) => setTimeout(done, patience))
    return Promise.race([this.running()?.sign?.(method, path, body), late]).catch(() => undefined)
  }

  private begin(): void {
    if (!this.address || this.answer !== 'given') return
    if (this.loaded) {
      this.running()?.start()
      return
    }
    this.loaded = true
    this.load(this.address)
  }
}

function loadScript(address: string): void {
  const script = document.createElement('script')
  script.src = address
  script.async = true
  script.dataset['consent'] = 'given'
  document.head.append(script)
}
