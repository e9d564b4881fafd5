import { useQuery } from '@tanstack/react-query'
import { Alert, Tag } from 'antd'
import { useParams } from 'react-router'
import { api, ask, type Schema } from '../../../api/client'
import { useOperator } from '../../../api/session'
import { useWords } from '../../../i18n'
import { Loaded, PageHeader, Time, VisitorText } from '../../../ui'
import { mayDecide } from '../model'
import { EvidencePanel } from '../parts/evidence-panel'
import { Subject } from '../parts/names'
import { Remaining } from '../parts/remaining'
import { Timeline } from '../parts/timeline'
import { AnswerForm } from './answer'
import '../review.css'

type Answer = Schema<'AppealOutputBody'>

/** One appeal: what the visitor said, what is held against the account, and the answer. */
export default function AppealPage() {
  const t = useWords('review')
  const { id = '' } = useParams()
  const query = useQuery({ queryKey: ['appeal', id], queryFn: ({ signal }) => ask(api.GET('/api/v1/appeals/{id}', { params: { path: { id } }, signal })) })
  return (
    <>
      <PageHeader title={t('appeal_of', { receipt: query.data?.appeal.receipt ?? '' })} />
      <Loaded query={query}>{(answer) => <AppealView key={id} answer={answer} />}</Loaded>
    </>
  )
}

function AppealView({ answer: { appeal, standing } }: { answer: Answer }) {
  const t = useWords('review')
  const { role, name } = useOperator()
  const earlier = standing.case?.decided_by
  const waiting = appeal.state === 'received'
  return (
    <>
      <section className="panel gap-below">
        <dl className="facts">
          <div><dt>{t('subject')}</dt><dd><Subject target={appeal.subject} /></dd></div>
          <div><dt>{t('received')}</dt><dd><Time value={appeal.received_at} /></dd></div>
          {waiting ? <div><dt>{t('due')}</dt><dd><Remaining due={appeal.due_at} /> (<Time value={appeal.due_at} to="minute" />)</dd></div> : (
            <div><dt>{t('decided')}</dt><dd><Tag>{appeal.state === 'granted' ? t('appeal_granted') : t('appeal_declined')}</Tag> {appeal.decided_by} <Time value={appeal.decided_at} /></dd></div>
          )}
          <div><dt>{t('language')}</dt><dd>{appeal.language === 'en' ? t('language_en') : t('language_zh')}</dd></div>
          {earlier ? <div><dt>{t('earlier_decider')}</dt><dd>{earlier}</dd></div> : null}
        </dl>
        <h2>{t('appeal_text')}</h2>
        <blockquote className="visitor-message"><VisitorText max={1000}>{appeal.text}</VisitorText></blockquote>
        {appeal.reason ? <p><strong>{t('reason_given')}</strong> <VisitorText>{appeal.reason}</VisitorText></p> : null}
      </section>
      {waiting && earlier === name ? <Alert type="warning" showIcon className="gap-below" title={t('same_reviewer')} /> : null}
      {waiting && mayDecide(role) && earlier !== name ? <AnswerForm appeal={appeal} standing={standing} /> : null}
      <div className="review-grid">
        <section className="panel"><h2>{t('evidence')}</h2><EvidencePanel evidence={standing.case?.evidence ?? []} /></section>
        <section className="panel"><h2>{t('timeline')}</h2>{appeal.subject.entity === 'account' ? <Timeline account={appeal.subject.key} /> : <p className="muted">{t('timeline_other')}</p>}</section>
      </div>
    </>
  )
}
