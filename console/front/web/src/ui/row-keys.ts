import type { RefObject } from 'react'
import { useShortcut } from './shortcuts'

/** Marks the link that a row is opened by. */
export const rowKeys = { link: 'data-row-link' } as const

/** j and k go from row to row, x chooses one; Enter opens it, as with any link. */
export function useRowKeys(box: RefObject<HTMLElement | null>): void {
  const step = (by: number) => {
    const links = [...(box.current?.querySelectorAll<HTMLElement>(`[${rowKeys.link}]`) ?? [])]
    const at = links.findIndex((link) => link === document.activeElement)
    const next = links[at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + by))]
    next?.focus()
  }
  useShortcut('j', 'ui:key_next_row', () => step(1))
  useShortcut('k', 'ui:key_previous_row', () => step(-1))
  useShortcut('x', 'ui:key_choose_row', () => {
    const row = document.activeElement?.closest('tr, .card')
    if (row && box.current?.contains(row)) row.querySelector<HTMLInputElement>('input[type=checkbox]')?.click()
  })
}
