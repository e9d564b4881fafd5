import { Select } from 'antd'
import { api, ask } from '../../../api/client'
import { useOperator } from '../../../api/session'
import { useWords } from '../../../i18n'
import { DataTable, exportTime, param, Time, useUrlState, VisitorText, type Column } from '../../../ui'
import { isOrderState, mayReadTicketing, orderStates, yuan, type Order, type OrderState } from '../model'

const shape = { state: param.maybe(orderStates) }

/** An account's orders, the newest first. */
export function AccountOrders({ account, only }: { account: string; only?: readonly OrderState[] }) {
  const t = useWords('ticketing')
  const { role } = useOperator()
  const [{ state }, set] = useUrlState(shape)
  const choices = only ?? orderStates
  const states = state ? [state] : only
  const columns: Column<Order>[] = [
    { key: 'order', title: t('order'), render: (o) => <code>{o.order_id}</code>, csv: (o) => o.order_id },
    { key: 'state', title: t('state'), render: (o) => (isOrderState(o.state) ? t(`order_${o.state}`) : o.state), csv: (o) => o.state },
    { key: 'pool', title: t('pool'), render: (o) => o.pool, csv: (o) => o.pool },
    { key: 'date', title: t('date'), render: (o) => `${o.date} ${o.slot ?? ''}`, csv: (o) => `${o.date} ${o.slot ?? ''}`.trim() },
    { key: 'people', title: t('people'), align: 'right', render: (o) => o.positions.length, csv: (o) => o.positions.length },
    { key: 'who', title: t('visitor'), render: (o) => <VisitorText>{o.positions[0]?.name_masked ?? ''}</VisitorText>, csv: (o) => o.positions[0]?.name_masked ?? '', phone: false },
    { key: 'total', title: t('total'), align: 'right', render: (o) => yuan(o.total_fen), csv: (o) => (o.total_fen / 100).toFixed(2) },
    { key: 'created', title: t('created'), render: (o) => <Time value={o.created_at} />, csv: (o) => exportTime(o.created_at) },
    { key: 'reason', title: t('reason_code'), render: (o) => o.reason_code || '—', csv: (o) => o.reason_code ?? '' },
  ]
  return (
    <DataTable<Order>
      name="orders" caption={t('orders')} columns={columns} filters={[account, state ?? '', only?.join() ?? '']} rowKey={(o) => o.order_id}
      {...(mayReadTicketing(role) ? { to: (o: Order) => `/ticketing/orders/${encodeURIComponent(o.order_id)}` } : {})} empty={t('orders_empty')}
      load={async (cursor, signal) => {
        const query = { limit: 50, ...(cursor ? { after: cursor } : {}), ...(states ? { states: states.join(',') } : {}) }
        const { orders, next } = await ask(api.GET('/api/v1/ticketing/accounts/{account}/orders', { params: { path: { account }, query }, signal }))
        return { rows: orders, next }
      }}
      toolbar={
        <Select value={state ?? ''} onChange={(to) => set({ state: isOrderState(to) ? to : undefined })} aria-label={t('state')} popupMatchSelectWidth={false} options={[{ value: '', label: t('any_state') }, ...choices.map((s) => ({ value: s as string, label: t(`order_${s}`) }))]} />
      }
    />
  )
}
