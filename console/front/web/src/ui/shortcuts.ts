import { useEffect, useRef, useSyncExternalStore } from 'react'
import type { AnyKey } from '../i18n'

interface Shortcut {
  /** 'j', '/', '?', or a sequence such as 'g a'. */
  keys: string
  label: AnyKey
  run: () => void
}

const storageKey = 'fairgate.shortcuts'
/** How long the second key of a sequence may take, in milliseconds. */
const sequenceWindow = 1500

/** All shortcuts that work now. One listener; the one registered last wins. */
class Shortcuts {
  private registered: Shortcut[] = []
  private first = ''
  private firstAt = 0
  private readonly listeners = new Set<() => void>()

  add(shortcut: Shortcut): () => void {
    this.registered = [...this.registered, shortcut]
    this.changed()
    return () => {
      this.registered = this.registered.filter((s) => s !== shortcut)
      this.changed()
    }
  }

  list = (): readonly Shortcut[] => this.registered

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  enabled = (): boolean => localStorage.getItem(storageKey) !== 'off'

  enable(on: boolean): void {
    if (on) localStorage.removeItem(storageKey)
    else localStorage.setItem(storageKey, 'off')
    this.first = ''
    this.changed()
  }

  private changed(): void {
    for (const listener of this.listeners) listener()
  }

  /** Handles a key; to be called for keydown of the whole document. */
  press = (event: KeyboardEvent): void => {
    if (!this.enabled() || typing(event) || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) {
      this.first = ''
      return
    }
    const pending = this.first && event.timeStamp - this.firstAt < sequenceWindow ? `${this.first} ${event.key}` : ''
    this.first = ''
    const hit = (pending && this.find(pending)) || this.find(event.key)
    if (hit) {
      event.preventDefault()
      hit.run()
    } else if (this.registered.some((s) => s.keys.startsWith(`${event.key} `))) {
      this.first = event.key
      this.firstAt = event.timeStamp
    }
  }

  private find(keys: string): Shortcut | undefined {
    return this.registered.findLast((s) => s.keys === keys)
  }
}

/** Whether a key goes into text, or an input method is composing it. */
function typing(event: KeyboardEvent): boolean {
  if (event.isComposing || event.key === 'Process' || event.key === 'Dead') return true
  const at = event.target
  return at instanceof HTMLElement && (at.isContentEditable || at.closest('input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], [role=combobox], [role=textbox]') !== null)
}

export const shortcuts = new Shortcuts()

export const useShortcuts = (): readonly Shortcut[] => useSyncExternalStore(shortcuts.subscribe, shortcuts.list)
export const useShortcutsEnabled = (): boolean => useSyncExternalStore(shortcuts.subscribe, shortcuts.enabled)

/** Registers a shortcut for as long as the component is shown. */
export function useShortcut(keys: string, label: AnyKey, run: () => void): void {
  const latest = useRef(run)
  useEffect(() => {
    latest.current = run
  })
  useEffect(() => shortcuts.add({ keys, label, run: () => latest.current() }), [keys, label])
}
