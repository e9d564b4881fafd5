import { render } from 'preact'
import { App } from './app'
import { Session } from './session'
import './styles/base.css'
import './styles/parts.css'
import './styles/pages.css'

/** Storage that is switched off is replaced by one for this page alone. */
function storage(open: () => Storage): Storage {
  try {
    return open()
  } catch {
    const kept = new Map<string, string>()
    return {
      get length() {
        return kept.size
      },
      clear: () => kept.clear(),
      getItem: (name) => kept.get(name) ?? null,
      key: (index) => [...kept.keys()][index] ?? null,
      removeItem: (name) => void kept.delete(name),
      setItem: (name, value) => void kept.set(name, value),
    }
  }
}

const device = storage(() => localStorage)
const session = new Session(
  storage(() => sessionStorage),
  device,
)
addEventListener('storage', () => session.reload())

const root = document.getElementById('app')
if (root) render(<App session={session} device={device} />, root)
