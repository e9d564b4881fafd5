import type { Schema } from '../../../api/client'
import type { useWords } from '../../../i18n'
import { exportTime, Time, VisitorText, type Column } from '../../../ui'

/** What is shown of a session, of one's own and of others. */
export function sessionColumns(t: ReturnType<typeof useWords<'system'>>): Column<Schema<'ShownSession'>>[] {
  return [
    { key: 'operator', title: t('operator'), render: (s) => <><strong>{s.operator}</strong>{s.current ? ` (${t('this_session')})` : ''}</>, csv: (s) => s.operator },
    { key: 'credential', title: t('credential'), render: (s) => (s.credential === 'cookie' || s.credential === 'bearer' || s.credential === 'key' ? t(`credential_${s.credential}`) : s.credential), csv: (s) => s.credential },
    { key: 'address', title: t('address'), render: (s) => <code>{s.address}</code>, csv: (s) => s.address },
    { key: 'agent', title: t('agent'), render: (s) => <span className="agent"><VisitorText max={80}>{s.agent}</VisitorText></span>, csv: (s) => s.agent },
    { key: 'created', title: t('signed_in_at'), render: (s) => <Time value={s.created_at} />, csv: (s) => exportTime(s.created_at) },
    { key: 'used', title: t('used_at'), render: (s) => <Time value={s.used_at} />, csv: (s) => exportTime(s.used_at) },
    { key: 'expires', title: t('expires_at'), render: (s) => <Time value={s.expires_at} to="minute" />, csv: (s) => exportTime(s.expires_at) },
  ]
}
