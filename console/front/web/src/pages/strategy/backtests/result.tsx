import { Alert } from 'antd'
import { Link } from 'react-router'
import { useWords } from '../../../i18n'
import { Rate, Time, VerdictTag, VisitorText } from '../../../ui'
import { aloneOf, coverage, labels, matrix, outcomes } from '../backtest'
import type { Backtest } from '../model'
import { ActionName } from '../tags'

type Comparison = NonNullable<Backtest['result']>
type Figure = Comparison['newly_harmed_human_rate']

const FigureRate = ({ figure }: { figure: Figure }) => <Rate n={figure.numerator} of={figure.denominator} low={figure.low} high={figure.high} />

/** What a backtest found; with a rule, also what that one alone does. */
export function Result({ result, rule }: { result: Comparison; rule?: string }) {
  const t = useWords('strategy')
  const cells = matrix(result)
  const labelled = coverage(result)
  return (
    <div className="tab-body">
      {rule ? <Alone result={result} rule={rule} /> : null}
      <section className="section" aria-label={t('bt_matrix')}>
        <h2>{t('bt_matrix')}</h2>
        <div className="parts-scroll">
          <table className="parts">
            <thead><tr><th scope="col">{t('bt_label')}</th>{outcomes.map((o) => <th key={o} scope="col">{t(`bt_${o}`)}</th>)}</tr></thead>
            <tbody>
              {labels.map((label) => (
                <tr key={label}>
                  <th scope="row">{t(`label_${label}`)}</th>
                  {outcomes.map((outcome) => {
                    const cell = cells.find((c) => c.label === label && c.outcome === outcome)
                    return <td key={outcome}>{cell && cell.of > 0 ? <Rate n={cell.n} of={cell.of} /> : <span className="figure">{cell?.n ?? 0}</span>}</td>
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <p className="muted">{t('bt_matrix_note')}</p>
        <dl className="facts">
          <div><dt>{t('bt_harmed')}</dt><dd><FigureRate figure={result.newly_harmed_human_rate} /></dd></div>
          <div><dt>{t('bt_coverage')}</dt><dd><Rate n={labelled.n} of={labelled.of} /></dd></div>
          {result.newly_blocked_evident ? <div><dt>{t('label_unlabelled')}</dt><dd>{t('bt_evident', { n: result.newly_blocked_evident.people, of: result.newly_blocked_evident.tried })}</dd></div> : null}
          <div><dt>{t('bt_accounts')}</dt><dd className="figure">{result.accounts.number.toLocaleString('en')}{result.accounts.estimated ? ` (${t('bt_estimated')})` : ''}</dd></div>
          <div><dt>{t('bt_tried')}</dt><dd className="figure">{result.tried.number.toLocaleString('en')}{result.tried.estimated ? ` (${t('bt_estimated')})` : ''}</dd></div>
          <div><dt>{t('bt_cutoff')}</dt><dd><Time value={result.from} to="minute" /> – <Time value={result.to} to="minute" /> · {t('bt_events', { n: result.events.toLocaleString('en'), s: result.seconds.toFixed(1) })} · {t('bt_warmup', { h: (result.warm_up_seconds / 3600).toFixed(0), n: result.warm_up_events.toLocaleString('en') })}</dd></div>
        </dl>
        {(result.notes ?? []).length > 0 ? <Alert type="info" showIcon title={t('bt_notes')} description={<ul>{(result.notes ?? []).map((n) => <li key={n}>{n}</li>)}</ul>} /> : null}
      </section>
      <Rates result={result} />
      <ByRule result={result} />
      <Examples result={result} />
    </div>
  )
}

function Alone({ result, rule }: { result: Comparison; rule: string }) {
  const t = useWords('strategy')
  const alone = aloneOf(result, rule)
  return (
    <section className="section" aria-label={t('bt_alone')}>
      <h2>{t('bt_alone')}</h2>
      {alone && alone.accounts > 0 ? (
        <p>
          {t('bt_alone_text', { n: alone.accounts - alone.shadow, h: alone.humans, s: alone.scalpers, a: alone.added, ah: alone.addedHumans, as: alone.addedScalpers })}
          {alone.shadow > 0 ? ` ${t('bt_alone_shadow', { n: alone.shadow })}` : ''}{alone.estimated ? ` (${t('bt_estimated')})` : ''}
        </p>
      ) : <p className="muted">{t('bt_alone_none')}</p>}
    </section>
  )
}

function Rates({ result }: { result: Comparison }) {
  const t = useWords('strategy')
  const sides = [{ key: 'new', name: t('bt_rule_new'), of: result.new }, ...(result.against ? [{ key: 'against', name: t('bt_rule_against'), of: result.against }] : [])]
  return (
    <section className="section" aria-label={t('bt_rates')}>
      <h2>{t('bt_rates')}</h2>
      <div className="parts-scroll">
        <table className="parts">
          <thead><tr><th scope="col">{t('bt_version')}</th><th scope="col">{t('bt_fp')}</th><th scope="col">{t('bt_challenged')}</th><th scope="col">{t('bt_miss')}</th></tr></thead>
          <tbody>
            {sides.map((s) => (
              <tr key={s.key}>
                <th scope="row">{s.name} <code>{s.of.version}</code></th>
                <td><FigureRate figure={s.of.false_positive_rate} /></td><td><FigureRate figure={s.of.challenged_human_rate} /></td><td><FigureRate figure={s.of.miss_rate} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function ByRule({ result }: { result: Comparison }) {
  const t = useWords('strategy')
  const hit = (result.rules ?? []).filter((r) => [r.new, r.against].some((c) => c && c.accounts.number + c.shadow_accounts.number > 0))
  if (hit.length === 0) return null
  const side = (c: (typeof hit)[number]['new']) => c
    ? <><ActionName action={c.action} /> <span className="figure">{c.accounts.number.toLocaleString('en')}</span> <span className="muted">({t('label_human')} {c.humans.number} · {t('label_scalper')} {c.scalpers.number}{c.shadow_accounts.number > 0 ? ` · ${t('hits_shadow', { n: c.shadow_accounts.number })}` : ''})</span></>
    : '—'
  return (
    <section className="section" aria-label={t('bt_rules')}>
      <h2>{t('bt_rules')}</h2>
      <div className="parts-scroll">
        <table className="parts">
          <thead><tr><th scope="col">{t('rule')}</th><th scope="col">{t('bt_rule_new')}</th><th scope="col">{t('bt_rule_against')}</th></tr></thead>
          <tbody>{hit.map((r) => <tr key={r.rule}><th scope="row"><code>{r.rule}</code></th><td>{side(r.new)}</td><td>{side(r.against)}</td></tr>)}</tbody>
        </table>
      </div>
    </section>
  )
}

function Examples({ result }: { result: Comparison }) {
  const t = useWords('strategy')
  const top = result.top ?? []
  return (
    <section className="section" aria-label={t('bt_examples')}>
      <h2>{t('bt_examples')}</h2>
      {top.length === 0 ? <p className="muted">{t('bt_examples_none')}</p> : (
        <div className="parts-scroll">
          <table className="parts">
            <thead><tr><th scope="col">{t('bt_accounts')}</th><th scope="col">{t('bt_label')}</th><th scope="col">{t('bt_rule_against')} → {t('bt_rule_new')}</th><th scope="col">{t('bt_evidence')}</th></tr></thead>
            <tbody>
              {top.map((a) => {
                const label = labels.find((l) => l === a.label)
                return (
                  <tr key={a.account}>
                    <td><Link to={`/accounts/${encodeURIComponent(a.account)}`}><VisitorText>{a.account}</VisitorText></Link></td>
                    <td>{label ? t(`label_${label}`) : a.label}</td>
                    <td><VerdictTag verdict={a.against || 'allow'} /> → <VerdictTag verdict={a.new || 'allow'} /></td>
                    <td>{(a.evidence ?? []).slice(0, 2).map((e) => <div key={e.event_id + e.rule}><code>{e.rule}</code> <Time value={e.time} /> {e.kind}</div>)}</td>
                  </tr>
                )
              })}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}
