import { useCallback, useMemo, useRef } from 'react'
import { useSearchParams } from 'react-router'

/** How one value is written in the address. */
export interface Param<T> {
  default: T
  /** undefined where the text is no such value: the default is taken. */
  read(text: string): T | undefined
  write(value: T): string
}

const textOf = (value: string): string => value

export const param = {
  text: (fallback = '', max = 300): Param<string> => ({ default: fallback, read: (s) => s.slice(0, max), write: textOf }),
  oneOf: <T extends string>(values: readonly T[], fallback: NoInfer<T>): Param<T> => ({
    default: fallback, read: (s) => values.find((v) => v === s), write: textOf,
  }),
  /** One of the values, or none. */
  maybe: <T extends string>(values: readonly T[]): Param<T | undefined> => ({
    default: undefined, read: (s) => values.find((v) => v === s), write: (v) => v ?? '',
  }),
  integer: (fallback: number, min = 0, max = Number.MAX_SAFE_INTEGER): Param<number> => ({
    default: fallback,
    read: (s) => (/^-?\d{1,15}$/.test(s) && Number(s) >= min && Number(s) <= max ? Number(s) : undefined),
    write: String,
  }),
  flag: (fallback = false): Param<boolean> => ({ default: fallback, read: (s) => (s === '1' ? true : s === '0' ? false : undefined), write: (v) => (v ? '1' : '0') }),
  list: (max = 50): Param<readonly string[]> => ({ default: [], read: (s) => s.split(',').filter(Boolean).slice(0, max), write: (v) => v.join(',') }),
}

type Values<S> = { [K in keyof S]: S[K] extends Param<infer T> ? T : never }
type Shape = Readonly<Record<string, Param<unknown>>>

/** The parameter that a table's place is kept in; whatever else changes begins at the start. */
export const cursorParam = 'cursor'

/**
 * State that the address holds, so that a copied address shows the same. What
 * equals its default is left out. Changing anything drops tables' cursors.
 * `shape` is read once: declare it outside the component.
 */
export function useUrlState<S extends Shape>(shape: S): [Values<S>, (change: Partial<Values<S>>, how?: { replace?: boolean }) => void] {
  const [search, setSearch] = useSearchParams()
  const fixed = useRef(shape).current
  const values = useMemo(() => {
    const out: Record<string, unknown> = {}
    for (const [name, p] of Object.entries(fixed)) {
      const text = search.get(name)
      out[name] = (text === null ? undefined : p.read(text)) ?? p.default
    }
    return out as Values<S>
  }, [fixed, search])
  const change = useCallback(
    (changes: Partial<Values<S>>, how: { replace?: boolean } = {}) => {
      setSearch((before) => {
        const after = new URLSearchParams(before)
        for (const name of [...after.keys()]) if (name === cursorParam || name.endsWith(`.${cursorParam}`)) after.delete(name)
        for (const [name, value] of Object.entries(changes)) {
          const p = fixed[name]
          if (!p) continue
          const text = value === undefined ? '' : p.write(value)
          if (value === undefined || text === p.write(p.default)) after.delete(name)
          else after.set(name, text)
        }
        return after
      }, { replace: how.replace ?? false })
    },
    [fixed, setSearch],
  )
  return [values, change]
}
