import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { type Problem, abandoned, asProblem, wordsFor } from '../api/problem'
import type { MeetChallenge } from '../api/client'
import { useWords } from '../i18n/i18n'
import { Button, Dialog, Notice } from '../ui/parts'
import { TextMessage } from './text-message'
import { Duty, type Offer } from './solve'

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

/** Meets a challenge while the visitor looks on, who can stop it, or choose a text message instead. */
export function ChallengeDialog({ waiting }: { waiting: Waiting }) {
  const { t } = useWords()
  const [share, setShare] = useState(0)
  const [won, setWon] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const [turn, setTurn] = useState(0)
  const [offer, setOffer] = useState<Offer>()
  const [texting, setTexting] = useState(false)
  const [textless, setTextless] = useState(false)
  const stop = useRef<AbortController>(null)
  const duty = useMemo(() => new Duty(waiting.problem, waiting.credentials), [waiting])
  const win = (pass: string) => {
    setWon(true)
    // Long enough to be seen; a box that flashes by frightens.
    return setTimeout(() => waiting.done(pass), linger)
  }

  useEffect(() => {
    const controller = new AbortController()
    stop.current = controller
    let timer: ReturnType<typeof setTimeout> | undefined
    setProblem(undefined)
    setShare(0)
    const meet = async () => {
      const asked = await duty.offer(controller.signal)
      setOffer(asked)
      if (asked.grade === 'sms') setTexting(true)
      else timer = win(await duty.prove(asked.proof, setShare, controller.signal))
    }
    meet().catch((thrown: unknown) => {
      if (!controller.signal.aborted) setProblem(asProblem(thrown))
    })
    return () => {
      controller.abort()
      clearTimeout(timer)
    }
  }, [duty, turn])

  const giveUp = () => waiting.failed(abandoned())
  const useText = () => {
    stop.current?.abort()
    setProblem(undefined)
    setTexting(true)
  }
  const noText = () => {
    setTexting(false)
    setTextless(true)
    setTurn(turn + 1)
  }
  const choice = !texting && !won && !textless && offer?.sms === true
  return (
    <Dialog title={t('challenge.title')} close={giveUp}>
      {textless && <Notice tone="info" urgent><p>{t('challenge.no_phone')}</p></Notice>}
      {texting && !won ? (
        <TextMessage duty={duty} done={win} unavailable={noText} close={giveUp} />
      ) : (
        <>
          <p>{t(choice ? 'challenge.text_sms' : 'challenge.text')}</p>
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
            {choice && <Button onClick={useText}>{t('challenge.use_sms')}</Button>}
            <Button onClick={giveUp}>{t('app.cancel')}</Button>
          </p>
        </>
      )}
    </Dialog>
  )
}
