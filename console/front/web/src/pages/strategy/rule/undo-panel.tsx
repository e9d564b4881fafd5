import { useMutation } from '@tanstack/react-query'
import { App, Button, Select } from 'antd'
import { useState } from 'react'
import { api, ask } from '../../../api/client'
import { useOperator } from '../../../api/session'
import { useWords } from '../../../i18n'
import { ErrorCard, ReasonModal, Time, VisitorText } from '../../../ui'
import { may } from '../model'

const hours = [1, 6, 24, 168, 720] as const

/** Previews what a rule did since a moment, and takes it back. */
export function UndoPanel({ rule }: { rule: string }) {
  const t = useWords('strategy')
  const { message } = App.useApp()
  const { role } = useOperator()
  const [since, setSince] = useState<(typeof hours)[number]>(24)
  const [open, setOpen] = useState(false)
  const preview = useMutation({
    mutationFn: () => {
      const to = new Date()
      return ask(api.POST('/api/v1/undo/preview', { body: { rule, from: new Date(to.getTime() - since * 3_600_000).toISOString(), to: to.toISOString(), limit: 50 } }))
    },
  })
  const found = preview.data
  const nothing = found && found.blocks.entries === 0 && Object.keys(found.orders).length === 0
  const run = async (reason: string) => {
    if (!found) return
    await ask(api.POST('/api/v1/undo', { body: { rule, reason, ...(found.cause.from ? { from: found.cause.from } : {}), ...(found.cause.to ? { to: found.cause.to } : {}) } }))
    void message.success(t('undo_done'))
    preview.reset()
  }
  return (
    <section className="section" aria-label={t('undo')}>
      <h2>{t('undo')}</h2>
      <p className="muted">{t('undo_note')} {may.undo(role) ? '' : t('undo_only_admin')}</p>
      <div className="editor-line">
        <Select className="filter-select" aria-label={t('undo_from')} value={since} onChange={setSince} options={hours.map((h) => ({ value: h, label: h < 48 ? `${h} h` : `${h / 24} d` }))} />
        <Button loading={preview.isPending} onClick={() => preview.mutate()}>{t('undo_preview')}</Button>
        {found && !nothing && may.undo(role) ? <Button danger onClick={() => setOpen(true)}>{t('undo_begin')}</Button> : null}
      </div>
      {preview.isError ? <ErrorCard error={preview.error} onRetry={() => preview.mutate()} /> : null}
      {nothing ? <p>{t('undo_nothing')}</p> : null}
      {found && !nothing ? (
        <>
          <p>{t('undo_blocks', { n: found.blocks.entries, s: found.blocks.standing })} · {t('undo_orders')} {Object.entries(found.orders).map(([state, n]) => `${state} ${n}`).join(', ') || 0}</p>
          <ul className="step-list">{(found.block_list ?? []).map((b) => <li key={b.id}><VisitorText>{`${b.target.entity} ${b.target.key}`}</VisitorText> · <Time value={b.since} to="minute" /></li>)}</ul>
        </>
      ) : null}
      <ReasonModal open={open} danger title={t('undo_title', { rule })} confirm={t('undo_begin')} onConfirm={run} onClose={() => setOpen(false)}>
        {found ? <p>{t('undo_blocks', { n: found.blocks.entries, s: found.blocks.standing })}</p> : null}
      </ReasonModal>
    </section>
  )
}
