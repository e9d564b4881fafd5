import { useState } from 'preact/hooks'
import { useAct } from '../act'
import { fieldOf } from '../api/problem'
import type { Order, Pool, Product } from '../api/types'
import { useWords } from '../i18n/i18n'
import { now } from '../clock'
import { isBooked, stateOf } from '../order'
import { useLiveStock } from '../stock'
import { type Draft, type Faults, type Seat, check, emptyDraft, fieldsPer, serverFaults, toVisitor } from '../visitors'
import { Calendar } from './calendar'
import { Button, Choice, Dialog, Field, Notice, Skeleton } from './parts'
import { ProblemNotice } from './refusal'
import { SeatForm } from './seats'
import { Slots } from './slots'

type Doing = 'change' | 'cancel' | 'transfer'

interface Props {
  order: Order
  pool: Pool | undefined
  reload: () => void
  transferred: () => void
}

/** What the owner may do with an order. Each opens a dialog of its own. */
export function Manage({ order, pool, reload, transferred }: Props) {
  const { t } = useWords()
  const [doing, setDoing] = useState<Doing>()
  const close = () => setDoing(undefined)
  const done = () => {
    close()
    reload()
  }
  const booked = isBooked(stateOf(order, now()))
  return (
    <section aria-labelledby="manage">
      <h2 id="manage">{t('order.manage')}</h2>
      <p class="buttons">
        {booked && <Button onClick={() => setDoing('change')}>{t('order.change')}</Button>}
        {booked && <Button onClick={() => setDoing('transfer')}>{t('order.transfer')}</Button>}
        <Button look="danger" onClick={() => setDoing('cancel')}>{t('order.cancel')}</Button>
      </p>
      {doing === 'change' && <ChangeDate order={order} done={done} close={close} />}
      {doing === 'cancel' && <Cancel order={order} done={done} close={close} />}
      {doing === 'transfer' && <Transfer order={order} pool={pool} done={() => { close(); transferred() }} close={close} />}
    </section>
  )
}

interface DialogProps {
  order: Order
  done: () => void
  close: () => void
}

function ChangeDate({ order, done, close }: DialogProps) {
  const words = useWords()
  const { t } = words
  const { pool, stock, problem, reload } = useLiveStock(order.pool)
  const [date, setDate] = useState(order.date)
  const [slot, setSlot] = useState(order.slot)
  const change = useAct(order, done, t('order.changed'))
  const day = stock?.days.find((d) => d.date === date)
  const slots = day?.slots?.length ? day.slots : undefined
  const chosen = slots?.find((s) => s.start === slot)
  const same = date === order.date && (slot ?? '') === (order.slot ?? '')
  const ready = !same && day !== undefined && (!slots || chosen !== undefined)
  return (
    <Dialog wide title={t('order.change_title')} close={close}>
      {problem && <ProblemNotice problem={problem} retry={reload} />}
      {(!pool || !stock) && !problem && <Skeleton lines={5} />}
      {pool && stock && <Calendar pool={pool} stock={stock} chosen={date} choose={setDate} />}
      {pool && day && slots && <Slots pool={pool} day={day} chosen={slot} choose={setSlot} />}
      {change.problem && <ProblemNotice problem={change.problem} />}
      {same && <p class="quiet">{t('order.change_same')}</p>}
      <p class="buttons">
        <Button look="main" busy={change.busy} disabled={!ready} onClick={() => void change.act('change', { date, ...(chosen ? { slot: chosen.start } : {}) })}>
          {t('order.change_submit', { date: `${words.day(date)}${chosen ? ` ${chosen.start}` : ''}` })}
        </Button>
        <Button onClick={close}>{t('app.back')}</Button>
      </p>
    </Dialog>
  )
}

function Cancel({ order, done, close }: DialogProps) {
  const { t } = useWords()
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(order.positions.length === 1 ? order.positions.map((p) => p.position_id) : []))
  const cancel = useAct(order, done, t('order.cancelled_done'))
  const all = chosen.size === order.positions.length
  const toggle = (id: string) =>
    setChosen((before) => {
      const next = new Set(before)
      if (!next.delete(id)) next.add(id)
      return next
    })
  return (
    <Dialog title={t('order.cancel_title')} close={close}>
      <fieldset class="choice list">
        <legend class="hidden">{t('order.cancel_title')}</legend>
        {order.positions.map((p) => (
          <label key={p.position_id}>
            <input type="checkbox" checked={chosen.has(p.position_id)} onChange={() => toggle(p.position_id)} />
            <span>{p.name_masked} <span class="quiet">{p.document_masked}</span></span>
          </label>
        ))}
      </fieldset>
      <Notice tone="warn"><p>{t('order.cancel_note')}</p></Notice>
      {cancel.problem && <ProblemNotice problem={cancel.problem} />}
      <p class="buttons">
        <Button
          look="danger"
          busy={cancel.busy}
          disabled={chosen.size === 0}
          onClick={() => void cancel.act('cancel', all ? undefined : { positions: [...chosen] })}
        >
          {all ? t('order.cancel_all') : t('order.cancel_some', { n: chosen.size })}
        </Button>
        <Button onClick={close}>{t('app.back')}</Button>
      </p>
    </Dialog>
  )
}

function Transfer({ order, pool, done, close }: DialogProps & { pool: Pool | undefined }) {
  const words = useWords()
  const { t } = words
  const [phone, setPhone] = useState('')
  const [who, setWho] = useState<'same' | 'new'>('same')
  const [drafts, setDrafts] = useState<Record<string, Draft>>({})
  const [faults, setFaults] = useState<Faults>({})
  const [phoneFault, setPhoneFault] = useState<string>()
  const transfer = useAct(order, done, t('order.transferred'))
  const productOf = (id: string | undefined): Product | undefined => pool?.products?.find((p) => p.id === id)
  const seats: Seat[] = order.positions.map((p) => ({ key: p.position_id, product: productOf(p.product) }))
  const personal = fieldsPer(pool, 'position')
  const draftOf = (key: string) => drafts[key] ?? emptyDraft
  const submit = async () => {
    const found = who === 'new' ? check(seats, draftOf, personal) : {}
    setFaults(found)
    setPhoneFault(phone.trim() ? undefined : t('field.required'))
    if (!phone.trim() || Object.keys(found).length > 0) return
    const positions = who === 'new' ? { positions: seats.map((s) => toVisitor(draftOf(s.key), s.product, personal)) } : {}
    const failed = await transfer.act('transfer', { to_phone: phone.trim(), ...positions })
    if (!failed) return
    if (fieldOf(failed)?.field === 'to_phone') setPhoneFault(t('field.phone'))
    setFaults(serverFaults(failed, seats, words.language))
  }
  return (
    <Dialog title={t('order.transfer_title')} close={close}>
      <form
        noValidate
        onSubmit={(e) => {
          e.preventDefault()
          void submit()
        }}
      >
        <Field label={t('order.transfer_phone')} error={phoneFault}>
          {(c) => <input {...c} type="tel" inputMode="tel" autoComplete="off" maxLength={20} value={phone} onInput={(e) => setPhone(e.currentTarget.value)} />}
        </Field>
        <Choice label={t('order.transfer_who')} value={who} change={setWho} options={[['same', 'order.transfer_same'], ['new', 'order.transfer_new']]} />
        {who === 'new' && seats.map((seat, i) => (
          <SeatForm key={seat.key} seat={seat} number={i + 1} draft={draftOf(seat.key)} fields={personal} faults={faults} change={(d) => setDrafts({ ...drafts, [seat.key]: d })} />
        ))}
        <Notice tone="warn"><p>{t('order.transfer_note')}</p></Notice>
        {transfer.problem && !(transfer.problem.code === 'invalid_field' && fieldOf(transfer.problem)) && <ProblemNotice problem={transfer.problem} />}
        <p class="buttons">
          <Button look="main" type="submit" busy={transfer.busy}>{t('order.transfer_submit')}</Button>
          <Button onClick={close}>{t('app.back')}</Button>
        </p>
      </form>
    </Dialog>
  )
}
