import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Modal, Popconfirm } from 'antd'
import { useState } from 'react'
import { api, ask, type Schema } from '../../../api/client'
import { useOperator } from '../../../api/session'
import { useWords } from '../../../i18n'
import { DataTable, ErrorCard, Loaded, PageHeader, Time } from '../../../ui'
import { Enrol } from '../../sign-in/enrol'
import { PasswordForm } from '../../sign-in/password-change'
import { sessionColumns } from '../parts/session-columns'
import '../system.css'

/** One's own account: password, second factor, sessions. */
export default function MePage() {
  const t = useWords('system')
  const word = useWords('ui')
  const { name, role } = useOperator()
  const [changing, setChanging] = useState(false)
  return (
    <div className="stack">
      <PageHeader title={t('me')} about={`${name} · ${word(`role_${role}`)}`} />
      <section className="panel stack">
        <h2>{word('password')}</h2>
        <div><Button onClick={() => setChanging(true)}>{word('change_password')}</Button></div>
        <Modal open={changing} onCancel={() => setChanging(false)} footer={null} title={word('change_password')} destroyOnHidden>
          <PasswordForm />
        </Modal>
      </section>
      <SecondFactor />
      <OwnSessions />
    </div>
  )
}

function SecondFactor() {
  const t = useWords('system')
  const word = useWords('ui')
  const queries = useQueryClient()
  const [enrolling, setEnrolling] = useState(false)
  const [codes, setCodes] = useState<readonly string[]>()
  const [failed, setFailed] = useState<unknown>()
  const query = useQuery({ queryKey: ['me'], queryFn: ({ signal }) => ask(api.GET('/api/v1/me', { signal })) })
  const run = (step: () => Promise<unknown>) => {
    setFailed(undefined)
    step().catch(setFailed).finally(() => void queries.invalidateQueries({ queryKey: ['me'] }))
  }
  const close = () => {
    setEnrolling(false)
    void queries.invalidateQueries({ queryKey: ['me'] })
  }
  return (
    <section className="panel stack">
      <h2>{t('second_factor')}</h2>
      <Loaded query={query}>
        {({ totp }) => totp.enrolled ? (
          <>
            <p>{t('enrolled_since')} <Time value={totp.enrolled_at} />. {t('recovery_left', { n: totp.recovery_codes_left })}</p>
            <div className="row">
              <Button onClick={() => run(async () => setCodes((await ask(api.POST('/api/v1/me/totp/recovery-codes'))).recovery_codes ?? []))}>{t('recovery_renew')}</Button>
              <Popconfirm title={t('totp_remove_sure')} okText={t('totp_remove')} cancelText={t('keep')} onConfirm={() => run(() => ask(api.DELETE('/api/v1/me/totp')))}>
                <Button danger>{t('totp_remove')}</Button>
              </Popconfirm>
            </div>
          </>
        ) : (
          <>
            <p>{t('totp_none')}</p>
            <div><Button type="primary" onClick={() => setEnrolling(true)}>{word('enrol_begin')}</Button></div>
          </>
        )}
      </Loaded>
      {failed === undefined ? null : <ErrorCard error={failed} />}
      <Modal open={enrolling} onCancel={close} footer={null} title={word('enrol_title')} mask={{ closable: false }} destroyOnHidden>
        <Enrol onDone={close} />
      </Modal>
      <Modal open={codes !== undefined} onCancel={() => setCodes(undefined)} footer={<Button type="primary" onClick={() => setCodes(undefined)}>{word('recovery_kept')}</Button>} title={t('recovery_renew')}>
        <p>{word('recovery_note')}</p>
        <pre className="recovery" tabIndex={0}>{codes?.join('\n')}</pre>
      </Modal>
    </section>
  )
}

function OwnSessions() {
  const t = useWords('system')
  const queries = useQueryClient()
  const reload = () => void queries.invalidateQueries({ queryKey: ['table', 'own-sessions'] })
  const end = async (id: string) => {
    await ask(api.DELETE('/api/v1/me/sessions/{id}', { params: { path: { id } } }))
    reload()
  }
  const endOthers = async () => {
    await ask(api.DELETE('/api/v1/me/sessions'))
    reload()
  }
  return (
    <section className="panel stack">
      <h2>{t('sessions_own')}</h2>
      <DataTable<Schema<'ShownSession'>>
        name="own-sessions" caption={t('sessions_own')} filters={[]} rowKey={(s) => s.id} empty={t('sessions_none')}
        columns={[
          ...sessionColumns(t),
          { key: 'end', title: t('actions'), render: (s) => (s.current ? null : <Button size="small" onClick={() => void end(s.id)}>{t('session_end')}</Button>) },
        ]}
        load={async (_, signal) => ({ rows: (await ask(api.GET('/api/v1/me/sessions', { signal }))).sessions ?? [] })}
        toolbar={<Button onClick={() => void endOthers()}>{t('sessions_end_others')}</Button>}
      />
    </section>
  )
}
