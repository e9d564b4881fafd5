import { useState } from 'preact/hooks'
import type { Order, Pool, Position } from '../api/types'
import { useWords } from '../i18n/i18n'
import { documentKeys } from '../visitors'
import { Button, Dialog } from './parts'
import { QR } from './qr'

/** A ticket for every visitor of an order: the code, and whose it is. */
export function Tickets({ order, pool }: { order: Order; pool: Pool | undefined }) {
  const { t } = useWords()
  const [shown, setShown] = useState<Position>()
  return (
    <section aria-labelledby="tickets">
      <h2 id="tickets">{t('order.tickets')}</h2>
      <ul class="tickets-list">
        {order.positions.map((p) => {
          const product = pool?.products?.find((x) => x.id === p.product)
          const adult = order.positions.find((x) => x.position_id === p.adult_position_id)
          return (
            <li key={p.position_id} class="card ticket">
              <p>
                <strong>{p.name_masked}</strong> {product && <span class="tag">{product.name}</span>}
                <br />
                <span class="quiet">{t(documentKeys[p.document_type])} {p.document_masked}</span>
                {adult && <><br /><span class="quiet">{t('order.with_adult', { name: adult.name_masked })}</span></>}
              </p>
              {p.ticket && (
                <>
                  <QR text={p.ticket} label={t('order.qr_alt', { name: p.name_masked })} />
                  <Button onClick={() => setShown(p)}>{t('order.enlarge')}</Button>
                </>
              )}
            </li>
          )
        })}
      </ul>
      {shown?.ticket && (
        <Dialog wide title={t('order.ticket_of', { name: shown.name_masked })} close={() => setShown(undefined)}>
          <QR text={shown.ticket} label={t('order.qr_alt', { name: shown.name_masked })} />
          <p class="buttons"><Button look="main" onClick={() => setShown(undefined)}>{t('app.close')}</Button></p>
        </Dialog>
      )}
    </section>
  )
}
