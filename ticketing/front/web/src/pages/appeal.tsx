import { useState } from 'preact/hooks'
import { Problem, asProblem } from '../api/problem'
import { useWords } from '../i18n/i18n'
import { Link, useRouter } from '../router'
import { useShop, useSignedIn } from '../shop'
import { Page } from '../ui/page'
import { Button, Field, Notice } from '../ui/parts'
import { ProblemNotice } from '../ui/refusal'

/** How an appeal stands; the words are the same whatever the reason was. */
interface Standing {
  state: 'received' | 'granted' | 'declined'
  received_at: string
  due_at: string
}

const path = '/.fairgate/appeal'
const longest = 1000

/** Appealing by receipt. Who is signed in is the proof; else a document is. */
export function Appeal() {
  const { t, language } = useWords()
  const { place } = useRouter()
  const { client } = useShop()
  const signedIn = useSignedIn()
  const [receipt, setReceipt] = useState(place.query.get('receipt') ?? '')
  const [document, setDocument] = useState('')
  const [text, setText] = useState('')
  const [busy, setBusy] = useState(false)
  const [standing, setStanding] = useState<Standing>()
  const [problem, setProblem] = useState<Problem>()
  const ask = async (to: string) => {
    setBusy(true)
    setProblem(undefined)
    try {
      const body = { receipt, text, document, language }
      setStanding(await client.write<Standing>('POST', to, { body, signedIn }))
    } catch (thrown) {
      setStanding(undefined)
      setProblem(asProblem(thrown))
    } finally {
      setBusy(false)
    }
  }
  return (
    <Page title={t('appeal.title')}>
      {standing && <Standing receipt={receipt} standing={standing} />}
      {problem && <ProblemNotice problem={problem} />}
      <form class="card" onSubmit={(e) => { e.preventDefault(); void ask(path) }}>
        <Field label={t('refusal.receipt')} hint={t('appeal.receipt_hint')}>
          {(control) => <input {...control} value={receipt} maxLength={64} autocomplete="off" required onInput={(e) => setReceipt(e.currentTarget.value)} />}
        </Field>
        {!signedIn && (
          <>
            <p class="quiet">{t('appeal.proof')} <Link to={`/sign-in?next=${encodeURIComponent(`/appeal?receipt=${receipt}`)}`}>{t('appeal.sign_in')}</Link></p>
            <Field label={t('appeal.document')} optional>
              {(control) => <input {...control} value={document} maxLength={64} autocomplete="off" onInput={(e) => setDocument(e.currentTarget.value)} />}
            </Field>
          </>
        )}
        <Field label={t('appeal.text')} hint={t('appeal.text_hint', { n: longest })}>
          {(control) => <textarea {...control} value={text} maxLength={longest} rows={6} required onInput={(e) => setText(e.currentTarget.value)} />}
        </Field>
        <p class="buttons">
          <Button type="submit" look="main" busy={busy}>{t('appeal.send')}</Button>
          <Button busy={busy} onClick={() => void ask(`${path}/status`)}>{t('appeal.ask')}</Button>
        </p>
      </form>
    </Page>
  )
}

function Standing({ receipt, standing }: { receipt: string; standing: Standing }) {
  const { t, locale } = useWords()
  const due = new Date(standing.due_at).toLocaleString(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'Asia/Shanghai' })
  const words = { received: 'appeal.received', granted: 'appeal.granted', declined: 'appeal.declined' } as const
  return (
    <Notice tone={standing.state === 'granted' ? 'good' : 'info'} urgent>
      <p>{t(words[standing.state], { r: receipt, t: due })}</p>
    </Notice>
  )
}
