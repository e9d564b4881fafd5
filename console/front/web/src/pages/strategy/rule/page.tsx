import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useLocation, useParams } from 'react-router'
import { api, ask } from '../../../api/client'
import { useWords } from '../../../i18n'
import { ErrorCard, Loaded, PageHeader, param, useUrlState } from '../../../ui'
import { useRulesetName } from '../data'
import { templateNames, templates } from '../rules/templates'
import { Editor, followsSave } from './editor'
import '../strategy.css'

const shape = { template: param.oneOf(templateNames, 'empty'), feature: param.text('', 64), threshold: param.text('', 200) }

/** What the editor was opened on: an address that followed a save of its own opens nothing anew. */
function useOpened(id: string, number: number): { id: string; number: number } {
  const state: unknown = useLocation().state
  const [opened, open] = useState({ id, number })
  const followed = state === followsSave
  if (!followed && (opened.id !== id || opened.number !== number)) open({ id, number })
  return followed ? opened : { id, number }
}

/** A rule's editor: of what is in force, of a stored version, or of a new rule begun from a template. */
export default function RulePage() {
  const t = useWords('strategy')
  const params = useParams()
  const name = useRulesetName()
  const [{ template, threshold }] = useUrlState(shape)
  const { id, number } = useOpened(params.id ?? '', params.v && /^\d{1,12}$/.test(params.v) ? Number(params.v) : 0)
  const path = { name: name.data ?? '', rule: id }
  const text = useQuery({
    queryKey: ['rule-text', path.name, id, number], enabled: name.isSuccess && id !== '', gcTime: 0, refetchOnWindowFocus: false, staleTime: Infinity,
    queryFn: ({ signal }) => ask(api.GET('/api/v1/rulesets/{name}/rules/{rule}/text', { params: { path, query: { version: number } }, signal })),
  })
  if (name.isError) return <ErrorCard error={name.error} onRetry={() => void name.refetch()} />
  if (!name.data) return null
  if (id === '') {
    const begun = threshold ? { when: threshold, declaration: templates.empty.declaration } : templates[template]
    return <Editor key={`new-${template}-${threshold}`} ruleset={name.data} rule="" number={0} initial={begun} />
  }
  return (
    <>
      {text.data ? null : <PageHeader title={id} about={t('rule')} />}
      <Loaded query={text}>{(found) => <Editor key={`${id}-${number}`} ruleset={name.data} rule={id} number={number} initial={found} />}</Loaded>
    </>
  )
}
