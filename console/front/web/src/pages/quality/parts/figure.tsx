import type { Schema } from '../../../api/client'
import { useWords } from '../../../i18n'
import { percent } from '../../../ui/rate'

export type FigureOf = Schema<'Figure'>

const count = (n: number): string => n.toLocaleString('en', { maximumFractionDigits: 1 })

/** A rate as the server computed it, or that there are too few labels to say so. */
export function Figure({ figure, small = false }: { figure: FigureOf; small?: boolean }) {
  const t = useWords('quality')
  const counted = `${count(figure.numerator)}/${count(figure.denominator)}`
  if (!figure.enough) return <p><span className="muted">{t('too_few')}</span> <span className="figure">{counted}</span></p>
  return (
    <p>
      <strong className={small ? 'figure' : 'quality-figure figure'}>{percent(figure.value)}</strong>{' '}
      <span className="figure">{counted}</span>{' '}
      <span className="figure muted">{percent(figure.low)}–{percent(figure.high)}</span>
    </p>
  )
}
