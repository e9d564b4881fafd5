import { zh as alerts } from '../pages/alerts/messages.zh'
import { zh as overview } from '../pages/overview/messages.zh'
import { zh as quality } from '../pages/quality/messages.zh'
import { zh as review } from '../pages/review/messages.zh'
import { zh as strategy } from '../pages/strategy/messages.zh'
import { zh as notifications } from '../pages/system/notifications/messages.zh'
import { zh as system } from '../pages/system/messages.zh'
import { zh as ticketing } from '../pages/ticketing/messages.zh'
import { zh as ui } from './ui.zh'

/** All words, by area. */
export const zhCatalogue = { ui, overview, alerts, review, strategy, quality, ticketing, system, notifications }
