import { Checkbox, Form, Input, Select } from 'antd'
import { useState } from 'react'
import { api, ask, type Schema } from '../../../api/client'
import { useLanguage, useWords } from '../../../i18n'
import { ReasonModal } from '../../../ui'
import { because, usePools } from '../booking'
import { nameOf } from '../model'

type Announcement = Schema<'TicketingHouseAnnouncement'>
type Body = Schema<'TicketingAnnouncementBody'>

interface AnnouncementEditorProps {
  /** The one that is changed; absent for a new one. */
  item?: Announcement
  onClose: () => void
  onSaved: () => Promise<void>
}

/** Writes an announcement; it is a draft until it is published. */
export function AnnouncementEditor({ item, onClose, onSaved }: AnnouncementEditorProps) {
  const t = useWords('ticketing')
  const language = useLanguage()
  const pools = usePools()
  const [body, setBody] = useState<Body>(() => ({
    kind: item?.kind ?? 'notice', title_zh: item?.title_zh ?? '', body_zh: item?.body_zh ?? '', title_en: item?.title_en ?? '', body_en: item?.body_en ?? '',
    pinned: item?.pinned ?? false, pool: item?.pool ?? '', priority: item?.priority ?? 0, ...(item?.dates ? { dates: item.dates } : {}), ...(item ? { version: item.version } : {}),
  }))
  const set = (change: Partial<Body>) => setBody((before) => ({ ...before, ...change }))
  const english = Boolean(body.title_en) === Boolean(body.body_en)
  return (
    <ReasonModal
      open title={t(item ? 'change_announcement' : 'new_announcement')} confirm={t('save')} ready={body.title_zh.trim() !== '' && body.body_zh.trim() !== '' && english} onClose={onClose}
      onConfirm={async (reason) => {
        const header = because(reason)
        const { pool, ...rest } = body
        const sent = pool ? body : rest
        await ask(item
          ? api.PUT('/api/v1/ticketing/announcements/{announcement}', { params: { path: { announcement: item.id }, header }, body: sent })
          : api.POST('/api/v1/ticketing/announcements', { params: { header }, body: sent }))
        await onSaved()
      }}
    >
      <Form layout="vertical">
        <Form.Item label={t('kind')}>
          <Select value={body.kind} onChange={(kind) => set({ kind })} aria-label={t('kind')} options={[{ value: 'notice', label: t('kind_notice') }, { value: 'rules', label: t('kind_rules') }, { value: 'closure', label: t('kind_closure') }]} />
        </Form.Item>
        <Form.Item label={t('pool')}>
          <Select value={body.pool ?? ''} onChange={(pool) => set({ pool })} aria-label={t('pool')} options={[{ value: '', label: t('whole_venue') }, ...(pools.data?.pools ?? []).map((p) => ({ value: p.pool, label: nameOf(p.name, p.name_en, language) }))]} />
        </Form.Item>
        <div className="two-languages">
          <Form.Item label={t('title_zh')} required htmlFor="title-zh"><Input id="title-zh" value={body.title_zh} maxLength={200} onChange={(e) => set({ title_zh: e.target.value })} /></Form.Item>
          <Form.Item label={t('title_en')} htmlFor="title-en"><Input id="title-en" value={body.title_en} maxLength={200} onChange={(e) => set({ title_en: e.target.value })} /></Form.Item>
          <Form.Item label={t('body_zh')} required htmlFor="body-zh"><Input.TextArea id="body-zh" rows={5} value={body.body_zh} maxLength={10_000} onChange={(e) => set({ body_zh: e.target.value })} /></Form.Item>
          <Form.Item label={t('body_en')} htmlFor="body-en" {...(english ? {} : { validateStatus: 'error' as const, help: t('english_whole') })}>
            <Input.TextArea id="body-en" rows={5} value={body.body_en} maxLength={10_000} onChange={(e) => set({ body_en: e.target.value })} />
          </Form.Item>
        </div>
        <p className="muted">{t('markdown_help')}</p>
        <Checkbox checked={body.pinned ?? false} onChange={(e) => set({ pinned: e.target.checked })}>{t('pinned')}</Checkbox>
      </Form>
    </ReasonModal>
  )
}
