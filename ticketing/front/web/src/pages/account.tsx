import { asProblem } from '../api/problem'
import { newKey } from '../api/submission'
import type { Profile } from '../api/types'
import { type Language, useWords } from '../i18n/i18n'
import { useRouter } from '../router'
import { useLoaded, useShop } from '../shop'
import { ConsentChoice } from '../ui/consent'
import { Page } from '../ui/page'
import { Button, Skeleton } from '../ui/parts'
import { ProblemNotice } from '../ui/refusal'
import { useMustSignIn } from './orders'

const languages: readonly (readonly [Language, string])[] = [['zh', '中文'], ['en', 'English']]

export function Account({ setLanguage }: { setLanguage: (language: Language) => void }) {
  const { t, language } = useWords()
  const signedIn = useMustSignIn()
  return (
    <Page title={t('account.title')}>
      {signedIn && <Mine />}
      <fieldset class="choice">
        <legend>{t('account.language')}</legend>
        {languages.map(([tag, name]) => (
          <label key={tag} lang={tag}>
            <input type="radio" name="language" checked={language === tag} onChange={() => setLanguage(tag)} />
            <span>{name}</span>
          </label>
        ))}
      </fieldset>
      <ConsentChoice />
    </Page>
  )
}

function Mine() {
  const { t } = useWords()
  const { client, session, orders, drafts, say } = useShop()
  const { go } = useRouter()
  const me = useLoaded((signal) => client.get<Profile>('/api/v1/accounts/me', { signal, signedIn: true }), [])
  const signOut = async () => {
    try {
      await client.write('DELETE', '/api/v1/sessions', { key: newKey(), signedIn: true })
    } catch (thrown) {
      // Here everything is forgotten in any case; the token itself expires.
      if (asProblem(thrown).code === 'abandoned') return
    }
    orders.clear()
    drafts.clear()
    go('/', { replace: true })
    session.end()
    say(t('account.signed_out'))
  }
  return (
    <section class="card" aria-label={t('account.title')}>
      {me.problem && <ProblemNotice problem={me.problem} retry={me.reload} />}
      {!me.value && !me.problem && <Skeleton lines={2} />}
      {me.value && <dl><dt>{t('account.phone')}</dt><dd>{me.value.phone_masked || t('account.none')}</dd></dl>}
      <p><Button onClick={() => void signOut()}>{t('account.sign_out')}</Button></p>
      <p class="quiet">{t('account.privacy')}</p>
    </section>
  )
}
