import { useQuery } from '@tanstack/react-query'
import { Select } from 'antd'
import { api, ask } from '../../../api/client'
import { useWords } from '../../../i18n'
import { Loaded, param, useUrlState } from '../../../ui'
import { messageKinds, type MessageKind } from './model'
import { TemplateEditor } from './template-editor'
import './notifications.css'

const shape = { kind: param.oneOf(messageKinds, 'alert_fired') }

/** The words of each kind of message, Chinese and English side by side. */
export function Templates() {
  const t = useWords('notifications')
  const [{ kind }, set] = useUrlState(shape)
  return (
    <>
      <div className="table-toolbar">
        <Select value={kind} onChange={(to) => set({ kind: to })} aria-label={t('only')} popupMatchSelectWidth={false} options={messageKinds.map((k) => ({ value: k, label: t(`about_${k}`) }))} />
      </div>
      <div className="template-columns">
        <One kind={kind} language="zh" />
        <One kind={kind} language="en" />
      </div>
    </>
  )
}

function One({ kind, language }: { kind: MessageKind; language: 'zh' | 'en' }) {
  const t = useWords('notifications')
  const query = useQuery({
    queryKey: ['template', kind, language],
    queryFn: ({ signal }) => ask(api.GET('/api/v1/notifications/templates/{kind}/{language}', { params: { path: { kind, language } }, signal })),
  })
  return (
    <section className="panel" aria-label={t(`language_${language}`)}>
      <h2>{t(`language_${language}`)}</h2>
      <Loaded query={query}>{(words) => <TemplateEditor key={`${kind}/${language}/${words.title}/${words.body}`} kind={kind} language={language} words={words} />}</Loaded>
    </section>
  )
}
