import { createRoot } from 'react-dom/client'
import { restore } from './api/session'
import { Application } from './app/application'
import { startWords } from './i18n'
import './ui/styles/base.css'
import './ui/styles/frame.css'
import './ui/styles/parts.css'

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
await startWords()
// Without an answer the sign-in is shown, and says what is wrong when it is used.
restore().catch(() => undefined)
createRoot(root).render(<Application />)
