import { Tag } from 'antd'
import { Link } from 'react-router'
import { useWords } from '../../../i18n'
import { VisitorText } from '../../../ui'
import { isEntity, isOpinion, subjectPath, type Target } from '../model'
import { hintsOf, kindWord, labelSource, orderState } from './words'

/** A subject: what it is, and which, linked to its page. */
export function Subject({ target, plain = false }: { target: Target; plain?: boolean }) {
  const t = useWords('review')
  const to = subjectPath(target)
  const name = <VisitorText max={40}>{target.key}</VisitorText>
  return (
    <span>
      <span className="muted">{isEntity(target.entity) ? t(`entity_${target.entity}`) : target.entity}</span>{' '}
      {to && !plain ? <Link to={to}>{name}</Link> : name}
    </span>
  )
}

const icons = { human: '○', scalper: '●', unknown: '?' } as const

/** What somebody held an account to be: mark and word. */
export function OpinionTag({ value }: { value: string }) {
  const t = useWords('review')
  if (!isOpinion(value)) return <span>{value}</span>
  return <Tag><span aria-hidden="true">{icons[value]}</span> {t(`opinion_${value}`)}</Tag>
}

export function KindName({ kind }: { kind: string }) {
  const t = useWords('review')
  const word = kindWord(kind)
  return <span>{word ? t(`kind_${word}`) : kind}</span>
}

export function OrderState({ state }: { state: string }) {
  const t = useWords('review')
  const word = orderState(state)
  return <span>{word ? t(`order_${word}`) : state}</span>
}

export function LabelSource({ source }: { source: string }) {
  const t = useWords('review')
  const word = labelSource(source)
  return <span>{word ? t(`source_${word}`) : source}</span>
}

/** Why an account is labelled: a person's words, or what hints came to. */
export function LabelReason({ reason }: { reason: string }) {
  const t = useWords('review')
  const hints = hintsOf(reason)
  if (!hints) return <VisitorText>{reason}</VisitorText>
  return <span>{hints.map((h) => t(`hint_${h.name}`, { n: h.value })).join(' · ')}</span>
}
