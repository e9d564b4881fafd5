import { useQueryClient } from '@tanstack/react-query'
import { App, Button } from 'antd'
import { useState } from 'react'
import { api, ask } from '../../../api/client'
import { asProblem } from '../../../api/problem'
import { useWords } from '../../../i18n'
import { ReasonModal, timeText, useShortcut } from '../../../ui'
import { exceptDays, type Verb, type View } from '../model'
import { Days } from '../queue/bulk'
import { useTakeBack } from '../parts/use-take-back'
import { DecisionPreview } from './preview'
import { useNext } from './use-next'

interface DecideBarProps {
  view: View
  found: NonNullable<View['case']>
}

/** Confirm, clear or watch: by button or key, each shown first and with a reason. */
export function DecideBar({ view, found }: DecideBarProps) {
  const t = useWords('review')
  const [verb, setVerb] = useState<Verb>()
  useShortcut('1', 'review:verb_confirm', () => setVerb('confirm'))
  useShortcut('2', 'review:verb_clear', () => setVerb('clear'))
  useShortcut('3', 'review:verb_watch', () => setVerb('watch'))
  return (
    <>
      <div className="decide-bar" role="group" aria-label={t('decide')}>
        <Button danger onClick={() => setVerb('confirm')}><span className="decide-key">1 · </span>{t('verb_confirm')}</Button>
        <Button type="primary" onClick={() => setVerb('clear')}><span className="decide-key">2 · </span>{t('verb_clear')}</Button>
        <Button onClick={() => setVerb('watch')}><span className="decide-key">3 · </span>{t('verb_watch')}</Button>
        <span className="muted">{t('decide_about')}</span>
      </div>
      {verb ? <DecideModal key={verb} view={view} found={found} verb={verb} onClose={() => setVerb(undefined)} /> : null}
    </>
  )
}

function DecideModal({ view, found, verb, onClose }: DecideBarProps & { verb: Verb; onClose: () => void }) {
  const t = useWords('review')
  const { message } = App.useApp()
  const client = useQueryClient()
  const next = useNext()
  const offerTakeBack = useTakeBack()
  const [days, setDays] = useState<number>(exceptDays.usual)
  const decide = async (reason: string) => {
    try {
      const body = { decision: verb, version: found.version, reason, ...(verb === 'clear' && days > 0 ? { except_days: days } : {}) }
      const done = await ask(api.POST('/api/v1/cases/{id}/decision', { params: { path: { id: view.id } }, body }))
      if (done.cancels_at) offerTakeBack([view.id])
      else void message.success(done.cleared ? t('cleared_done', { lifted: done.cleared.lifted, back: done.cleared.reinstating }) : t('decided_done'))
    } catch (error) {
      if (asProblem(error).status !== 409) throw error
      // The second of two sees who was first, with the own reason among the notes.
      const after = await ask(api.GET('/api/v1/cases/{id}', { params: { path: { id: view.id } } }))
      const decision = after.case?.state === 'confirmed' ? t('verb_confirm') : after.case?.state === 'cleared' ? t('verb_clear') : t('verb_watch')
      void message.warning(t('conflict', { who: after.case?.decided_by ?? '', when: timeText(after.case?.decided_at ?? ''), decision }), 12)
      client.setQueryData(['case', view.id], after)
      return
    }
    await Promise.all([client.invalidateQueries({ queryKey: ['account'] }), client.invalidateQueries({ queryKey: ['case', view.id] })])
    await next(view.id)
  }
  return (
    <ReasonModal open title={t(`decide_${verb}`)} confirm={t(`verb_${verb}`)} danger={verb === 'confirm'} onClose={onClose} onConfirm={decide}>
      <DecisionPreview view={view} found={found} verb={verb} days={verb === 'clear' ? days : 0} />
      {verb === 'clear' ? <p className="gap-below"><Days value={days} onChange={setDays} /></p> : null}
    </ReasonModal>
  )
}
