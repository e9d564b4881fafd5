import { useWords } from '../i18n'

/** Below this many a rate says nothing. */
export const tooFew = 30

/** The 95 % interval of n of N (Wilson 1927), both 0 where N is 0. */
export function wilson(n: number, of: number): [low: number, high: number] {
  if (of <= 0) return [0, 0]
  const z = 1.959964
  const p = n / of
  const centre = p + (z * z) / (2 * of)
  const spread = z * Math.sqrt((p * (1 - p)) / of + (z * z) / (4 * of * of))
  const whole = 1 + (z * z) / of
  return [Math.max(0, (centre - spread) / whole), Math.min(1, (centre + spread) / whole)]
}

/** A share as per cent with the digits that small ones need. */
export function percent(share: number): string {
  const value = share * 100
  const digits = value === 0 || value >= 10 ? 1 : value >= 1 ? 2 : 3
  return `${value.toFixed(digits)} %`
}

interface RateProps {
  n: number
  of: number
  /** The interval, where the server gave one; computed otherwise. */
  low?: number
  high?: number
}

/** A rate per distinct account: share, n/N and 95 % interval, or that there are too few. */
export function Rate({ n, of, low, high }: RateProps) {
  const t = useWords('ui')
  const counted = `${n.toLocaleString('en')}/${of.toLocaleString('en')}`
  if (of < tooFew) {
    return (
      <span className="rate">
        <span className="muted">{t('too_few')}</span> <span className="figure">{counted}</span>
      </span>
    )
  }
  const [from, to] = low !== undefined && high !== undefined ? [low, high] : wilson(n, of)
  return (
    <span className="rate">
      <strong className="figure">{percent(n / of)}</strong> <span className="figure">{counted}</span>{' '}
      <span className="figure muted" title={t('interval')}>{`${percent(from)}–${percent(to)}`}</span>
    </span>
  )
}
