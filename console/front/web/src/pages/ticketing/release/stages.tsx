import { Button } from 'antd'
import { useWords } from '../../../i18n'
import { DataTable, exportTime, Time, type Column } from '../../../ui'
import type { Release, Stage, StageState } from '../model'
import type { StageAct } from './stage-dialog'

interface StageListProps {
  release: Release
  stateOf: (stage: Stage) => StageState
  edit: boolean
  onAct: (stage: Stage, act: StageAct) => void
}

/** Every stage with its figures, and what can be done with it. */
export function StageList({ release, stateOf, edit, onAct }: StageListProps) {
  const t = useWords('ticketing')
  const number = (key: 'planned' | 'released' | 'held' | 'sold' | 'left' | 'returning'): Column<Stage> => ({ key, title: t(`figure_${key}`), align: 'right', render: (s) => s[key], csv: (s) => s[key] })
  const columns: Column<Stage>[] = [
    { key: 'stage', title: t('stage'), render: (s) => t('stage_n', { n: s.stage }), csv: (s) => s.stage },
    { key: 'state', title: t('state'), render: (s) => <span className={`stage-state stage-${stateOf(s)}`}>{t(`stage_${stateOf(s)}`)}</span>, csv: (s) => stateOf(s) },
    { key: 'at', title: t('stage_time'), render: (s) => <Time value={s.fired_at ?? s.at} />, csv: (s) => exportTime(s.fired_at ?? s.at) },
    number('planned'), number('released'), number('held'), number('sold'), number('left'), number('returning'),
    ...(edit ? [{
      key: 'actions', title: t('actions'), render: (s: Stage) => (
        <span className="stage-actions">
          <Button size="small" onClick={() => onAct(s, s.paused ? 'resume' : 'pause')}>{t(s.paused ? 'act_resume' : 'act_pause')}</Button>
          {s.fired_at ? null : (
            <>
              <Button size="small" onClick={() => onAct(s, 'now')}>{t('act_now')}</Button>
              <Button size="small" onClick={() => onAct(s, 'later')}>{t('act_later')}</Button>
              <Button size="small" onClick={() => onAct(s, 'quantity')}>{t('act_quantity')}</Button>
            </>
          )}
        </span>
      ),
    }] : []),
  ]
  return (
    <DataTable<Stage>
      name="stages" caption={t('stages')} columns={columns} filters={[release.pool, release.date]} refresh={1_000} rowKey={(s) => String(s.stage)} empty={t('stages_empty')}
      load={() => Promise.resolve({ rows: release.stages })}
    />
  )
}
