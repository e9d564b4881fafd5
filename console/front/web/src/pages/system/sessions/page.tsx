import { useQueryClient } from '@tanstack/react-query'
import { Button, Input, Popconfirm } from 'antd'
import { useMemo } from 'react'
import { api, ask, type Schema } from '../../../api/client'
import { useOperator } from '../../../api/session'
import { useWords } from '../../../i18n'
import { DataTable, PageHeader, param, useUrlState } from '../../../ui'
import { sessionColumns } from '../parts/session-columns'
import '../system.css'

const shape = { operator: param.text('', 64) }

/** Who is signed in, where and since when. */
export default function SessionsPage() {
  const t = useWords('system')
  const { role } = useOperator()
  const queries = useQueryClient()
  const [{ operator }, set] = useUrlState(shape)
  const columns = useMemo(() => {
    const end = async (id: string) => {
      await ask(api.DELETE('/api/v1/sessions/{id}', { params: { path: { id } } }))
      await queries.invalidateQueries({ queryKey: ['table', 'sessions'] })
    }
    return [
      ...sessionColumns(t),
      ...(role === 'administrator'
        ? [{
            key: 'end', title: t('actions'),
            render: (s: Schema<'ShownSession'>) => s.current || s.credential === 'key' ? null : (
              <Popconfirm title={t('session_end_sure', { name: s.operator })} okText={t('session_end')} cancelText={t('keep')} onConfirm={() => end(s.id)}>
                <Button size="small">{t('session_end')}</Button>
              </Popconfirm>
            ),
          }]
        : []),
    ]
  }, [t, role, queries])
  return (
    <>
      <PageHeader title={t('sessions')} about={t('sessions_about')} />
      <DataTable<Schema<'ShownSession'>>
        name="sessions" caption={t('sessions')} columns={columns} filters={[operator]} rowKey={(s) => s.id} empty={t('sessions_none')} refresh={30_000}
        load={async (_, signal) => {
          const { sessions } = await ask(api.GET('/api/v1/sessions', { params: { query: operator ? { operator } : {} }, signal }))
          return { rows: sessions ?? [] }
        }}
        toolbar={<Input.Search className="filter" defaultValue={operator} key={operator} allowClear placeholder={t('operator')} aria-label={t('operator')} onSearch={(text) => set({ operator: text.trim() })} />}
      />
    </>
  )
}
