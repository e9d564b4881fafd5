import { useWords } from '../i18n'

export const verdicts = ['allow', 'challenge', 'flag', 'block'] as const
export type Verdict = (typeof verdicts)[number]

export const verdictIcons: Record<Verdict, string> = { allow: '✓', challenge: '◇', flag: '⚑', block: '⊘' }
/** Light theme; each at least 4.7:1 on the page and told apart without colour vision. */
export const verdictColours: Record<Verdict, string> = { allow: '#33709F', challenge: '#A85100', flag: '#9416EA', block: '#262626' }

export const isVerdict = (name: string): name is Verdict => (verdicts as readonly string[]).includes(name)

/** A verdict: icon, word and colour together, never colour alone. */
export function VerdictTag({ verdict }: { verdict: string }) {
  const t = useWords('ui')
  if (!isVerdict(verdict)) return <span className="verdict">{verdict}</span>
  return (
    <span className={`verdict verdict-${verdict}`}>
      <span aria-hidden="true">{verdictIcons[verdict]}</span> {t(`verdict_${verdict}`)}
    </span>
  )
}
