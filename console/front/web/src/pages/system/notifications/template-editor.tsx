import { useQuery, useQueryClient } from '@tanstack/react-query'
import { App, Button, Form, Input, Space } from 'antd'
import { useState } from 'react'
import { api, ask, type Schema } from '../../../api/client'
import { useWords } from '../../../i18n'
import { ErrorCard } from '../../../ui'
import type { MessageKind } from './model'
import { useMayEdit } from './use-may-edit'
import { useSettled } from './use-settled'

interface TemplateEditorProps {
  kind: MessageKind
  language: 'zh' | 'en'
  words: Schema<'WordsBody'>
}

/** Changes the words of one kind of message in one language, beside how they read. */
export function TemplateEditor({ kind, language, words }: TemplateEditorProps) {
  const t = useWords('notifications')
  const ui = useWords('ui')
  const { message, modal } = App.useApp()
  const client = useQueryClient()
  const mayEdit = useMayEdit()
  const [title, setTitle] = useState(words.title)
  const [body, setBody] = useState(words.body)
  const [failed, setFailed] = useState<unknown>()
  const params = { path: { kind, language } }
  const text = useSettled(JSON.stringify([title, body]), 400)
  const changed = title !== words.title || body !== words.body
  const preview = useQuery<Schema<'WordsBody'>>({
    queryKey: ['template-preview', kind, language, text], enabled: mayEdit && changed && title !== '' && body !== '', placeholderData: (before) => before, retry: false,
    queryFn: ({ signal }) => ask(api.PUT('/api/v1/notifications/templates/{kind}/{language}', { params: { ...params, query: { preview: true } }, body: { title, body }, signal })),
  })
  const shown = changed && preview.data ? preview.data.preview : words.preview
  const run = async (change: Promise<Schema<'WordsBody'>>) => {
    setFailed(undefined)
    try {
      client.setQueryData(['template', kind, language], await change)
      void message.success(t('template_saved'))
    } catch (error) {
      setFailed(error)
    }
  }
  const reset = () => void modal.confirm({
    title: t('template_reset_title'), content: t('template_reset_about'), okText: t('template_reset'), cancelText: ui('cancel'),
    onOk: () => run(ask(api.DELETE('/api/v1/notifications/templates/{kind}/{language}', { params }))),
  })
  return (
    <>
      <Form layout="vertical">
        <Form.Item label={t('template_title')} htmlFor={`title-${language}`}>
          <Input id={`title-${language}`} value={title} readOnly={!mayEdit} maxLength={300} onChange={(e) => setTitle(e.target.value)} />
        </Form.Item>
        <Form.Item label={t('template_body')} htmlFor={`body-${language}`} extra={<>{t('template_fields')}: {(words.fields ?? []).map((f) => <code key={f} className="field-name">{`{{.${f}}}`}</code>)}</>}>
          <Input.TextArea id={`body-${language}`} value={body} readOnly={!mayEdit} rows={6} maxLength={4000} onChange={(e) => setBody(e.target.value)} />
        </Form.Item>
      </Form>
      <h3>{t('preview')} <span className="muted">{preview.isFetching ? t('preview_stale') : t('preview_note')}</span></h3>
      {preview.isError && changed ? <ErrorCard error={preview.error} /> : (
        <div className="message-preview">
          <strong>{shown?.title}</strong>
          <p>{shown?.body}</p>
        </div>
      )}
      {failed === undefined ? null : <ErrorCard error={failed} />}
      {mayEdit ? (
        <Space>
          <Button type="primary" disabled={!changed || title === '' || body === ''} onClick={() => void run(ask(api.PUT('/api/v1/notifications/templates/{kind}/{language}', { params, body: { title, body } })))}>{t('save')}</Button>
          <Button onClick={reset}>{t('template_reset')}</Button>
        </Space>
      ) : <p className="muted">{t('read_only')}</p>}
    </>
  )
}
