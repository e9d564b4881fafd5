import { Button } from 'antd'
import { useNavigate } from 'react-router'
import { useOperator } from '../../../api/session'
import { routes } from '../../../app/routes'
import { useWords } from '../../../i18n'
import { nextSteps, type Alert } from '../model'

/** Where what should be done next is done, as buttons. */
export function NextSteps({ alert }: { alert: Alert }) {
  const t = useWords('alerts')
  const navigate = useNavigate()
  const { role } = useOperator()
  const steps = nextSteps(alert, role, routes)
  if (steps.length === 0) return null
  return (
    <div className="steps">
      {steps.map((step) => (
        <Button
          key={step.to} href={step.to}
          onClick={(e) => {
            if (e.ctrlKey || e.metaKey || e.shiftKey) return
            e.preventDefault()
            void navigate(step.to)
          }}
        >
          {t(`step_${step.kind}`)}{step.about ? ` ${step.about}` : ''}
        </Button>
      ))}
    </div>
  )
}
