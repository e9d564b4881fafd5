import { Input, Segmented } from 'antd'
import { useNavigate } from 'react-router'
import { useWords } from '../../../i18n'
import { PageHeader, param, useUrlState } from '../../../ui'
import { AccountOrders } from './list'
import '../ticketing.css'

const shape = { by: param.oneOf(['account', 'order'], 'account'), account: param.text('', 128) }

/** Finds orders by account or number; what is personal is masked by the server. */
export default function OrdersPage() {
  const t = useWords('ticketing')
  const navigate = useNavigate()
  const [{ by, account }, set] = useUrlState(shape)
  const search = (text: string) => {
    const wanted = text.trim()
    if (by === 'account') set({ account: wanted })
    else if (wanted) void navigate(`/ticketing/orders/${encodeURIComponent(wanted)}`)
  }
  return (
    <>
      <PageHeader title={t('orders')} about={t('orders_about')} />
      <div className="toolbar-line">
        <Segmented value={by} onChange={(to) => set({ by: to })} aria-label={t('search_by')} options={[{ value: 'account' as const, label: t('by_account') }, { value: 'order' as const, label: t('by_order') }]} />
        <Input.Search key={`${by}/${account}`} defaultValue={by === 'account' ? account : ''} onSearch={search} maxLength={128} allowClear enterButton={t('search')} aria-label={t(by === 'account' ? 'by_account' : 'by_order')} className="order-search" />
      </div>
      {by === 'account' && account ? <AccountOrders account={account} /> : <p className="muted">{t('orders_hint')}</p>}
    </>
  )
}
