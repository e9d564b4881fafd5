import { useQuery } from '@tanstack/react-query'
import { Descriptions } from 'antd'
import { Link, useParams } from 'react-router'
import { api, ask } from '../../../api/client'
import { isRole } from '../../../app/roles'
import { useWords } from '../../../i18n'
import { Loaded, PageHeader, Time, VisitorText } from '../../../ui'
import { pretty } from './pretty'
import '../system.css'

/** One entry of the audit log, by the number that links to it. */
export default function AuditEntryPage() {
  const t = useWords('system')
  const word = useWords('ui')
  const seq = Number(useParams()['seq'])
  const query = useQuery({
    queryKey: ['audit', seq],
    queryFn: ({ signal }) => ask(api.GET('/api/v1/audit/{seq}', { params: { path: { seq } }, signal })),
    enabled: Number.isSafeInteger(seq) && seq > 0,
  })
  return (
    <div className="stack">
      <PageHeader title={t('audit_entry', { n: Number.isSafeInteger(seq) ? seq : 0 })} actions={<Link to="/system/audit">{t('audit')}</Link>} />
      <Loaded query={query}>
        {(e) => (
          <>
            <section className="panel">
              <Descriptions
                size="small" column={{ xs: 1, md: 2 }}
                items={[
                  { key: 'time', label: t('audit_time'), children: <Time value={e.time} /> },
                  { key: 'who', label: t('audit_who'), children: `${e.actor} · ${isRole(e.role) ? word(`role_${e.role}`) : e.role}` },
                  { key: 'action', label: t('audit_action'), children: <code>{e.action}</code> },
                  { key: 'object', label: t('audit_object'), children: <VisitorText>{e.object}</VisitorText> },
                  { key: 'reason', label: word('reason'), children: <VisitorText>{e.reason}</VisitorText> },
                  { key: 'address', label: t('address'), children: <VisitorText>{e.address}</VisitorText> },
                  { key: 'request', label: word('request_id'), children: <code>{e.request_id}</code> },
                  { key: 'hash', label: t('audit_hash'), children: <code>{e.hash}</code> },
                ]}
              />
            </section>
            <section className="panel difference">
              <div><h2>{t('audit_before')}</h2><pre tabIndex={0}><VisitorText max={20_000}>{pretty(e.before)}</VisitorText></pre></div>
              <div><h2>{t('audit_after')}</h2><pre tabIndex={0}><VisitorText max={20_000}>{pretty(e.after)}</VisitorText></pre></div>
            </section>
          </>
        )}
      </Loaded>
    </div>
  )
}
