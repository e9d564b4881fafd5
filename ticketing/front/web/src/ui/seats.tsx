import type { SignUpField } from '../api/types'
import { useWords } from '../i18n/i18n'
import { type Draft, type Fault, type Faults, type Seat, type Typed, control, ofOrder, documentKeys, documentTypes } from '../visitors'
import { Field } from './parts'

function useFaultText(): (fault: Fault | undefined) => string | undefined {
  const { t } = useWords()
  return (fault) => (fault === undefined ? undefined : fault.text !== undefined ? fault.text : t(fault.key, fault.fill))
}

const passports = ['CHN', 'USA', 'GBR', 'CAN', 'AUS', 'NZL', 'JPN', 'KOR', 'SGP', 'MYS', 'THA', 'VNM', 'IDN', 'PHL', 'IND', 'RUS', 'DEU', 'FRA', 'ITA', 'ESP', 'NLD', 'CHE', 'SWE', 'BRA', 'ZAF']

/** The form of one visitor. */
export function SeatForm({ seat, number, draft, fields = [], faults, change }: { seat: Seat; number: number; draft: Draft; fields?: SignUpField[]; faults: Faults; change: (draft: Draft) => void }) {
  const { t } = useWords()
  const say = useFaultText()
  const fault = (field: string) => say(faults[control(seat.key, field)])
  const set = (part: Partial<Draft>) => change({ ...draft, ...part })
  return (
    <fieldset class="card seat">
      <legend>{seat.product ? t('book.visitor_of', { n: number, product: seat.product.name }) : t('book.visitor', { n: number })}</legend>
      <Field label={t('book.name')} hint={t('book.name_hint')} error={fault('name')}>
        {(c) => (
          <input {...c} type="text" autoComplete={number === 1 ? 'name' : 'off'} maxLength={100} value={draft.name} data-control={control(seat.key, 'name')} onInput={(e) => set({ name: e.currentTarget.value })} />
        )}
      </Field>
      <Field label={t('book.document_type')} error={fault('document.type')}>
        {(c) => (
          <select {...c} value={draft.type} data-control={control(seat.key, 'document.type')} onChange={(e) => set({ type: documentTypes.find((d) => d === e.currentTarget.value) ?? 'prc_id' })}>
            {documentTypes.map((d) => <option key={d} value={d}>{t(documentKeys[d])}</option>)}
          </select>
        )}
      </Field>
      {draft.type === 'passport' && (
        <Field label={t('book.nationality')} hint={t('book.nationality_hint')} error={fault('document.nationality')}>
          {(c) => (
            <>
              <input {...c} type="text" list={`${c.id}-list`} autoComplete="off" autoCapitalize="characters" maxLength={3} value={draft.nationality} data-control={control(seat.key, 'document.nationality')} onInput={(e) => set({ nationality: e.currentTarget.value.toUpperCase() })} />
              <datalist id={`${c.id}-list`}>{passports.map((code) => <option key={code} value={code} />)}</datalist>
            </>
          )}
        </Field>
      )}
      <Field label={t('book.document_number')} error={fault('document.number')}>
        {(c) => (
          <input {...c} type="text" autoComplete="off" autoCapitalize="characters" spellcheck={false} maxLength={32} value={draft.number} data-control={control(seat.key, 'document.number')} onInput={(e) => set({ number: e.currentTarget.value })} />
        )}
      </Field>
      <Questions whose={seat.key} fields={fields} typed={draft.answers} faults={faults} change={(answers) => set({ answers })} />
    </fieldset>
  )
}

/** The questions that an activity asks once an order. */
export function AnswersForm({ fields, typed, faults, change }: { fields: SignUpField[]; typed: Typed; faults: Faults; change: (typed: Typed) => void }) {
  const { t } = useWords()
  return (
    <fieldset class="card seat">
      <legend>{t('book.answers')}</legend>
      <Questions whose={ofOrder} fields={fields} typed={typed} faults={faults} change={change} />
    </fieldset>
  )
}

function Questions({ whose, fields, typed, faults, change }: { whose: string; fields: SignUpField[]; typed: Typed; faults: Faults; change: (typed: Typed) => void }) {
  return (
    <>
      {fields.map((f) => {
        const name = control(whose, `answers.${f.id}`)
        return <Answer key={f.id} name={name} field={f} value={typed[f.id] ?? ''} fault={faults[name]} change={(value) => change({ ...typed, [f.id]: value })} />
      })}
    </>
  )
}

function Answer({ name, field: f, value, fault, change }: { name: string; field: SignUpField; value: string | boolean; fault: Fault | undefined; change: (value: string | boolean) => void }) {
  const { t, either } = useWords()
  const say = useFaultText()
  const label = either(f.label_zh, f.label_en)
  return (
    <Field label={label} optional={!f.required} error={say(fault)}>
      {(c) => {
        switch (f.type) {
          case 'boolean':
            return <input {...c} type="checkbox" checked={value === true} data-control={name} onChange={(e) => change(e.currentTarget.checked)} />
          case 'choice':
            return (
              <select {...c} value={String(value)} data-control={name} onChange={(e) => change(e.currentTarget.value)}>
                <option value="">{t('book.choose')}</option>
                {f.options?.map((o) => <option key={o} value={o}>{o}</option>)}
              </select>
            )
          case 'date':
            return <input {...c} type="date" value={String(value)} data-control={name} onInput={(e) => change(e.currentTarget.value)} />
          default:
            return (
              <input {...c} type="text" inputMode={f.type === 'number' ? 'decimal' : 'text'} maxLength={f.type === 'text' ? (f.max_length ?? 200) : 20} value={String(value)} data-control={name} onInput={(e) => change(e.currentTarget.value)} />
            )
        }
      }}
    </Field>
  )
}
