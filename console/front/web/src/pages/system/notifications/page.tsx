import { Tabs } from 'antd'
import { useWords } from '../../../i18n'
import { PageHeader, param, useUrlState } from '../../../ui'
import { Channels } from './channels'
import { Deliveries } from './deliveries'
import { Templates } from './templates'

const tabs = ['channels', 'deliveries', 'templates'] as const
const shape = { tab: param.oneOf(tabs, 'channels') }

/** How operators are told: channels, what went out over them, and in which words. */
export default function NotificationsPage() {
  const t = useWords('notifications')
  const [{ tab }, set] = useUrlState(shape)
  const shown = { channels: <Channels />, deliveries: <Deliveries />, templates: <Templates /> }
  return (
    <>
      <PageHeader title={t('title')} about={t('about')} />
      <Tabs
        activeKey={tab} destroyOnHidden onChange={(key) => set({ tab: tabs.find((name) => name === key) ?? 'channels' })}
        items={tabs.map((name) => ({ key: name, label: t(`tab_${name}`), children: shown[name] }))}
      />
    </>
  )
}
