import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { type Problem, asProblem } from '../api/problem'
import { Submission } from '../api/submission'
import type { Board, BookingBody, Order, Pool } from '../api/types'
import { useWords } from '../i18n/i18n'
import { Link, useRouter } from '../router'
import { useLoaded, useShop } from '../shop'
import { Announcements, readBoard } from '../ui/announcements'
import { Page } from '../ui/page'
import { Button, Notice, Skeleton, Stepper } from '../ui/parts'
import { ProblemNotice } from '../ui/refusal'
import { AnswersForm, SeatForm } from '../ui/seats'
import { type Faults, type Quantities, type Typed, answersOf, check, checkAnswers, emptyDraft, fieldsPer, mostOf, ofOrder, offered, seatsOf, serverFaults, toVisitor, totalOf } from '../visitors'
import { useMustSignIn } from './orders'
import { ToCalendar } from './pool'

/** Loads the pool where the visitor came by a link; nothing here reads the stock. */
export function Book({ id }: { id: string }) {
  const { t } = useWords()
  const { client, pools } = useShop()
  const { place } = useRouter()
  const date = place.query.get('date') ?? ''
  const slot = place.query.get('slot') ?? undefined
  const pool = useLoaded(async (signal) => pools.get(id) ?? (await client.get<Pool>(`/api/v1/pools/${encodeURIComponent(id)}`, { signal })), [id])
  // What the visitor is shown here is what they agree to.
  const board = useLoaded((signal) => readBoard(client, signal, id), [id])
  useMustSignIn(`${place.path}?${place.query.toString()}`)
  const back = `/pools/${encodeURIComponent(id)}?${place.query.toString()}`
  return (
    <Page title={t('book.title')} back={back}>
      {pool.problem && <ProblemNotice problem={pool.problem} retry={pool.reload} />}
      {(!pool.value || (!board.value && board.loading)) && !pool.problem && <Skeleton lines={6} />}
      {pool.value && (board.value || !board.loading) && !board.problem && <Form pool={pool.value} board={board.value} reread={board.reload} date={date} slot={slot} back={back} />}
      {board.problem && <ProblemNotice problem={board.problem} retry={board.reload} />}
    </Page>
  )
}

type Progress = { is: 'idle' } | { is: 'sending'; retry: number } | { is: 'failed'; problem: Problem }

function Form({ pool, board, reread, date, slot, back }: { pool: Pool; board: Board | undefined; reread: () => void; date: string; slot: string | undefined; back: string }) {
  const words = useWords()
  const { t, price } = words
  const { client, orders, drafts: kept, say } = useShop()
  const { go } = useRouter()
  const products = offered(pool)
  const [quantities, setQuantities] = useState<Quantities>(kept.get(pool.pool)?.quantities ?? { [products[0]?.id ?? '']: 1 })
  const [drafts, setDrafts] = useState(kept.get(pool.pool)?.drafts ?? {})
  const [typed, setTyped] = useState<Typed>({})
  const [faults, setFaults] = useState<Faults>({})
  const [progress, setProgress] = useState<Progress>({ is: 'idle' })
  const form = useRef<HTMLFormElement>(null)
  const fields = fieldsPer(pool, 'order')
  const personal = fieldsPer(pool, 'position')
  const seats = seatsOf(pool, quantities)
  const draftOf = (key: string) => drafts[key] ?? emptyDraft
  const total = totalOf(pool, quantities)

  const submission = useMemo(() => new Submission<Order>({ retrying: (retry) => setProgress({ is: 'sending', retry }) }), [])
  // A sign-in in between loses nothing of what was typed.
  useEffect(() => {
    kept.set(pool.pool, { drafts, quantities })
  }, [drafts, quantities])
  // The first control at fault gets the focus once it is drawn.
  useEffect(() => {
    const wrong = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')
    if (wrong && progress.is !== 'sending') wrong.focus()
  }, [faults])

  // The button is always in view, so what it leads to must come into view.
  const status = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (progress.is !== 'idle' && Object.keys(faults).length === 0) status.current?.scrollIntoView({ block: 'center' })
  }, [progress, faults])

  const submit = async (e: Event) => {
    e.preventDefault()
    if (progress.is === 'sending') return
    const found = { ...check(seats, draftOf, personal), ...checkAnswers(ofOrder, fields, typed) }
    setFaults(found)
    if (Object.keys(found).length > 0 || seats.length === 0) {
      setProgress({ is: 'idle' })
      return
    }
    const body: BookingBody = {
      pool: pool.pool,
      date,
      ...(slot ? { slot } : {}),
      positions: seats.map((s) => toVisitor(draftOf(s.key), s.product, personal)),
      ...(board ? { rules_version: board.rules_version } : {}),
      ...(fields.length > 0 ? { answers: answersOf(fields, typed) } : {}),
    }
    setProgress({ is: 'sending', retry: 0 })
    try {
      const order = await submission.submit(body, (key) => client.write<Order>('POST', '/api/v1/orders', { body, key, signedIn: true, signed: true }))
      orders.set(order.order_id, order)
      kept.delete(pool.pool)
      if (order.state !== 'held') say(t('order.booked'))
      go(`/orders/${order.order_id}`, { replace: true })
    } catch (thrown) {
      const problem = asProblem(thrown)
      setProgress({ is: 'failed', problem })
      setFaults(serverFaults(problem, seats, words.language))
      if (problem.code === 'rules_changed') reread()
    }
  }

  const wrong = Object.keys(faults).length
  const busy = progress.is === 'sending'
  return (
    <form ref={form} noValidate onSubmit={(e) => void submit(e)} aria-busy={busy}>
      <section class="card summary" aria-labelledby="summary">
        <h2 id="summary" class="hidden">{t('book.summary')}</h2>
        <p><strong>{words.either(pool.name, pool.name_en)}</strong><br />{date && words.day(date)} {slot}</p>
        <Link to={back}>{t('book.change_choice')}</Link>
      </section>
      <Tickets pool={pool} quantities={quantities} change={setQuantities} />
      {fields.length > 0 && <AnswersForm fields={fields} typed={typed} faults={faults} change={setTyped} />}
      {seats.map((seat, i) => (
        <SeatForm key={seat.key} seat={seat} number={i + 1} draft={draftOf(seat.key)} fields={personal} faults={faults} change={(d) => setDrafts({ ...drafts, [seat.key]: d })} />
      ))}
      <Announcements title={t('book.rules')} list={board?.announcements.filter((a) => a.kind === 'rules') ?? []} open />
      <p class="quiet">{t('book.consent')}</p>
      <div ref={status} aria-live="polite">
        {busy && <Notice><p>{progress.retry > 0 ? t('book.retrying', { n: progress.retry }) : t('book.sending')}</p></Notice>}
        {progress.is === 'failed' && <Failure problem={progress.problem} pool={pool.pool} />}
        {!busy && wrong > 0 && <Notice tone="bad"><p>{t('book.errors', { n: wrong })}</p></Notice>}
        {seats.length === 0 && <Notice tone="warn"><p>{t('book.none')}</p></Notice>}
      </div>
      <div class="sticky">
        <p class="strong">{total > 0 ? t('price.total', { price: price(total) }) : price(0)}</p>
        <Button look="main" type="submit" busy={busy} disabled={seats.length === 0}>{total > 0 ? t('book.submit_paid') : t('book.submit_free')}</Button>
      </div>
    </form>
  )
}

/** How many tickets, by type where the pool has types. */
function Tickets({ pool, quantities, change }: { pool: Pool; quantities: Quantities; change: (q: Quantities) => void }) {
  const { t, price } = useWords()
  const products = pool.products?.length ? offered(pool) : [undefined]
  return (
    <section class="card tickets" aria-labelledby="tickets">
      <h2 id="tickets">{pool.products?.length ? t('book.tickets') : t('book.visitors')}</h2>
      <ul>
        {products.map((p) => {
          const name = p?.name ?? t('book.visitors')
          const id = p?.id ?? ''
          return (
            <li key={id}>
              <div>
                {p && <span>{p.name}</span>}{' '}
                <span class="price">{price(p?.price_fen ?? pool.price_fen)}</span>
                {p && (p.persons > 1 || p.max_age) && (
                  <span class="quiet block">{[p.persons > 1 && t('book.persons', { n: p.persons }), p.max_age && t('book.max_age', { n: p.max_age })].filter(Boolean).join(' · ')}</span>
                )}
              </div>
              <Stepper
                label={t('book.quantity', { name })}
                fewer={t('book.fewer', { name })}
                more={t('book.more', { name })}
                value={quantities[id] ?? 0}
                min={p ? 0 : 1}
                max={mostOf(pool, quantities, p)}
                change={(n) => change({ ...quantities, [id]: n })}
              />
            </li>
          )
        })}
      </ul>
      {pool.products?.some((p) => p.kind === 'group') && <p class="quiet">{t('book.group_note')}</p>}
    </section>
  )
}

const otherDay = ['sold_out', 'date_unavailable', 'slot_unavailable', 'slot_needed', 'not_open', 'too_late', 'document_taken']

function Failure({ problem, pool }: { problem: Problem; pool: string }) {
  const { t } = useWords()
  return (
    <>
      {(problem.code !== 'invalid_field' || !problem.body.field) && <ProblemNotice problem={problem} />}
      {problem.unsure && problem.code !== 'abandoned' && (
        <Notice tone="warn"><p>{t('book.unsure')}</p><p><Link to="/orders">{t('book.see_orders')}</Link></p></Notice>
      )}
      {otherDay.includes(problem.code) && <p><ToCalendar pool={pool} /></p>}
    </>
  )
}
