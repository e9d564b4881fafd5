import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { useWords } from '../i18n/i18n'
import { Link, useRouter } from '../router'

let first = true

/** A page's heading, which takes the focus when the visitor comes from another page. */
export function Page({ title, lead, back, children }: { title: string; lead?: string; back?: string; children: ComponentChildren }) {
  const { t } = useWords()
  const { place } = useRouter()
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · ${t('app.name')}`
  }, [title, t])
  useEffect(() => {
    if (!first) heading.current?.focus()
    first = false
  }, [place.path])
  return (
    <main id="main">
      {back && <Link class="back" to={back}><span aria-hidden="true">‹ </span>{t('app.back')}</Link>}
      <h1 ref={heading} tabIndex={-1}>{title}</h1>
      {lead && <p class="lead">{lead}</p>}
      {children}
    </main>
  )
}
