import { useWords } from '../i18n/i18n'
import { useShop } from '../shop'
import { Button } from './parts'

/** Asks once, beside the page: nobody has to answer to go on. */
export function Consent() {
  const { t } = useWords()
  const { collector } = useShop()
  if (!collector.asking) return null
  return (
    <section class="consent" aria-label={t('consent.title')}>
      <p class="strong">{t('consent.title')}</p>
      <p>{t('consent.text')}</p>
      <p class="buttons">
        <Button look="main" onClick={() => collector.decide('given')}>{t('consent.give')}</Button>
        <Button onClick={() => collector.decide('refused')}>{t('consent.refuse')}</Button>
      </p>
    </section>
  )
}

/** Changes the answer at any time. */
export function ConsentChoice() {
  const { t } = useWords()
  const { collector } = useShop()
  if (!collector.known) return null
  return (
    <fieldset class="choice">
      <legend>{t('consent.title')}</legend>
      <p class="quiet">{t('consent.text')}</p>
      {(['given', 'refused'] as const).map((answer) => (
        <label key={answer}>
          <input type="radio" name="consent" checked={collector.answer === answer} onChange={() => collector.decide(answer)} />
          <span>{t(answer === 'given' ? 'consent.give' : 'consent.refuse')}</span>
        </label>
      ))}
    </fieldset>
  )
}
