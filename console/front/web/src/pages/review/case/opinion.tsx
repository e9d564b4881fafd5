import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Button, Input, Radio, Space } from 'antd'
import { useState } from 'react'
import { api, ask } from '../../../api/client'
import { useWords } from '../../../i18n'
import { ErrorCard } from '../../../ui'
import { opinions, type OpinionValue, type View } from '../model'

/** The first opinion, before verdict, rules and score are shown. */
export function OpinionForm({ view }: { view: View }) {
  const t = useWords('review')
  const client = useQueryClient()
  const [value, setValue] = useState<OpinionValue>()
  const [note, setNote] = useState('')
  const save = useMutation({
    mutationFn: (chosen: OpinionValue) => ask(api.POST('/api/v1/cases/{id}/opinion', { params: { path: { id: view.id } }, body: { value: chosen, ...(note.trim() ? { note: note.trim() } : {}) } })),
    onSuccess: async (after) => {
      client.setQueryData(['case', view.id], after)
      await Promise.all(['timeline', 'account', 'known', 'table'].map((key) => client.invalidateQueries({ queryKey: [key] })))
    },
  })
  return (
    <section className="panel gap-below" aria-label={t('opinion_title')}>
      <h2>{t('opinion_title')}</h2>
      <Space orientation="vertical" size="middle">
        <Radio.Group
          value={value} onChange={(e) => setValue(opinions.find((o) => o === e.target.value))} optionType="button" aria-label={t('opinion_title')}
          options={opinions.map((o) => ({ value: o, label: t(`opinion_${o}`) }))}
        />
        <Input.TextArea value={note} onChange={(e) => setNote(e.target.value)} maxLength={500} rows={2} placeholder={t('opinion_note')} aria-label={t('opinion_note')} />
        {save.isError ? <ErrorCard error={save.error} /> : null}
        <Button type="primary" disabled={!value} loading={save.isPending} onClick={() => value && save.mutate(value)}>{t('opinion_save')}</Button>
      </Space>
    </section>
  )
}
