import { Button } from 'antd'
import { restore, signOut } from '../../api/session'
import { useWords } from '../../i18n'
import { PageHeader } from '../../ui/page-header'
import { Enrol } from './enrol'
import { ProofDialog } from './proof-dialog'

/** The role needs a second factor before anything else. */
export function MustEnrol() {
  const t = useWords('ui')
  return (
    <div className="gate">
      <main className="gate-card">
        <p className="brand">Fairgate</p>
        <PageHeader title={t('enrol_title')} about={t('enrol_must')} />
        <Enrol onDone={() => void restore().catch(() => undefined)} />
        <Button type="link" block onClick={() => void signOut().catch(() => undefined)}>{t('sign_out')}</Button>
        <ProofDialog />
      </main>
    </div>
  )
}
