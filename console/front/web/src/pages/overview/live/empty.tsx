import { useWords } from '../../../i18n'

/** As fairgate's help has it. */
const command = 'fairgate gateway --config fairgate.yaml'

/** No gateway has shown a sign of life: what to do. */
export function Empty() {
  const t = useWords('overview')
  return (
    <section className="panel">
      <h2>{t('empty_title')}</h2>
      <p>{t('empty_note')}</p>
      <pre className="command" tabIndex={0}>{command}</pre>
    </section>
  )
}
