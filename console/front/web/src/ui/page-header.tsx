import { useEffect, type ReactNode } from 'react'

interface PageHeaderProps {
  title: string
  /** What the page is for or about, one line. */
  about?: ReactNode
  /** The primary action and others. */
  actions?: ReactNode
}

/** The head of every page: its name, which is also the window's, and what can be done. */
export function PageHeader({ title, about, actions }: PageHeaderProps) {
  useEffect(() => {
    document.title = `${title} · Fairgate`
  }, [title])
  return (
    <header className="page-header">
      <div>
        <h1>{title}</h1>
        {about ? <p className="muted">{about}</p> : null}
      </div>
      {actions ? <div className="page-actions">{actions}</div> : null}
    </header>
  )
}
