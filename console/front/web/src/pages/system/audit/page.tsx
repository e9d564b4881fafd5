import { useMutation } from '@tanstack/react-query'
import { Alert, Button } from 'antd'
import { api, ask, type Schema } from '../../../api/client'
import { isRole } from '../../../app/roles'
import { useWords } from '../../../i18n'
import { DataTable, ErrorCard, exportTime, PageHeader, Time, VisitorText, type Column } from '../../../ui'
import '../system.css'

type Entry = Schema<'AuditEntry'>

/** Rows of one page. */
const limit = 50

const load = async (cursor: string | undefined, signal: AbortSignal) => {
  const { entries } = await ask(api.GET('/api/v1/audit', { params: { query: { limit, ...(cursor ? { before: Number(cursor) } : {}) } }, signal }))
  const rows = entries ?? []
  const last = rows.at(-1)
  return { rows, next: rows.length === limit && last && last.seq > 1 ? String(last.seq) : undefined }
}

/** Who changed what, when and why; nothing of it can be changed. */
export default function AuditPage() {
  const t = useWords('system')
  const word = useWords('ui')
  const role = (e: Entry) => (isRole(e.role) ? word(`role_${e.role}`) : e.role)
  const columns: Column<Entry>[] = [
    { key: 'seq', title: t('audit_number'), render: (e) => <span className="figure">{e.seq}</span>, csv: (e) => e.seq },
    { key: 'time', title: t('audit_time'), render: (e) => <Time value={e.time} />, csv: (e) => exportTime(e.time) },
    { key: 'actor', title: t('audit_who'), render: (e) => <strong>{e.actor}</strong>, csv: (e) => e.actor },
    { key: 'role', title: t('role'), render: role, csv: (e) => e.role },
    { key: 'action', title: t('audit_action'), render: (e) => <code>{e.action}</code>, csv: (e) => e.action },
    { key: 'object', title: t('audit_object'), render: (e) => <VisitorText max={60}>{e.object}</VisitorText>, csv: (e) => e.object },
    { key: 'reason', title: word('reason'), render: (e) => <VisitorText max={80}>{e.reason}</VisitorText>, csv: (e) => e.reason },
    { key: 'address', title: t('address'), render: (e) => <VisitorText>{e.address}</VisitorText>, csv: (e) => e.address, phone: false },
  ]
  const exported: Column<Entry>[] = [
    { key: 'request', title: word('request_id'), render: () => null, csv: (e) => e.request_id },
    { key: 'before', title: t('audit_before'), render: () => null, csv: (e) => e.before },
    { key: 'after', title: t('audit_after'), render: () => null, csv: (e) => e.after },
    { key: 'hash', title: t('audit_hash'), render: () => null, csv: (e) => e.hash },
  ]
  return (
    <>
      <PageHeader title={t('audit')} about={t('audit_about')} />
      <Verification />
      <DataTable<Entry>
        name="audit" caption={t('audit')} columns={columns} exported={exported} filters={[]} load={load} rowKey={(e) => String(e.seq)} to={(e) => `/system/audit/${e.seq}`} empty={t('audit_none')}
      />
    </>
  )
}

/** Has the server walk the chain of hashes. */
function Verification() {
  const t = useWords('system')
  const verify = useMutation({ mutationFn: () => ask(api.GET('/api/v1/audit/verification')) })
  return (
    <div className="verification">
      <Button loading={verify.isPending} onClick={() => verify.mutate()}>{t('audit_verify')}</Button>
      <div role="status">
        {verify.data?.broken ? <Alert type="error" showIcon title={t('audit_broken', { n: verify.data.verified_to })} description={verify.data.broken} /> : null}
        {verify.data && !verify.data.broken ? <Alert type="info" showIcon title={t('audit_verified', { n: verify.data.verified_to })} /> : null}
      </div>
      {verify.isError ? <ErrorCard error={verify.error} onRetry={() => verify.mutate()} /> : null}
    </div>
  )
}
