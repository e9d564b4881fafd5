import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { Pool, Stock } from '../api/types'
import { type Standing, addDays, addMonths, bookable, dateAt, dayStanding, monthOf, weeksOf } from '../calendar'
import { now } from '../clock'
import { type Key, useWords } from '../i18n/i18n'

/** A standing is told by a sign, a word and a colour. */
export const standingKeys: Record<Standing, Key> = {
  open: 'standing.open',
  few: 'standing.few',
  full: 'standing.full',
  closed: 'standing.closed',
  soon: 'standing.soon',
  over: 'standing.over',
}
export const signs: Record<Standing, string> = { open: '○', few: '◐', full: '●', closed: '–', soon: '◷', over: '–' }

interface Props {
  pool: Pool
  stock: Stock
  chosen: string | undefined
  choose: (date: string) => void
}

/** A month of days with what is left of each: an ARIA grid with one tab stop. */
export function Calendar({ pool, stock, chosen, choose }: Props) {
  const words = useWords()
  const { t } = words
  const at = now()
  const today = dateAt(at)
  const last = stock.days.at(-1)?.date ?? today
  const begin = chosen ?? stock.days.find((d) => bookable(dayStanding(pool, d, at).standing))?.date ?? today
  const [focused, setFocused] = useState(begin)
  const [moved, setMoved] = useState(false)
  const grid = useRef<HTMLTableElement>(null)
  const month = monthOf(focused)
  useLayoutEffect(() => {
    if (moved) grid.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus()
  }, [focused, moved])

  const show = (date: string, byKey: boolean) => {
    setFocused(date < today ? today : date > last ? last : date)
    setMoved(byKey)
  }
  const turn = (months: number, byKey: boolean) => {
    const next = addMonths(month, months)
    if (next < monthOf(today) || next > monthOf(last)) return
    const firstDay = stock.days.find((d) => monthOf(d.date) === next)?.date
    show(firstDay ?? `${next}-01`, byKey)
  }
  const keys: Record<string, () => void> = {
    ArrowLeft: () => show(addDays(focused, -1), true),
    ArrowRight: () => show(addDays(focused, 1), true),
    ArrowUp: () => show(addDays(focused, -7), true),
    ArrowDown: () => show(addDays(focused, 7), true),
    Home: () => show(`${month}-01`, true),
    End: () => show(addDays(`${addMonths(month, 1)}-01`, -1), true),
    PageUp: () => turn(-1, true),
    PageDown: () => turn(1, true),
  }
  const days = new Map(stock.days.map((d) => [d.date, d]))
  const long = words.weekdays('long')
  return (
    <div class="calendar">
      <div class="calendar-head">
        <button type="button" aria-label={t('pool.previous_month')} disabled={month <= monthOf(today)} onClick={() => turn(-1, false)}>‹</button>
        <h3 aria-live="polite">{words.month(month)}</h3>
        <button type="button" aria-label={t('pool.next_month')} disabled={month >= monthOf(last)} onClick={() => turn(1, false)}>›</button>
      </div>
      <p class="hidden" id="calendar-help">{t('pool.calendar_help')}</p>
      <table
        ref={grid}
        role="grid"
        aria-label={words.month(month)}
        aria-describedby="calendar-help"
        onKeyDown={(e) => {
          const act = keys[e.key]
          if (!act || e.altKey || e.ctrlKey || e.metaKey) return
          e.preventDefault()
          act()
        }}
      >
        <thead>
          <tr>{words.weekdays('narrow').map((name, i) => <th key={i} scope="col" abbr={long[i]}>{name}</th>)}</tr>
        </thead>
        <tbody>
          {weeksOf(month).filter((week) => week.some((date) => date && date >= today)).map((week, i) => (
            <tr key={i}>
              {week.map((date, j) => {
                if (!date) return <td key={j} />
                const { standing, left } = dayStanding(pool, days.get(date), at)
                const shown: Standing = date < today ? 'over' : standing
                const can = bookable(shown)
                const word = can ? t('standing.left', { n: left }) : t(standingKeys[shown])
                const spoken = can ? t('standing.left_long', { n: left }) : t(standingKeys[shown])
                return (
                  <td key={j} aria-selected={date === chosen}>
                    <button
                      type="button"
                      class={`day ${shown}`}
                      data-date={date}
                      tabIndex={date === focused ? 0 : -1}
                      aria-disabled={!can || undefined}
                      aria-pressed={date === chosen}
                      aria-current={date === today ? 'date' : undefined}
                      onFocus={() => setFocused(date)}
                      onClick={() => {
                        if (can) choose(date)
                      }}
                    >
                      <span class="hidden">{`${words.day(date)}, ${shown === 'few' ? `${t('standing.few')}, ` : ''}${spoken}`}</span>
                      <span class="number" aria-hidden="true">{words.dayInMonth(date)}</span>
                      <span class="left" aria-hidden="true"><span class="sign">{signs[shown]}</span><span class="word">{word}</span></span>
                    </button>
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {!stock.days.some((d) => monthOf(d.date) === month) && <p class="quiet">{t('pool.no_days')}</p>}
      <ul class="legend" aria-label={t('pool.legend')}>
        {(['open', 'few', 'full', 'soon', 'closed'] as const).map((s) => (
          <li key={s}><span class={`sign ${s}`} aria-hidden="true">{signs[s]}</span> {t(standingKeys[s])}</li>
        ))}
      </ul>
    </div>
  )
}
