import { useParams } from 'react-router'
import { useWords } from '../../../i18n'
import { PageHeader } from '../../../ui'
import { Job } from './job'
import '../strategy.css'

/** One backtest by its permanent address. */
export default function BacktestPage() {
  const t = useWords('strategy')
  const { id = '' } = useParams()
  return (
    <>
      <PageHeader title={t('backtest')} about={<code>{id}</code>} />
      <section className="panel"><Job id={id} /></section>
    </>
  )
}
