import { useEffect, useState } from 'react'
import type { Schema } from '../client'
import { Line } from './line'

type Events = Schema<'Events'>

/** The frames of topics; a release's is called release:POOL@DAY. */
export type Frame<Topic extends string> = Topic extends keyof Events ? NonNullable<Events[Topic]>
  : Topic extends `release:${string}` ? NonNullable<Events['release']> : never
export type LiveTopic = 'overview' | 'alerts' | 'engines' | `release:${string}`

let line: Line | undefined

/** Hears the frames of a topic, shared with all tabs of this browser. */
export function listen<Topic extends LiveTopic>(topic: Topic, listener: (frame: Frame<Topic>) => void): () => void {
  line ??= new Line()
  return line.listen(topic, (frame) => listener(frame as Frame<Topic>))
}

/** How long the figures may stand still before they count as old, in milliseconds. */
export const brokenAfter = 3_000

export interface Live<Topic extends LiveTopic> {
  frame: Frame<Topic> | undefined
  /** Nothing came for three seconds: figures are as of `at`. */
  broken: boolean
  /** When the last frame came; undefined before the first. */
  at: number | undefined
}

/** The newest frame of a topic; undefined: of none. */
export function useLive<Topic extends LiveTopic>(topic: Topic | undefined): Live<Topic> {
  const [live, setLive] = useState<Live<Topic>>({ frame: undefined, broken: false, at: undefined })
  useEffect(() => {
    if (!topic) return
    let timer: ReturnType<typeof setTimeout>
    const wait = () => {
      clearTimeout(timer)
      timer = setTimeout(() => setLive((now) => ({ ...now, broken: true })), brokenAfter)
    }
    wait()
    const stop = listen(topic, (frame) => {
      wait()
      setLive({ frame, broken: false, at: Date.now() })
    })
    return () => {
      clearTimeout(timer)
      stop()
    }
  }, [topic])
  return live
}
