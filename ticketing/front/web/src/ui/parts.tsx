import type { ButtonHTMLAttributes, ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import type { Key } from '../i18n/i18n'
import { useWords } from '../i18n/i18n'

export type Tone = 'info' | 'good' | 'warn' | 'bad'

const marks: Record<Tone, string> = { info: 'i', good: '✓', warn: '!', bad: '×' }

/** A boxed message: never by colour alone, and read out where it is urgent. */
export function Notice({ tone = 'info', title, children, urgent }: { tone?: Tone; title?: string; children?: ComponentChildren; urgent?: boolean }) {
  return (
    <div class={`notice ${tone}`} role={urgent ? 'alert' : undefined}>
      <span class="mark" aria-hidden="true">{marks[tone]}</span>
      <div>
        {title && <p class="strong">{title}</p>}
        {children}
      </div>
    </div>
  )
}

export function Skeleton({ lines = 3 }: { lines?: number }) {
  const { t } = useWords()
  return (
    <div class="skeleton" role="status">
      <span class="hidden">{t('app.loading')}</span>
      {Array.from({ length: lines }, (_, i) => <span key={i} class="bone" aria-hidden="true" />)}
    </div>
  )
}

interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'children'> {
  look?: 'main' | 'plain' | 'danger'
  busy?: boolean | undefined
  children: ComponentChildren
}

/** A busy button keeps the focus and ignores being pressed. */
export function Button({ look = 'plain', busy = false, children, onClick, type = 'button', ...rest }: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      class={`button ${look}`}
      aria-disabled={busy || undefined}
      onClick={(e) => {
        if (busy) e.preventDefault()
        else onClick?.call(e.currentTarget, e)
      }}
    >
      {busy && <span class="spinner" aria-hidden="true" />}
      {children}
    </button>
  )
}

interface FieldProps {
  label: string
  hint?: string | undefined
  error?: string | undefined
  optional?: boolean
  children: (control: { id: string; 'aria-describedby': string | undefined; 'aria-invalid': boolean | undefined; 'aria-required': boolean }) => ComponentChildren
}

/** A labelled control with its hint and what is wrong with it. */
export function Field({ label, hint, error, optional, children }: FieldProps) {
  const { t } = useWords()
  const id = useId()
  const described = [error ? `${id}-error` : '', hint ? `${id}-hint` : ''].filter(Boolean).join(' ')
  return (
    <div class="field">
      <label for={id}>
        {label} {optional && <span class="quiet">({t('book.optional')})</span>}
      </label>
      {children({ id, 'aria-describedby': described || undefined, 'aria-invalid': error ? true : undefined, 'aria-required': !optional })}
      {hint && <p id={`${id}-hint`} class="hint">{hint}</p>}
      {error && <p id={`${id}-error`} class="wrong"><span aria-hidden="true">▲ </span>{error}</p>}
    </div>
  )
}

/** A number of something, by two large buttons. */
export function Stepper({ label, value, min, max, fewer, more, change }: { label: string; value: number; min: number; max: number; fewer: string; more: string; change: (value: number) => void }) {
  return (
    <div class="stepper" role="group" aria-label={label}>
      <button type="button" aria-label={fewer} disabled={value <= min} onClick={() => change(value - 1)}>−</button>
      <output aria-live="polite">{value}</output>
      <button type="button" aria-label={more} disabled={value >= max} onClick={() => change(value + 1)}>+</button>
    </div>
  )
}

/** A modal dialog; the browser keeps the focus in it and gives it back. */
export function Dialog({ title, close, children, wide }: { title: string; close: () => void; children: ComponentChildren; wide?: boolean }) {
  const ref = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const dialog = ref.current
    dialog?.showModal()
    return () => dialog?.close()
  }, [])
  return (
    <dialog
      ref={ref}
      class={wide ? 'wide' : undefined}
      aria-labelledby={id}
      onCancel={(e) => {
        e.preventDefault()
        close()
      }}
    >
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  )
}

/** A choice among a few, as radio buttons. */
export function Choice<T extends string>({ label, value, options, change }: { label: string; value: T; options: readonly (readonly [T, Key])[]; change: (value: T) => void }) {
  const { t } = useWords()
  const name = useId()
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      {options.map(([option, key]) => (
        <label key={option}>
          <input type="radio" name={name} checked={value === option} onChange={() => change(option)} />
          <span>{t(key)}</span>
        </label>
      ))}
    </fieldset>
  )
}
