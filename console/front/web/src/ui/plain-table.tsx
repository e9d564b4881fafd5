import { Table, type TableProps } from 'antd'

export type PlainTableProps<Row extends object> = Omit<TableProps<Row>, 'scroll' | 'pagination' | 'size'> & {
  /** What the table lists, for who does not see it. */
  caption: string
  /** Scrolls within this height, in pixels. */
  maxHeight?: number
}

/** A table that scrolls in a box of its own, which the keyboard reaches; antd's own it does not. */
export function PlainTable<Row extends object>({ caption, maxHeight, ...table }: PlainTableProps<Row>) {
  return (
    <div className="table-box" tabIndex={0} role="region" aria-label={caption} {...(maxHeight ? { style: { maxHeight } } : {})}>
      <Table<Row> {...table} size="small" pagination={false} />
    </div>
  )
}
