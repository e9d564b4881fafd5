import { Tabs } from 'antd'
import { useWords } from '../../../i18n'
import { PageHeader, param, useUrlState } from '../../../ui'
import { Counts } from './counts'
import { Conflicts } from './conflicts'
import { Terminals } from './terminals'
import '../ticketing.css'

const tabs = ['counts', 'terminals', 'conflicts'] as const
const shape = { tab: param.oneOf(tabs, 'counts') }

/** Who came in, over which terminals, and what did not add up. */
export default function CheckInPage() {
  const t = useWords('ticketing')
  const [{ tab }, set] = useUrlState(shape)
  const shown = { counts: <Counts />, terminals: <Terminals />, conflicts: <Conflicts /> }
  return (
    <>
      <PageHeader title={t('check_in')} />
      <Tabs
        activeKey={tab} destroyOnHidden onChange={(key) => set({ tab: tabs.find((x) => x === key) ?? 'counts' })}
        items={tabs.map((key) => ({ key, label: t(`tab_${key}`), children: shown[key] }))}
      />
    </>
  )
}
