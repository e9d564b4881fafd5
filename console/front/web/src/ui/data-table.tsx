import { useQuery } from '@tanstack/react-query'
import { Button, Empty, Skeleton } from 'antd'
import { useRef, type Key, type ReactNode } from 'react'
import { Link, useSearchParams } from 'react-router'
import { useWords } from '../i18n'
import { ErrorCard } from './error-card'
import { ExportButton } from './export-button'
import { PlainTable } from './plain-table'
import { rowKeys, useRowKeys } from './row-keys'
import type { Cell } from './csv'
import { cursorParam } from './url-state'
import { usePhone } from './use-phone'
import { useSlow } from './use-slow'

/** One page of a list as the API gives it, under one name for all lists. */
export interface RowsPage<Row> {
  rows: readonly Row[]
  /** Where the next page begins; absent on the last. */
  next?: string | undefined
}

export interface Column<Row> {
  key: string
  title: string
  render: (row: Row) => ReactNode
  /** What an export writes; a column without it is not exported. */
  csv?: (row: Row) => Cell
  align?: 'left' | 'right'
  width?: number | string
  /** false: left out of the cards that phones show. */
  phone?: boolean
}

export interface DataTableProps<Row extends object> {
  /** Names the table: of its file, and of its place in the address where a page has several. */
  name: string
  /** The page has several tables: each keeps its place under its own name. */
  several?: boolean
  columns: readonly Column<Row>[]
  /** Columns that only an export has. */
  exported?: readonly Column<Row>[]
  /** What the query depends on: filters, sort. Part of the cache's key. */
  filters: readonly unknown[]
  /** Asks for one page. */
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<RowsPage<Row>>
  rowKey: (row: Row) => string
  /** Where a row leads; its first column becomes the link. */
  to?: (row: Row) => string
  /** Why there may be nothing and what to do then. */
  empty: ReactNode
  /** Shown above, left of the export. */
  toolbar?: ReactNode
  /** Chosen rows, for bulk actions; kept over pages. */
  selection?: { chosen: readonly string[]; onChange: (keys: readonly string[]) => void; max: number }
  /** Asks anew every so many milliseconds. */
  refresh?: number
  caption: string
}

/** A list of any length: pages by cursor held in the address, export, cards on a phone. */
export function DataTable<Row extends object>(props: DataTableProps<Row>) {
  const { name, columns, filters, load, rowKey, empty, toolbar, selection, refresh, caption } = props
  const t = useWords('ui')
  const phone = usePhone()
  const place = props.several ? `${name}.${cursorParam}` : cursorParam
  const [search, setSearch] = useSearchParams()
  const cursor = search.get(place) ?? undefined
  const box = useRef<HTMLDivElement>(null)
  useRowKeys(box)
  const query = useQuery({
    queryKey: ['table', name, ...filters, cursor ?? ''],
    queryFn: ({ signal }) => load(cursor, signal),
    placeholderData: (before) => before,
    ...(refresh ? { refetchInterval: refresh } : {}),
  })
  const slow = useSlow(query.isPending)
  const go = (to: string | undefined) =>
    setSearch((before) => {
      const after = new URLSearchParams(before)
      if (to) after.set(place, to)
      else after.delete(place)
      return after
    })
  const shown = linked(columns, props.to)
  const rows = query.data?.rows ?? []
  const body = query.isError && !query.data ? <ErrorCard error={query.error} onRetry={() => void query.refetch()} />
    : query.isPending ? (slow ? <Skeleton active paragraph={{ rows: 8 }} /> : <div className="table-wait" />)
    : rows.length === 0 ? <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={empty} />
    : phone ? <Cards columns={shown} rows={rows} rowKey={rowKey} {...(selection ? { selection } : {})} />
    : <Wide columns={shown} rows={rows} rowKey={rowKey} caption={caption} {...(selection ? { selection } : {})} />
  return (
    <div className="data-table" aria-busy={query.isFetching} ref={box}>
      <div className="table-toolbar">
        <div className="table-filters">{toolbar}</div>
        <ExportButton name={name} columns={[...columns, ...(props.exported ?? [])]} load={load} />
      </div>
      {query.isError && query.data ? <ErrorCard error={query.error} onRetry={() => void query.refetch()} /> : null}
      {body}
      {cursor || query.data?.next ? (
        <nav className="table-pages" aria-label={t('pages')}>
          <Button disabled={!cursor} onClick={() => go(undefined)}>{t('first_page')}</Button>
          <Button disabled={!query.data?.next || query.isPlaceholderData} onClick={() => go(query.data?.next)}>{t('next_page')}</Button>
        </nav>
      ) : null}
    </div>
  )
}

/** The first column leads to what the row is about. */
function linked<Row>(columns: readonly Column<Row>[], to: ((row: Row) => string) | undefined): readonly Column<Row>[] {
  const [first, ...rest] = columns
  if (!first || !to) return columns
  return [{ ...first, render: (row) => <Link to={to(row)} {...{ [rowKeys.link]: '' }}>{first.render(row)}</Link> }, ...rest]
}

type Shown<Row extends object> = Pick<DataTableProps<Row>, 'columns' | 'rowKey' | 'selection'> & { rows: readonly Row[] }

function Wide<Row extends object>({ columns, rows, rowKey, selection, caption }: Shown<Row> & { caption: string }) {
  const t = useWords('ui')
  return (
    <PlainTable<Row>
      caption={caption} dataSource={[...rows]} rowKey={rowKey}
      columns={columns.map((c) => ({
        key: c.key, title: c.title, render: (_: unknown, row: Row) => c.render(row),
        ...(c.align ? { align: c.align } : {}), ...(c.width === undefined ? {} : { width: c.width }),
      }))}
      {...(selection
        ? {
            rowSelection: {
              selectedRowKeys: [...selection.chosen], preserveSelectedRowKeys: true,
              onChange: (keys: Key[]) => selection.onChange(keys.map(String).slice(0, selection.max)),
              getCheckboxProps: (row: Row) => ({ 'aria-label': t('choose_row', { row: rowKey(row) }) }),
            },
          }
        : {})}
    />
  )
}

function Cards<Row extends object>({ columns, rows, rowKey, selection }: Shown<Row>) {
  const t = useWords('ui')
  const [first, ...rest] = columns.filter((c) => c.phone !== false)
  const choose = (key: string) => {
    if (!selection) return
    const { chosen, max } = selection
    selection.onChange(chosen.includes(key) ? chosen.filter((k) => k !== key) : [...chosen, key].slice(0, max))
  }
  return (
    <ul className="cards">
      {rows.map((row) => (
        <li key={rowKey(row)} className="card">
          <div className="card-head">
            {selection ? (
              <input type="checkbox" checked={selection.chosen.includes(rowKey(row))} onChange={() => choose(rowKey(row))} aria-label={t('choose_row', { row: rowKey(row) })} />
            ) : null}
            {first?.render(row)}
          </div>
          <dl>
            {rest.map((c) => (
              <div key={c.key}>
                <dt>{c.title}</dt>
                <dd>{c.render(row)}</dd>
              </div>
            ))}
          </dl>
        </li>
      ))}
    </ul>
  )
}
