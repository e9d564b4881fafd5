import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { api, ask } from '../../../api/client'
import { useWords } from '../../../i18n'
import { Time } from '../../../ui'
import { ordersAfter, type Verb, type View } from '../model'

interface PreviewProps {
  view: View
  found: NonNullable<View['case']>
  verb: Verb
  days: number
}

/** What a decision would do and whom it would touch, before it is taken. */
export function DecisionPreview({ view, found, verb, days }: PreviewProps) {
  const t = useWords('review')
  const account = view.subject.entity === 'account' ? view.subject.key : ''
  const standing = useQuery({
    queryKey: ['account', account], enabled: account !== '',
    queryFn: ({ signal }) => ask(api.GET('/api/v1/accounts/{id}', { params: { path: { id: account } }, signal })),
  })
  const held = useQuery({
    queryKey: ['held', account], enabled: account !== '' && verb === 'confirm', retry: false,
    queryFn: async ({ signal }) => (await ask(api.GET('/api/v1/ticketing/accounts/{account}/orders', { params: { path: { account }, query: { states: 'held,provisional', limit: 50 } }, signal }))).orders.length,
  })
  const orders = ordersAfter(view, verb)
  const blocks = standing.data?.blocks ?? []
  const rules = Object.keys(found.rules)
  const debited = [...new Set(blocks.map((b) => b.rule ?? '').filter(Boolean))]
  const outliers = (view.orders ?? []).filter((o) => o.state === 'past_cutoff').length
  return (
    <div className="preview">
      <dl>
        <Line name={t('preview_accounts')}>{verb === 'confirm' ? t('preview_accounts_confirm', { n: view.accounts?.length ?? 0 }) : t('preview_accounts_one')}</Line>
        <Line name={t('preview_blocks')}>{verb === 'clear' ? t('preview_blocks_lifted', { n: blocks.length }) : t('preview_blocks_stay', { n: blocks.length })}</Line>
        <Line name={t('preview_orders')}>{verb === 'confirm' && account !== '' ? <>{held.data === undefined ? t('preview_orders_unknown') : t('preview_orders_cancelled', { n: held.data })} </> : null}{t(verb === 'clear' ? 'preview_orders_back' : 'preview_orders_same', { ...orders })}</Line>
        {verb === 'clear' ? (
          <>
            <Line name={t('preview_exception')}>
              {days > 0 ? <>{t('preview_exception_for', { rules: rules.join(', '), days })} <Time value={Date.now() + days * 86_400_000} to="day" /></> : t('preview_exception_none')}
            </Line>
            <Line name={t('preview_debit')}>{debited.length > 0 ? t('preview_debit_of', { rules: debited.join(', ') }) : t('preview_debit_none')}</Line>
            <Line name={t('preview_message')}><span className="visitor-message">{t('message_granted')}</span></Line>
          </>
        ) : <Line name={t('preview_message')}>{t('preview_message_none')}</Line>}
        <Line name={t('preview_label')}>{t(`preview_label_${verb}`)}</Line>
        {outliers > 0 ? <Line name={t('preview_outliers')}><span className="outlier">{t('preview_outliers_paid', { n: outliers })}</span></Line> : null}
      </dl>
      {verb === 'clear' ? <p className="muted">{t('preview_at_once')}</p> : null}
    </div>
  )
}

function Line({ name, children }: { name: string; children: ReactNode }) {
  return <div><dt>{name}</dt><dd>{children}</dd></div>
}
