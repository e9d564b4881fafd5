// The rhythm of typing. Which key was pressed is never looked at: a hold is
// timed only while a single key is down, so that no key needs a name.

import { Mean } from './pointer'

const pause = 2000 // milliseconds after which typing began anew

export interface KeySummary {
  presses: number
  hold: number
  hold_spread: number
  gap: number
  gap_spread: number
  pastes: number
}

export class Keys {
  presses = 0
  pastes = 0
  private down = 0
  private pressed = 0
  private alone = false
  private readonly holds = new Mean()
  private readonly gaps = new Mean()

  press(t: number): void {
    if (this.presses > 0 && t - this.pressed <= pause) this.gaps.add(t - this.pressed)
    this.presses++
    this.down++
    this.alone = this.down === 1
    this.pressed = t
  }

  release(t: number): void {
    if (this.alone && this.down === 1) this.holds.add(Math.min(t - this.pressed, pause))
    this.down = Math.max(this.down - 1, 0)
    this.alone = false
  }

  paste(): void {
    this.pastes++
  }

  summary(): KeySummary {
    return {
      presses: this.presses,
      hold: this.holds.mean,
      hold_spread: this.holds.deviation(),
      gap: this.gaps.mean,
      gap_spread: this.gaps.deviation(),
      pastes: this.pastes,
    }
  }
}
