import { en as alerts } from '../pages/alerts/messages.en'
import { en as overview } from '../pages/overview/messages.en'
import { en as quality } from '../pages/quality/messages.en'
import { en as review } from '../pages/review/messages.en'
import { en as strategy } from '../pages/strategy/messages.en'
import { en as notifications } from '../pages/system/notifications/messages.en'
import { en as system } from '../pages/system/messages.en'
import { en as ticketing } from '../pages/ticketing/messages.en'
import { en as ui } from './ui.en'

/** All words, by area. */
export const enCatalogue = { ui, overview, alerts, review, strategy, quality, ticketing, system, notifications }
