import { useEffect, useRef, useState } from 'preact/hooks'
import { type Problem, abandoned, asProblem, wordsFor } from '../api/problem'
import type { MeetChallenge } from '../api/client'
import { useWords } from '../i18n/i18n'
import { Button, Dialog, Notice } from '../ui/parts'
import { winPass } from './solve'

/** One challenge that waits for its pass. */
export interface Waiting {
  problem: Problem
  credentials: Record<string, string>
  done: (pass: string) => void
  failed: (problem: Problem) => void
}

/** Queues challenges, so that a page that asks for three things shows one at a time. */
export class Challenges {
  private readonly queue: Waiting[] = []
  changed: () => void = () => undefined

  get first(): Waiting | undefined {
    return this.queue[0]
  }

  readonly meet: MeetChallenge = (problem, credentials, signal) =>
    new Promise((resolve, reject) => {
      const leave = () => {
        const at = this.queue.indexOf(waiting)
        if (at >= 0) this.queue.splice(at, 1)
        signal?.removeEventListener('abort', gone)
        this.changed()
      }
      const waiting: Waiting = {
        problem,
        credentials,
        done: (pass) => {
          leave()
          resolve(pass)
        },
        failed: (why) => {
          leave()
          reject(why)
        },
      }
      const gone = () => waiting.failed(abandoned())
      signal?.addEventListener('abort', gone)
      this.queue.push(waiting)
      this.changed()
    })
}

const linger = 600

/** Solves a challenge while the visitor looks on, and can stop it. */
export function ChallengeDialog({ waiting }: { waiting: Waiting }) {
  const { t } = useWords()
  const [share, setShare] = useState(0)
  const [won, setWon] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const [turn, setTurn] = useState(0)
  const stop = useRef<AbortController>(null)

  useEffect(() => {
    const controller = new AbortController()
    stop.current = controller
    let timer: ReturnType<typeof setTimeout> | undefined
    setProblem(undefined)
    setShare(0)
    winPass(waiting.problem, waiting.credentials, setShare, controller.signal).then(
      (pass) => {
        setWon(true)
        // Long enough to be seen; a box that flashes by frightens.
        timer = setTimeout(() => waiting.done(pass), linger)
      },
      (thrown: unknown) => {
        if (!controller.signal.aborted) setProblem(asProblem(thrown))
      },
    )
    return () => {
      controller.abort()
      clearTimeout(timer)
    }
  }, [waiting, turn])

  const giveUp = () => waiting.failed(abandoned())
  return (
    <Dialog title={t('challenge.title')} close={giveUp}>
      <p>{t('challenge.text')}</p>
      {problem ? (
        <Notice tone="bad" urgent><p>{t(wordsFor(problem))}</p></Notice>
      ) : (
        <>
          <p role="status">{won ? `✓ ${t('challenge.done')}` : t('challenge.working')}</p>
          <progress aria-label={t('challenge.progress')} max={1} value={won ? 1 : share} />
        </>
      )}
      <p class="buttons">
        {problem && <Button look="main" onClick={() => setTurn(turn + 1)}>{t('app.retry')}</Button>}
        <Button onClick={giveUp}>{t('app.cancel')}</Button>
      </p>
    </Dialog>
  )
}
