package sqlstore

import (
	"context"
	"database/sql"

	"fairgate/ticketing"
)

func (r reader) NoticesOf(ctx context.Context, orders ...string) (map[string][]ticketing.OrderNotice, error) {
	if len(orders) == 0 {
		return nil, nil
	}
	wanted, args := in(nil, orders)
	found := map[string][]ticketing.OrderNotice{}
	err := r.each(ctx, "read notices", func(rows *sql.Rows) error {
		var (
			n  ticketing.OrderNotice
			at int64
		)
		err := rows.Scan(&n.ID, &n.OrderID, &n.Purpose, &n.State, &at)
		n.At = moment(at)
		found[n.OrderID] = append(found[n.OrderID], n)
		return err
	}, `SELECT id, order_id, purpose, state, queued_at FROM order_notices WHERE order_id IN `+wanted+` ORDER BY queued_at, id`, args...)
	return found, err
}

func (t *tx) RecordNotice(ctx context.Context, n ticketing.OrderNotice) error {
	_, err := t.exec(ctx, "record notice", `INSERT INTO order_notices (id, order_id, purpose, state, queued_at) VALUES ($1, $2, $3, $4, $5)`,
		n.ID, n.OrderID, n.Purpose, n.State, millis(n.At))
	return err
}

// settleNotice has a notice say what became of its message.
func (t *tx) settleNotice(ctx context.Context, m ticketing.Message) error {
	if !m.Purpose.Notice() || !m.State.Settled() {
		return nil
	}
	_, err := t.exec(ctx, "settle notice", `UPDATE order_notices SET state = $2 WHERE id = $1`, m.ID, string(m.State))
	return err
}
