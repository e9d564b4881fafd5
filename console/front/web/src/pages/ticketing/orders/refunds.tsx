import { Input } from 'antd'
import { useWords } from '../../../i18n'
import { PageHeader, param, useUrlState } from '../../../ui'
import { AccountOrders } from './list'
import { givenBack } from '../model'
import '../ticketing.css'

const shape = { account: param.text('', 128) }

/** What an account gave back, or had taken back: cancelled, withdrawn and expired orders. */
export default function RefundsPage() {
  const t = useWords('ticketing')
  const [{ account }, set] = useUrlState(shape)
  return (
    <>
      <PageHeader title={t('refunds')} about={t('refunds_about')} />
      <div className="toolbar-line">
        <Input.Search key={account} defaultValue={account} onSearch={(text) => set({ account: text.trim() })} maxLength={128} allowClear enterButton={t('search')} aria-label={t('by_account')} className="order-search" />
      </div>
      {account ? <AccountOrders account={account} only={givenBack} /> : <p className="muted">{t('refunds_hint')}</p>}
    </>
  )
}
