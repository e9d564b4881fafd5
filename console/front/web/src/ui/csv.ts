/** What a spreadsheet may take for a formula (OWASP, CSV Injection), also in its full-width form. */
const formula = /^[=+\-@\t\r\n＝＋－＠]/

export type Cell = string | number | boolean | null | undefined

/** One field: quoted where needed, a formula made text by an apostrophe. Numbers are left as they are. */
export function csvField(value: Cell): string {
  if (value === null || value === undefined) return ''
  if (typeof value !== 'string') return String(value)
  const inert = formula.test(value.trimStart()) || formula.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(inert) || inert !== inert.trim() ? `"${inert.replaceAll('"', '""')}"` : inert
}

export const csvLine = (cells: readonly Cell[]): string => `${cells.map(csvField).join(',')}\r\n`

/** A CSV file (RFC 4180) with the mark that makes spreadsheets read it as UTF-8. */
export const csvFile = (lines: readonly string[]): Blob => new Blob(['\uFEFF', ...lines], { type: 'text/csv;charset=utf-8' })

/** Hands a file to the operator. */
export function download(name: string, file: Blob): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
