// Statistics of pointer movements, defined in ingest/fingerprint/pointer
// (summary.go) and held to it by pointer/testdata/vectors.json. Positions are
// looked at one by one and forgotten: only what is below leaves the page.

const step = 14 // least milliseconds between two points that are looked at
const pause = 100 // longest milliseconds between two points of one stroke
const straightTurn = 0.01 // radians

export interface PointerSummary {
  moves: number
  speed: number
  speed_spread: number
  acceleration: number
  jerk: number
  turn: number
  straight: number
  straightness: number
  pauses: number
  rhythm: number
  axis: number
}

/** A mean and a variance by Welford's method. */
class Mean {
  n = 0
  mean = 0
  private m2 = 0

  add(v: number): void {
    this.n++
    const d = v - this.mean
    this.mean += d / this.n
    this.m2 += d * (v - this.mean)
  }

  /** The standard deviation divided by the mean. */
  spread(): number {
    return this.n < 2 || this.mean <= 0 ? 0 : Math.sqrt(this.m2 / this.n) / this.mean
  }

  deviation(): number {
    return this.n < 2 ? 0 : Math.sqrt(this.m2 / this.n)
  }
}

export { Mean }

const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole)

export class Pointer {
  moves = 0
  private last: [number, number, number] | undefined
  private from: [number, number] = [0, 0]
  private length = 0
  private moved = false
  private turned = false
  private speed = 0
  private accel = 0
  private dx = 0
  private dy = 0
  private pauses = 0
  private axis = 0
  private straight = 0
  private readonly speeds = new Mean()
  private readonly durations = new Mean()
  private readonly accels = new Mean()
  private readonly jerks = new Mean()
  private readonly turns = new Mean()
  private readonly straightness = new Mean()

  add(t: number, x: number, y: number): void {
    if (!this.last) {
      this.last = [t, x, y]
      this.from = [x, y]
      return
    }
    const dt = t - this.last[0]
    if (dt < step) return
    if (dt > pause) {
      this.pauses++
      this.endStroke()
      this.last = [t, x, y]
      this.from = [x, y]
      return
    }
    const dx = x - this.last[1]
    const dy = y - this.last[2]
    const distance = Math.hypot(dx, dy)
    const speed = distance / dt
    this.moves++
    if (dx === 0 || dy === 0) this.axis++
    this.speeds.add(speed)
    this.durations.add(dt)
    if (this.moved) {
      const accel = (speed - this.speed) / dt
      this.accels.add(Math.abs(accel))
      if (this.turned) this.jerks.add(Math.abs(accel - this.accel) / dt)
      const angle = Math.abs(Math.atan2(this.dx * dy - this.dy * dx, this.dx * dx + this.dy * dy))
      this.turns.add(angle)
      if (angle < straightTurn) this.straight++
      this.accel = accel
      this.turned = true
    }
    this.speed = speed
    this.dx = dx
    this.dy = dy
    this.moved = true
    this.length += distance
    this.last = [t, x, y]
  }

  private endStroke(): void {
    if (this.length > 0 && this.last) {
      this.straightness.add(Math.hypot(this.last[1] - this.from[0], this.last[2] - this.from[1]) / this.length)
    }
    this.length = 0
    this.moved = false
    this.turned = false
  }

  /** Ends the row of points: what follows belongs to another Pointer. */
  summary(): PointerSummary {
    this.endStroke()
    return {
      moves: this.moves,
      speed: this.speeds.mean,
      speed_spread: this.speeds.spread(),
      acceleration: this.accels.mean,
      jerk: this.jerks.mean,
      turn: this.turns.mean,
      straight: share(this.straight, this.turns.n),
      straightness: this.straightness.mean,
      pauses: share(this.pauses, this.pauses + this.moves),
      rhythm: this.durations.spread(),
      axis: share(this.axis, this.moves),
    }
  }
}
