import { SearchOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { Button, Input, type InputRef } from 'antd'
import { useEffect, useRef, useState } from 'react'
import { Link } from 'react-router'
import { api, ask, type Schema } from '../api/client'
import { useWords } from '../i18n'
import { ErrorCard } from '../ui/error-card'
import { useShortcut } from '../ui/shortcuts'
import { Time } from '../ui/time'
import { usePhone } from '../ui/use-phone'
import { VisitorText } from '../ui/visitor-text'

/** Least and most of what is searched, as the API has them. */
const [least, most] = [3, 200]

/** Finds an account, an order or an event by receipt, id, phone or document. What is typed goes into no address. */
export function Search() {
  const t = useWords('ui')
  const phone = usePhone()
  const input = useRef<InputRef>(null)
  const box = useRef<HTMLDivElement>(null)
  const [open, setOpen] = useState(false)
  const [wide, setWide] = useState(false)
  const search = useMutation({ mutationFn: (q: string) => ask(api.POST('/api/v1/search', { body: { q } })) })
  useEffect(() => {
    if (!open) return
    const away = (e: PointerEvent) => { if (e.target instanceof Node && !box.current?.contains(e.target)) setOpen(false) }
    document.addEventListener('pointerdown', away)
    return () => document.removeEventListener('pointerdown', away)
  }, [open])
  const begin = () => {
    setWide(true)
    requestAnimationFrame(() => input.current?.focus({ cursor: 'all' }))
  }
  useShortcut('/', 'ui:key_search', begin)
  const run = (text: string) => {
    if (text.trim().length < least) return
    search.mutate(text.trim())
    setOpen(true)
  }
  if (phone && !wide) return <Button type="text" icon={<SearchOutlined />} aria-label={t('search')} onClick={begin} />
  return (
    <div className="top-search" ref={box}>
      <Input.Search
        ref={input} placeholder={t('search_hint')} aria-label={t('search')} maxLength={most} allowClear autoComplete="off" spellCheck={false} loading={search.isPending}
        onSearch={run} onKeyDown={(e) => { if (e.key === 'Escape') { setOpen(false); setWide(false) } }} onChange={() => setOpen(false)}
      />
      {open ? (
        <div className="search-results search-panel" role="region" aria-label={t('search_results')} aria-live="polite">
          {search.isPending ? <p>{t('loading')}</p> : null}
          {search.isError ? <ErrorCard error={search.error} /> : null}
          {search.data ? <Results found={search.data} onOpen={() => setOpen(false)} /> : null}
        </div>
      ) : null}
    </div>
  )
}

function Results({ found, onOpen }: { found: Schema<'SearchOutputBody'>; onOpen: () => void }) {
  const t = useWords('ui')
  const hits = found.hits ?? []
  const missing = (found.unsearched ?? []).flatMap((part) => (part === 'ledger' || part === 'booking' || part === 'people' ? [t(`search_missing_${part}`)] : []))
  return (
    <>
      {hits.length === 0 ? <p>{t('search_none')}</p> : null}
      <ul className="lines">
        {hits.map((hit) => (
          <li key={hit.type + hit.id}>
            <Link to={hit.path} onClick={onOpen}>{t(`search_${hit.type}`)} <VisitorText max={60}>{hit.id}</VisitorText></Link>{' '}
            <span className="muted">{hit.pool} {hit.day} {hit.time ? <Time value={hit.time} to="minute" /> : null}</span>
          </li>
        ))}
      </ul>
      {missing.length > 0 ? <p className="muted">{t('search_missing', { parts: missing.join(t('list_comma')) })}</p> : null}
    </>
  )
}
