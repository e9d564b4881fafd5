import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, type CompletionContext } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab, temporarilySetTabFocusMode } from '@codemirror/commands'
import { yaml } from '@codemirror/lang-yaml'
import { bracketMatching } from '@codemirror/language'
import { setDiagnostics, type Diagnostic } from '@codemirror/lint'
import { Compartment, EditorState } from '@codemirror/state'
import { EditorView, keymap, lineNumbers } from '@codemirror/view'
import { useEffect, useRef } from 'react'
import { maxText } from '../model'
import type { Choice } from './completion'
import { colours, exprLanguage } from './expr-language'

export interface Mark {
  from: number
  to: number
  text: string
  severity: 'error' | 'warning'
}

interface CodeFieldProps {
  value: string
  onChange: (value: string) => void
  language: 'expr' | 'yaml'
  label: string
  readOnly?: boolean
  /** What may be completed; looked up when it is. */
  choices?: readonly Choice[]
  marks?: readonly Mark[]
  onRun?: () => void
  /** A paste of so many bytes was refused. */
  onRefused: (bytes: number) => void
  /** The page's nonce, which the editor's style sheet carries. */
  nonce: string
}

const bytesOf = (text: string) => new TextEncoder().encode(text).length

/** A text editor with colours, completion and marked faults. Esc, then Tab leaves it. */
export function CodeField(props: CodeFieldProps) {
  const box = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(undefined)
  const editable = useRef(new Compartment())
  const latest = useRef(props)
  useEffect(() => {
    latest.current = props
  })
  useEffect(() => {
    if (!box.current) return
    const { value, language, label, nonce, readOnly } = latest.current
    const complete = (context: CompletionContext) => {
      const word = context.matchBefore(/[a-z_][a-z0-9_]*/i)
      const choices = latest.current.choices
      if (!choices || (!word && !context.explicit)) return null
      const options = choices.map((c) => ({ label: c.label, detail: c.detail, info: c.info || undefined, type: c.kind === 'function' ? 'function' : c.kind === 'feature' ? 'variable' : 'property', apply: c.kind === 'function' ? `${c.label}(` : c.label }))
      return { from: word?.from ?? context.pos, options: options.map(({ info, ...o }) => (info === undefined ? o : { ...o, info })), validFor: /^\w*$/ }
    }
    const made = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: value,
        extensions: [
          ...(nonce ? [EditorView.cspNonce.of(nonce)] : []),
          lineNumbers(), history(), bracketMatching(), closeBrackets(), EditorView.lineWrapping, colours,
          language === 'expr' ? exprLanguage : yaml(),
          autocompletion({ override: language === 'expr' ? [complete] : [], activateOnTyping: language === 'expr' }),
          EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false', tabindex: '0' }),
          editable.current.of(EditorState.readOnly.of(readOnly ?? false)),
          keymap.of([
            { key: 'Mod-Enter', run: () => { latest.current.onRun?.(); return true } },
            ...completionKeymap, { key: 'Escape', run: temporarilySetTabFocusMode },
            ...closeBracketsKeymap, ...historyKeymap, ...defaultKeymap, indentWithTab,
          ]),
          EditorView.domEventHandlers({
            paste: (event) => {
              const bytes = bytesOf(event.clipboardData?.getData('text/plain') ?? '')
              if (bytes <= maxText) return false
              event.preventDefault()
              latest.current.onRefused(bytes)
              return true
            },
          }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString())
          }),
        ],
      }),
    })
    view.current = made
    return () => made.destroy()
  }, [])
  useEffect(() => {
    const at = view.current
    if (at && at.state.doc.toString() !== props.value) at.dispatch({ changes: { from: 0, to: at.state.doc.length, insert: props.value } })
  }, [props.value])
  useEffect(() => {
    view.current?.dispatch({ effects: editable.current.reconfigure(EditorState.readOnly.of(props.readOnly ?? false)) })
  }, [props.readOnly])
  useEffect(() => {
    const at = view.current
    if (!at) return
    const size = at.state.doc.length
    const shown = (props.marks ?? []).map((m): Diagnostic => ({ from: Math.min(m.from, size), to: Math.min(Math.max(m.to, m.from), size), severity: m.severity, message: m.text }))
    at.dispatch(setDiagnostics(at.state, shown))
  }, [props.marks])
  return <div ref={box} className={`code-field code-field-${props.language === 'expr' ? 'short' : 'long'}`} />
}
