import { api, ask } from '../../../api/client'
import { atVenue } from '../../../ui/time'
import { download } from '../../../ui/csv'
import { auditQuery, type Wanted } from './query'

/** Asks the server for the entries as CSV, a proof of who asks included, and hands the file over. */
export async function saveAudit(wanted: Wanted): Promise<void> {
  const file = await ask(api.GET('/api/v1/audit/export', { params: { query: { ...auditQuery(wanted), format: 'csv' } }, parseAs: 'blob' }))
  download(`fairgate-audit-${atVenue(Date.now()).format('YYYYMMDD-HHmmss')}.csv`, file)
}
