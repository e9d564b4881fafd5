import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Link, useParams } from 'react-router'
import { api, ask } from '../../../api/client'
import { useWords } from '../../../i18n'
import { Loaded, PageHeader, Time, VisitorText } from '../../../ui'
import { isOrderState, releasePath, yuan, type Order } from '../model'
import '../ticketing.css'

/** One order, masked. */
export default function OrderPage() {
  const { id = '' } = useParams()
  const query = useQuery({ queryKey: ['ticketing', 'order', id], queryFn: ({ signal }) => ask(api.GET('/api/v1/ticketing/orders/{order}', { params: { path: { order: id } }, signal })) })
  return <Loaded query={query}>{(order) => <Shown order={order} />}</Loaded>
}

function Shown({ order }: { order: Order }) {
  const t = useWords('ticketing')
  const facts: [string, ReactNode][] = [
    [t('state'), isOrderState(order.state) ? t(`order_${order.state}`) : order.state],
    [t('account'), <Link key="a" to={`/ticketing/orders?account=${encodeURIComponent(order.account_id)}`}><code>{order.account_id}</code></Link>],
    [t('pool'), order.pool], [t('date'), <Link key="d" to={releasePath(order.pool, order.date)}>{order.date} {order.slot ?? ''}</Link>],
    [t('total'), yuan(order.total_fen)], [t('created'), <Time key="c" value={order.created_at} />], [t('paid'), <Time key="p" value={order.paid_at} />],
    [t('hold_until'), <Time key="h" value={order.hold_expires_at} />], [t('provisional_until'), <Time key="u" value={order.provisional_until} />],
    [t('channel'), order.channel || '—'], [t('reason_code'), order.reason_code || '—'], [t('receipt'), order.receipt ? <code key="r">{order.receipt}</code> : '—'],
  ]
  return (
    <>
      <PageHeader title={t('order_n', { id: order.order_id })} />
      <div className="stack">
        <section className="panel"><dl className="facts">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl></section>
        <section className="panel">
          <h2>{t('people')}</h2>
          <ul className="stack">
            {order.positions.map((p) => (
              <li key={p.position_id}><VisitorText>{p.name_masked}</VisitorText> · {p.document_type} <code>{p.document_masked}</code>{p.product ? ` · ${p.product}` : ''}</li>
            ))}
          </ul>
        </section>
      </div>
    </>
  )
}
