import type { Translation } from '../../i18n/translation'
import type { zh } from './messages.zh'

/** Words of the pages of this area, English. */
export const en: Translation<typeof zh> = {
  group: 'Ticketing',
}
