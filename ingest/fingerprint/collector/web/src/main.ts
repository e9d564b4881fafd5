// The collector. It begins when the page says that its visitor agreed: by
// data-consent="given" on the script's tag, or by fairgateCollector.start().

import { Keys } from './keys'
import { Pointer } from './pointer'
import { Post } from './post'
import { type Proof, proof } from './proof'
import { traces } from './traces'
import { traits } from './traits'

const tick = 1000
const gap = 5000 // between two beacons, at least
const most = 20 // beacons of one page
const firstMoves = 60
const laterMoves = 200

class Collector {
  private agreed = false
  private running = false
  private own: Promise<Proof | undefined> | undefined
  private pointer = new Pointer()
  private keys = new Keys()
  private untrusted = false
  private readonly undo: (() => void)[] = []

  start = (): void => {
    this.agreed = true
    if (this.running) return
    this.running = true
    this.own ??= proof()
    this.listen()
    void this.run(this.own).catch(() => this.rest())
  }

  /** The visitor agrees no more. */
  stop = (): void => {
    this.agreed = false
    this.rest()
  }

  /** Signs a request with the device's own key: the value of X-Fairgate-Proof, or nothing. */
  sign = async (method: string, path: string, body: string): Promise<string | undefined> =>
    this.agreed ? (await this.own)?.stamp(method, path, body) : undefined

  private rest(): void {
    this.running = false
    for (const f of this.undo.splice(0)) f()
  }

  private listen(): void {
    const on = <K extends keyof WindowEventMap>(name: K, f: (e: WindowEventMap[K]) => void) => {
      const noting = (e: WindowEventMap[K]) => {
        this.untrusted ||= !e.isTrusted
        f(e)
      }
      addEventListener(name, noting, { passive: true, capture: true })
      this.undo.push(() => removeEventListener(name, noting, { capture: true }))
    }
    on('pointermove', (e) => e.pointerType === 'mouse' && this.pointer.add(e.timeStamp, e.clientX, e.clientY))
    on('keydown', (e) => e.repeat || this.keys.press(e.timeStamp))
    on('keyup', (e) => this.keys.release(e.timeStamp))
    on('paste', () => this.keys.paste())
  }

  private async run(key: Promise<Proof | undefined>): Promise<void> {
    const told = await traits()
    const [found, own] = await Promise.all([traces(told.renderer, told.zone), key])
    const post = new Post((path, init) => fetch(path, init), own)
    for (let sent = 0; sent < most && this.running; ) {
      if (sent === 0 || this.due(sent === 1 ? firstMoves : laterMoves)) {
        const automation = this.untrusted ? [...found, 'untrusted'] : found
        const pointer = this.pointer.summary()
        const keys = this.keys.summary()
        this.pointer = new Pointer()
        this.keys = new Keys()
        // Refused twice, or a network that is away: it would be no other in a second.
        if (!(await post.send({ source: 'browser', at: Date.now(), traits: told, automation, pointer, keys }).catch(() => false))) break
        sent++
        await sleep(gap)
      }
      await sleep(tick)
    }
    this.rest()
  }

  private due(moves: number): boolean {
    return this.pointer.moves >= moves || this.keys.presses >= 10 || this.keys.pastes > 0
  }
}

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms))

const collector = new Collector()
const tag = document.currentScript
Object.defineProperty(window, 'fairgateCollector', { value: { start: collector.start, stop: collector.stop, sign: collector.sign }, configurable: true })
if (tag instanceof HTMLScriptElement && tag.dataset['consent'] === 'given') collector.start()
