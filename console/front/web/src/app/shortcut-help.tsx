import { Modal, Switch } from 'antd'
import { useAnyWord, useWords } from '../i18n'
import { shortcuts, useShortcuts, useShortcutsEnabled } from '../ui/shortcuts'

interface ShortcutHelpProps {
  open: boolean
  onClose: () => void
}

/** The keys that work on this page, and the switch that turns them all off. */
export function ShortcutHelp({ open, onClose }: ShortcutHelpProps) {
  const t = useWords('ui')
  const word = useAnyWord()
  const enabled = useShortcutsEnabled()
  const all = new Map(useShortcuts().map((s) => [s.keys, s]))
  return (
    <Modal open={open} onCancel={onClose} footer={null} title={t('keys_title')}>
      <label className="switch-line">
        <Switch checked={enabled} onChange={(on) => shortcuts.enable(on)} aria-label={t('keys_enable')} /> {t('keys_enable')}
      </label>
      <dl className="keys">
        {[...all.values()].map((s) => (
          <div key={s.keys}>
            <dt>{s.keys.split(' ').map((key) => <kbd key={key}>{key}</kbd>)}</dt>
            <dd>{word(s.label)}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  )
}
