import { DownloadOutlined } from '@ant-design/icons'
import { App, Button } from 'antd'
import { useEffect, useRef, useState } from 'react'
import { useWords } from '../i18n'
import { asProblem } from '../api/problem'
import { csvFile, csvLine, download } from './csv'
import type { Column, DataTableProps } from './data-table'
import { atVenue } from './time'

/** The most rows that one file holds. */
export const maxExport = 100_000

/** Reads a list to its end, page by page, as lines of a CSV file. */
export async function exportLines<Row extends object>(
  columns: readonly Column<Row>[],
  load: DataTableProps<Row>['load'],
  signal: AbortSignal,
  onRows: (rows: number) => void,
): Promise<{ lines: string[]; whole: boolean }> {
  const written = columns.filter((c) => c.csv)
  const lines = [csvLine(written.map((c) => c.title))]
  let cursor: string | undefined
  do {
    const page = await load(cursor, signal)
    for (const row of page.rows) lines.push(csvLine(written.map((c) => c.csv?.(row))))
    onRows(lines.length - 1)
    cursor = page.next
  } while (cursor && lines.length <= maxExport)
  return { lines, whole: !cursor }
}

/** Saves the whole list, as filtered, as CSV. Another click stops it. */
export function ExportButton<Row extends object>({ name, columns, load }: Pick<DataTableProps<Row>, 'name' | 'columns' | 'load'>) {
  const t = useWords('ui')
  const { message } = App.useApp()
  const [rows, setRows] = useState<number>()
  const running = useRef<AbortController>(null)
  useEffect(() => () => running.current?.abort(), [])
  if (!columns.some((c) => c.csv)) return null
  const run = async () => {
    if (running.current) {
      running.current.abort()
      return
    }
    const controller = new AbortController()
    running.current = controller
    setRows(0)
    try {
      const { lines, whole } = await exportLines(columns, load, controller.signal, setRows)
      download(`fairgate-${name}-${atVenue(Date.now()).format('YYYYMMDD-HHmmss')}.csv`, csvFile(lines))
      if (!whole) void message.warning(t('export_cut', { n: maxExport }))
    } catch (error) {
      if (!controller.signal.aborted) void message.error(`${t('export_failed')} ${asProblem(error).message}`)
    } finally {
      running.current = null
      setRows(undefined)
    }
  }
  return (
    <Button icon={<DownloadOutlined />} onClick={() => void run()}>
      {rows === undefined ? t('export') : t('export_running', { n: rows })}
    </Button>
  )
}
