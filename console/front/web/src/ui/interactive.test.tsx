import { fireEvent, render, screen, waitFor } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem } from '../api/problem'
import { startWords } from '../i18n'
import { place, within } from '../testing/within'
import { DataTable, type RowsPage } from './data-table'
import { exportLines } from './export-button'
import { ReasonModal } from './reason-modal'
import { shortcuts, useShortcut } from './shortcuts'
import { param, useUrlState } from './url-state'

beforeAll(() => startWords('zh'))
beforeEach(() => localStorage.clear())

describe('state in the address', () => {
  const shape = { state: param.oneOf(['open', 'closed'], 'open'), q: param.text(), n: param.integer(1, 1, 9), ids: param.list() }
  function Probe() {
    const [values, set] = useUrlState(shape)
    return (
      <>
        <output data-testid="values">{JSON.stringify(values)}</output>
        <button onClick={() => set({ state: 'closed' })}>close</button>
        <button onClick={() => set({ state: 'open', q: '' })}>reset</button>
      </>
    )
  }
  const values = () => JSON.parse(screen.getByTestId('values').textContent ?? '') as unknown
  it('is read, and what is no such value is the default', () => {
    within(<Probe />, '/?state=closed&n=12&ids=a,b&other=1')
    expect(values()).toEqual({ state: 'closed', q: '', n: 1, ids: ['a', 'b'] })
  })
  it('is written, drops cursors, leaves out defaults and keeps what is another’s', () => {
    within(<Probe />, '/x?cursor=c1&b.cursor=c2&other=1')
    fireEvent.click(screen.getByText('close'))
    expect(place()).toBe('/x?other=1&state=closed')
    fireEvent.click(screen.getByText('reset'))
    expect(place()).toBe('/x?other=1')
  })
})

describe('a table', () => {
  interface Row { id: string }
  const columns = [{ key: 'id', title: '编号', render: (r: Row) => r.id, csv: (r: Row) => r.id }]
  const load = (cursor: string | undefined): Promise<RowsPage<Row>> =>
    Promise.resolve(cursor ? { rows: [{ id: 'second' }] } : { rows: [{ id: 'first' }], next: 'c2' })
  const table = (given: Partial<Parameters<typeof DataTable<Row>>[0]> = {}) => (
    <DataTable<Row> name="rows" caption="行" columns={columns} filters={[]} load={load} rowKey={(r) => r.id} empty="没有" to={(r) => `/rows/${r.id}`} {...given} />
  )
  it('goes to the next page and back, in the address', async () => {
    within(table())
    await screen.findByText('first')
    await userEvent.click(screen.getByText('下一页'))
    await screen.findByText('second')
    expect(place()).toBe('/?cursor=c2')
    expect(screen.getByText<HTMLElement>('下一页').closest('button')?.disabled).toBe(true)
    await userEvent.click(screen.getByText('首页'))
    await screen.findByText('first')
    expect(place()).toBe('/')
  })
  it('begins where the address says', async () => {
    within(table(), '/?cursor=c2')
    expect(await screen.findByText('second')).toBeTruthy()
  })
  it('leads from its first column', async () => {
    within(table())
    expect((await screen.findByText('first')).closest('a')?.getAttribute('href')).toBe('/rows/first')
  })
  it('says why it is empty', async () => {
    within(table({ load: () => Promise.resolve({ rows: [] }) }))
    expect(await screen.findByText('没有')).toBeTruthy()
  })
  it('shows a refusal with its request, and asks again', async () => {
    const answer = vi.fn<() => Promise<RowsPage<Row>>>().mockRejectedValueOnce(new Problem(503, 'the ledger is away', 'req-1')).mockResolvedValue({ rows: [{ id: 'later' }] })
    within(table({ load: answer }))
    expect((await screen.findByRole('alert')).textContent).toContain('req-1')
    await userEvent.click(screen.getByText('重试'))
    expect(await screen.findByText('later')).toBeTruthy()
  })
  it('is exported to its end', async () => {
    const told: number[] = []
    const { lines, whole } = await exportLines(columns, load, new AbortController().signal, (n) => told.push(n))
    expect(lines.join('')).toBe('编号\r\nfirst\r\nsecond\r\n')
    expect(whole).toBe(true)
    expect(told).toEqual([1, 2])
  })
  it('is walked by j and k', async () => {
    document.addEventListener('keydown', shortcuts.press)
    within(table({ load: () => Promise.resolve({ rows: [{ id: 'a' }, { id: 'b' }] }) }))
    await screen.findByText('a')
    await userEvent.keyboard('j')
    expect(document.activeElement?.textContent).toBe('a')
    await userEvent.keyboard('j')
    expect(document.activeElement?.textContent).toBe('b')
    await userEvent.keyboard('k')
    expect(document.activeElement?.textContent).toBe('a')
    document.removeEventListener('keydown', shortcuts.press)
  })
})

describe('shortcuts', () => {
  const run = vi.fn()
  function Probe() {
    useShortcut('g a', 'ui:more', run)
    return <input aria-label="text" />
  }
  beforeEach(() => {
    run.mockClear()
    render(<Probe />)
    document.addEventListener('keydown', shortcuts.press)
    return () => document.removeEventListener('keydown', shortcuts.press)
  })
  it('run after their sequence', async () => {
    await userEvent.keyboard('ga')
    expect(run).toHaveBeenCalledTimes(1)
    await userEvent.keyboard('gxa')
    expect(run).toHaveBeenCalledTimes(1)
  })
  it('are dead while typing, while composing and with the browser’s own keys', async () => {
    await userEvent.type(screen.getByLabelText('text'), 'ga')
    fireEvent.keyDown(document.body, { key: 'g', isComposing: true })
    fireEvent.keyDown(document.body, { key: 'a', isComposing: true })
    fireEvent.keyDown(document.body, { key: 'g' })
    fireEvent.keyDown(document.body, { key: 'a', ctrlKey: true })
    expect(run).not.toHaveBeenCalled()
  })
  it('are all off by one switch', async () => {
    shortcuts.enable(false)
    ;(document.activeElement as HTMLElement | null)?.blur()
    await userEvent.keyboard('ga')
    expect(run).not.toHaveBeenCalled()
    shortcuts.enable(true)
    await userEvent.keyboard('ga')
    expect(run).toHaveBeenCalledTimes(1)
  })
})

describe('a reason', () => {
  it('is required, handed over, and kept where the server refuses', async () => {
    const onClose = vi.fn()
    const onConfirm = vi.fn<(reason: string) => Promise<void>>().mockRejectedValueOnce(new Problem(422, 'not like this')).mockResolvedValue()
    within(<ReasonModal open title="削弱规则" confirm="削弱" onConfirm={onConfirm} onClose={onClose} />)
    const confirm = screen.getByRole<HTMLButtonElement>('button', { name: '削弱' })
    expect(confirm.disabled).toBe(true)
    await userEvent.type(screen.getByLabelText('原因'), '误拦太多')
    await userEvent.click(confirm)
    expect((await screen.findByRole('alert')).textContent).toContain('not like this')
    expect(screen.getByLabelText<HTMLTextAreaElement>('原因').value).toBe('误拦太多')
    expect(onClose).not.toHaveBeenCalled()
    await userEvent.click(confirm)
    await waitFor(() => expect(onClose).toHaveBeenCalledTimes(1))
    expect(onConfirm.mock.calls).toEqual([['误拦太多'], ['误拦太多']])
  })
})
