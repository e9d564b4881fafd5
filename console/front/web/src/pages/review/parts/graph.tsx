import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Alert, Button, Segmented, Space } from 'antd'
import { useMemo, useState } from 'react'
import { Link, useNavigate } from 'react-router'
import { api, ask, type Schema } from '../../../api/client'
import { useWords } from '../../../i18n'
import { Loaded, Time } from '../../../ui'
import { layout } from './layout'

type Graph = Pick<Schema<'Graph'>, 'nodes' | 'edges' | 'cut'>
type Node = Schema<'Node'>

const width = 640
const height = 420
const shapes: Record<Node['kind'], string> = { account: '●', device: '▣', family: '▤', document: '▲', phone: '◆', payee: '★', phone_block: '◈', ip: '⬢' }

/** Who is linked to an account, and the way to look further from any of them. */
export function Links({ accounts, days = 7 }: { accounts: readonly string[]; days?: number }) {
  const t = useWords('review')
  const [more, setMore] = useState<readonly string[]>([])
  const asked = [...new Set([...accounts, ...more])].slice(0, 50)
  const query = useQuery({
    queryKey: ['links', asked, days], placeholderData: keepPreviousData,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/links', { params: { query: { account: asked, days } }, signal })),
  })
  return (
    <Loaded query={query}>
      {(graph) => <GraphView graph={graph} caption={t('graph_of', { name: accounts[0] ?? '' })} onExpand={(name) => setMore((before) => [...before, name])} />}
    </Loaded>
  )
}

interface GraphViewProps {
  graph: Graph
  caption: string
  onExpand?: (account: string) => void
}

/** A graph of accounts and what they share; the table says the same. */
export function GraphView({ graph, caption, onExpand }: GraphViewProps) {
  const t = useWords('review')
  const [as, setAs] = useState<'graph' | 'table'>('graph')
  const nodes = graph.nodes ?? []
  const accounts = nodes.filter((n) => n.kind === 'account').length
  return (
    <div className="stack">
      <Space wrap>
        <Segmented value={as} onChange={setAs} aria-label={t('graph_view')} options={[{ value: 'graph', label: t('as_graph') }, { value: 'table', label: t('as_table') }]} />
        <span className="muted">{t('graph_size', { accounts, shared: nodes.length - accounts })}</span>
      </Space>
      {graph.cut ? <Alert type="info" showIcon title={t('graph_cut')} /> : null}
      {nodes.length - accounts === 0 ? <p className="muted">{t('graph_empty')}</p> : null}
      {as === 'graph' ? <Drawing graph={graph} caption={caption} {...(onExpand ? { onExpand } : {})} /> : <LinksTable graph={graph} caption={caption} {...(onExpand ? { onExpand } : {})} />}
    </div>
  )
}

function Drawing({ graph, caption, onExpand }: GraphViewProps) {
  const t = useWords('review')
  const navigate = useNavigate()
  const [chosen, setChosen] = useState<string>()
  const nodes = useMemo(() => graph.nodes ?? [], [graph])
  const points = useMemo(() => layout(nodes, graph.edges ?? [], width, height), [nodes, graph])
  const node = nodes.find((n) => n.id === chosen)
  const near = new Set((graph.edges ?? []).flatMap((e) => (e.account === chosen ? [e.key] : e.key === chosen ? [e.account] : [])))
  return (
    <figure className="graph">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${caption}. ${t('graph_hint')}`}>
        {(graph.edges ?? []).map((e) => {
          const [a, b] = [points.get(e.account), points.get(e.key)]
          return a && b ? <line key={`${e.account}\n${e.key}`} x1={a.x} y1={a.y} x2={b.x} y2={b.y} className={e.account === chosen || e.key === chosen ? 'edge edge-near' : 'edge'} /> : null
        })}
        {nodes.map((n) => {
          const p = points.get(n.id)
          if (!p) return null
          const marks = [n.asked ? 'node-asked' : '', n.id === chosen ? 'node-chosen' : '', near.has(n.id) ? 'node-near' : ''].join(' ')
          return (
            <g key={n.id} className={`node node-${n.kind} ${marks}`} transform={`translate(${p.x.toFixed(1)} ${p.y.toFixed(1)})`} onClick={() => setChosen(n.id)}>
              <circle r={12} className="node-touch" />
              <text textAnchor="middle" dominantBaseline="central">{shapes[n.kind]}</text>
              {n.asked || n.id === chosen || near.has(n.id) ? <text className="node-name" y={-12} textAnchor="middle">{short(n.name)}</text> : null}
            </g>
          )
        })}
      </svg>
      <figcaption>
        <ul className="graph-legend">
          {[...new Set(nodes.map((n) => n.kind))].map((kind) => <li key={kind}><span aria-hidden="true">{shapes[kind]}</span> {t(`node_${kind}`)}</li>)}
        </ul>
        {node ? (
          <Space wrap>
            <span>{shapes[node.kind]} {t(`node_${node.kind}`)} <strong>{short(node.name, 28)}</strong>{node.accounts ? ` · ${t('shared_by', { n: node.accounts })}` : ''}{node.wide ? ` · ${t('wide')}` : ''}</span>
            {pathOf(node) ? <Button size="small" onClick={() => void navigate(pathOf(node) ?? '')}>{t('open')}</Button> : null}
            {node.kind === 'account' && !node.asked && onExpand ? <Button size="small" onClick={() => onExpand(node.name)}>{t('expand')}</Button> : null}
          </Space>
        ) : <span className="muted">{t('graph_hint')}</span>}
      </figcaption>
    </figure>
  )
}

const short = (name: string, most = 14): string => (name.length > most ? `${name.slice(0, most)}…` : name)

function pathOf(n: Node): string | undefined {
  if (n.kind === 'account') return `/accounts/${encodeURIComponent(n.name)}`
  if (n.kind === 'device') return `/fingerprints/${encodeURIComponent(n.name)}`
  return n.kind === 'family' ? `/fingerprints/${encodeURIComponent(n.name.split('@')[0] ?? n.name)}` : undefined
}

function LinksTable({ graph, caption, onExpand }: GraphViewProps) {
  const t = useWords('review')
  const byID = new Map((graph.nodes ?? []).map((n) => [n.id, n]))
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label={caption}>
      <table className="plain-table">
        <caption className="sr-only">{caption}</caption>
        <thead><tr><th scope="col">{t('node_account')}</th><th scope="col">{t('shared')}</th><th scope="col">{t('accounts')}</th><th scope="col">{t('requests')}</th><th scope="col">{t('last_seen')}</th><th scope="col">{t('actions')}</th></tr></thead>
        <tbody>
          {(graph.edges ?? []).map((e) => {
            const [account, key] = [byID.get(e.account), byID.get(e.key)]
            if (!account || !key) return null
            return (
              <tr key={`${e.account}\n${e.key}`}>
                <td><Link to={pathOf(account) ?? ''}>{short(account.name, 28)}</Link></td>
                <td>{shapes[key.kind]} {t(`node_${key.kind}`)} <code>{short(key.name, 20)}</code></td>
                <td className="figure">{key.accounts}</td>
                <td className="figure">{e.requests}</td>
                <td><Time value={e.last_seen_at} /></td>
                <td>{account.asked || !onExpand ? '—' : <Button size="small" onClick={() => onExpand(account.name)}>{t('expand')}</Button>}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
