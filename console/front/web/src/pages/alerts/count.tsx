import { AlertOutlined } from '@ant-design/icons'
import { Badge } from 'antd'
import { Link } from 'react-router'
import { useLive } from '../../api/live'
import { useOperator } from '../../api/session'
import { useWords } from '../../i18n'
import './alerts.css'

/** How many alerts are open, in the header of every page; red only while one of them is urgent. */
export function AlertCount() {
  const { role } = useOperator()
  return role === 'box_office' ? null : <Count />
}

function Count() {
  const t = useWords('alerts')
  const { frame } = useLive('alerts')
  const n = frame?.alerts?.length ?? 0
  const urgent = frame?.counts.urgent ?? 0
  return (
    <Link to="/alerts" className="alert-count" aria-label={t('open_count', { n, urgent })}>
      <Badge count={n} overflowCount={49} size="small" color={urgent > 0 ? '#B01515' : '#595959'}><AlertOutlined /></Badge>
    </Link>
  )
}
