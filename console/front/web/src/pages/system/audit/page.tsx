import { DownloadOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { Alert, Button, Input } from 'antd'
import { api, ask, type Schema } from '../../../api/client'
import { isRole } from '../../../app/roles'
import { useWords } from '../../../i18n'
import { DataTable, ErrorCard, PageHeader, param, Time, useUrlState, VisitorText, type Column } from '../../../ui'
import { auditQuery, type Wanted } from './query'
import { saveAudit } from './save'
import '../system.css'

type Entry = Schema<'AuditEntry'>

/** Rows of one page. */
const limit = 50

const shape = { actor: param.text('', 64), action: param.text('', 64), object: param.text('', 200), from: param.text('', 10), to: param.text('', 10) }

const load = (wanted: Wanted) => async (cursor: string | undefined, signal: AbortSignal) => {
  const query = { limit, ...auditQuery(wanted), ...(cursor ? { before: Number(cursor) } : {}) }
  const { entries, next } = await ask(api.GET('/api/v1/audit', { params: { query }, signal }))
  return { rows: entries ?? [], next: next && next > 1 ? String(next) : undefined }
}

/** Who changed what, when and why; nothing of it can be changed. */
export default function AuditPage() {
  const t = useWords('system')
  const word = useWords('ui')
  const role = (e: Entry) => (isRole(e.role) ? word(`role_${e.role}`) : e.role)
  const [wanted, set] = useUrlState(shape)
  const columns: Column<Entry>[] = [
    { key: 'seq', title: t('audit_number'), render: (e) => <span className="figure">{e.seq}</span> },
    { key: 'time', title: t('audit_time'), render: (e) => <Time value={e.time} /> },
    { key: 'actor', title: t('audit_who'), render: (e) => <strong>{e.actor}</strong> },
    { key: 'role', title: t('role'), render: role },
    { key: 'action', title: t('audit_action'), render: (e) => <code>{e.action}</code> },
    { key: 'object', title: t('audit_object'), render: (e) => <VisitorText max={60}>{e.object}</VisitorText> },
    { key: 'reason', title: word('reason'), render: (e) => <VisitorText max={80}>{e.reason}</VisitorText> },
    { key: 'address', title: t('address'), render: (e) => <VisitorText>{e.address}</VisitorText>, phone: false },
  ]
  const filtered = Object.values(wanted).some((v) => v !== '')
  const text = (name: 'actor' | 'action' | 'object', label: string) => (
    <Input.Search
      key={`${name} ${wanted[name]}`} defaultValue={wanted[name]} allowClear placeholder={label} aria-label={label}
      onSearch={(v) => set({ [name]: v.trim() })} className="audit-filter"
    />
  )
  const day = (name: 'from' | 'to', label: string) => (
    <label>{label} <Input type="date" value={wanted[name]} onChange={(e) => set({ [name]: e.target.value })} aria-label={label} className="audit-day" /></label>
  )
  return (
    <>
      <PageHeader title={t('audit')} about={t('audit_about')} actions={<Save wanted={wanted} />} />
      <Verification />
      <DataTable<Entry>
        name="audit" caption={t('audit')} columns={columns} filters={Object.values(wanted)} load={load(wanted)} rowKey={(e) => String(e.seq)} to={(e) => `/system/audit/${e.seq}`}
        empty={filtered ? t('audit_no_match') : t('audit_none')}
        toolbar={<>{text('actor', t('audit_who'))}{text('action', t('audit_action'))}{text('object', t('audit_object'))}{day('from', t('audit_from'))}{day('to', t('audit_until'))}</>}
      />
    </>
  )
}

/** Has the server write the entries, as filtered, into a file; that is an entry itself. */
function Save({ wanted }: { wanted: Wanted }) {
  const t = useWords('system')
  const word = useWords('ui')
  const save = useMutation({ mutationFn: () => saveAudit(wanted) })
  return (
    <>
      <Button icon={<DownloadOutlined />} loading={save.isPending} onClick={() => save.mutate()} title={t('audit_export_about')}>{word('export')}</Button>
      {save.isError ? <ErrorCard error={save.error} onRetry={() => save.mutate()} /> : null}
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
