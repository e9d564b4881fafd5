import { useId } from 'preact/hooks'
import type { Day, Pool } from '../api/types'
import { bookable, slotStanding } from '../calendar'
import { now } from '../clock'
import { useWords } from '../i18n/i18n'
import { signs, standingKeys } from './calendar'

/** The times of a day, as radio buttons with what is left of each. */
export function Slots({ pool, day, chosen, choose }: { pool: Pool; day: Day; chosen: string | undefined; choose: (start: string) => void }) {
  const { t, day: dayName } = useWords()
  const name = useId()
  const at = now()
  return (
    <fieldset class="slots">
      <legend>{t('pool.slots_of', { date: dayName(day.date) })}</legend>
      {day.slots?.map((slot) => {
        const standing = slotStanding(pool, day, slot, at)
        const can = bookable(standing)
        return (
          <label key={slot.start} class={standing}>
            <input type="radio" name={name} value={slot.start} disabled={!can} checked={chosen === slot.start} onChange={() => choose(slot.start)} />
            <span class="time">{slot.start}–{slot.end}</span>
            <span class="left">
              <span class={`sign ${standing}`} aria-hidden="true">{signs[standing]}</span>{' '}
              {standing === 'few' && `${t('standing.few')} · `}
              {can ? t('standing.left', { n: slot.left }) : t(standingKeys[standing])}
            </span>
          </label>
        )
      })}
    </fieldset>
  )
}
