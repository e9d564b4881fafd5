import { useWords } from '../../../i18n'
import { Time, VisitorText } from '../../../ui'
import type { View } from '../model'
import { OpinionTag, OrderState, Subject } from '../parts/names'

/** Orders that were taken back, accounts that it concerns, opinions and notes. */
export function CaseRecords({ view }: { view: View }) {
  const t = useWords('review')
  const orders = view.orders ?? []
  const accounts = view.accounts ?? []
  const opinions = view.opinions ?? []
  const notes = view.notes ?? []
  return (
    <>
      {orders.length > 0 ? (
        <section className="panel">
          <h2>{t('orders')}</h2>
          <ul className="plain-list">
            {orders.map((o) => <li key={o.id}><code>{o.order_id}</code> <OrderState state={o.state} /> {o.rule ? <code>{o.rule}</code> : null} <Time value={o.updated_at} /></li>)}
          </ul>
        </section>
      ) : null}
      {accounts.length > 0 ? (
        <section className="panel">
          <h2>{t('concerned', { n: accounts.length })}</h2>
          <ul className="findings">
            {accounts.map((a) => <li key={a.account}><Subject target={{ entity: 'account', key: a.account }} /> <span className="muted">{a.why === 'confirmed' || a.why === 'linked' || a.why === 'appealed' ? t(`why_${a.why}`) : a.why}</span> <Time value={a.at} /></li>)}
          </ul>
        </section>
      ) : null}
      <section className="panel">
        <h2>{t('opinions')}</h2>
        {opinions.length + notes.length === 0 ? <p className="muted">{t('opinions_none')}</p> : null}
        <ul className="plain-list">
          {opinions.map((o) => <li key={o.reviewer}><OpinionTag value={o.value} /> {o.reviewer} <Time value={o.at} /> {o.note ? <VisitorText>{o.note}</VisitorText> : null}</li>)}
          {notes.map((n) => <li key={n.author + n.at}>{n.author} <Time value={n.at} />: <VisitorText>{n.text}</VisitorText></li>)}
          {view.case?.reason ? <li><strong>{t('reason_given')}</strong> <VisitorText>{view.case.reason}</VisitorText></li> : null}
        </ul>
      </section>
    </>
  )
}
