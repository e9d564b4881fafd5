import { useQueryClient } from '@tanstack/react-query'
import { App, Button } from 'antd'
import { useCallback } from 'react'
import { api, ask } from '../../../api/client'
import { useWords } from '../../../i18n'
import { ErrorCard } from '../../../ui'
import { takeBackSeconds } from '../model'

/** Offers to take confirmations back for as long as nothing is cancelled yet, whatever page is shown. */
export function useTakeBack(): (ids: readonly string[]) => void {
  const t = useWords('review')
  const { notification } = App.useApp()
  const client = useQueryClient()
  return useCallback((ids) => {
    const key = `take-back ${ids[0] ?? ''}`
    const takeBack = async () => {
      try {
        const done = await ask(api.POST('/api/v1/cases/take-back', { body: { cases: [...ids] } }))
        const late = (done.too_late ?? []).length
        notification[late > 0 ? 'warning' : 'success']({ key, title: t('taken_back', { n: (done.taken_back ?? []).length }), description: late > 0 ? t('taken_back_late', { n: late }) : undefined, duration: 8 })
        await Promise.all([['case'], ['table', 'cases'], ['account'], ['known']].map((queryKey) => client.invalidateQueries({ queryKey })))
      } catch (error) {
        notification.error({ key, title: t('take_back_failed'), description: <ErrorCard error={error} />, duration: 12 })
      }
    }
    notification.info({
      key, title: t('cancels_soon', { n: ids.length, s: takeBackSeconds }), description: t('cancels_about'), duration: takeBackSeconds, showProgress: true, pauseOnHover: false, placement: 'bottomRight',
      actions: <Button type="primary" onClick={() => void takeBack()}>{t('take_back')}</Button>,
    })
  }, [client, notification, t])
}
