import { useQuery } from '@tanstack/react-query'
import { Checkbox, Radio } from 'antd'
import { useState } from 'react'
import { api, ask } from '../../api/client'
import { useLanguage, useWords } from '../../i18n'
import { ErrorCard, ReasonModal, timeText } from '../../ui'
import { isPattern, said, scopeOf, silenceEnd, silenceHours, type Alert, type SilenceScope } from './model'
import { useNow } from './use-now'

interface SilenceModalProps {
  alert: Alert
  onClose: () => void
  onSilenced: () => Promise<void>
}

const parts = ['pattern', 'group', 'pool'] as const

/** Asks what to silence and for how long, and counts what that covers before it is done. */
export function SilenceModal({ alert, onClose, onSilenced }: SilenceModalProps) {
  const t = useWords('alerts')
  const language = useLanguage()
  const whole = scopeOf(alert)
  const [scope, setScope] = useState<SilenceScope>(whole)
  const [hours, setHours] = useState<number>(1)
  const now = useNow(10_000)
  const some = parts.some((part) => scope[part])
  const preview = useQuery({
    queryKey: ['alerts', 'silence-preview', scope],
    queryFn: ({ signal }) => ask(api.POST('/api/v1/silences', { params: { query: { preview: true } }, body: { ...scope, until: silenceEnd(1, Date.now()).toISOString() }, signal })),
    enabled: some, refetchInterval: 5_000,
  })
  const toggle = (part: (typeof parts)[number], on: boolean) => {
    const { [part]: _, ...rest } = scope
    setScope(on && whole[part] ? { ...rest, [part]: whole[part] } : rest)
  }
  const name = (part: (typeof parts)[number]): string => {
    const value = whole[part] ?? ''
    return part === 'pattern' && isPattern(value) ? t(`pattern_${value}`) : value
  }
  const covered = preview.data?.covers ?? []
  return (
    <ReasonModal
      open title={t('silence_title')} confirm={t('silence')} onClose={onClose} ready={some && preview.isSuccess}
      onConfirm={async (reason) => {
        await ask(api.POST('/api/v1/silences', { body: { ...scope, until: silenceEnd(hours, Date.now()).toISOString(), reason } }))
        await onSilenced()
      }}
    >
      <div className="silence-form">
        <p className="muted">{t('silence_about')}</p>
        <fieldset>
          <legend>{t('silence_scope')}</legend>
          <div className="silence-scopes">
            {parts.filter((part) => whole[part]).map((part) => (
              <Checkbox key={part} checked={scope[part] !== undefined} onChange={(e) => toggle(part, e.target.checked)}>{t(`scope_${part}`, { name: name(part) })}</Checkbox>
            ))}
          </div>
        </fieldset>
        <fieldset>
          <legend>{t('silence_for')}</legend>
          <Radio.Group value={hours} onChange={(e) => setHours(Number(e.target.value))} optionType="button" name="hours" aria-label={t('silence_for')} options={silenceHours.map((n) => ({ value: n, label: t('hours', { n }) }))} />
          <p className="muted">{t('silence_until', { time: timeText(silenceEnd(hours, now), 'minute') })}</p>
        </fieldset>
        <div role="status" aria-live="polite">
          {!some ? t('scope_needed') : preview.isError ? <ErrorCard error={preview.error} onRetry={() => void preview.refetch()} /> : preview.isSuccess ? (
            <>
              <strong>{t('covers', { n: covered.length })}</strong>
              <ul>{covered.slice(0, 5).map((a) => <li key={a.id}>{said(a.what, language)}</li>)}</ul>
            </>
          ) : t('covers_counting')}
        </div>
      </div>
    </ReasonModal>
  )
}
