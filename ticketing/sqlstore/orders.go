package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"fairgate/ticketing"
)

// orderColumns reads orders with their positions, a row a position.
const orderColumns = `SELECT o.id, o.account_id, o.pool_id, o.day, o.state, o.total_fen, o.request_id, o.created_at, o.updated_at,
	o.hold_expires_at, o.provisional_until, o.paid_at, o.withdrawn_from, o.withdraw_reason, o.withdraw_receipt, o.withdrawn_at, o.reinstated_at, o.slot, o.rules_version, o.channel,
	COALESCE(l.name_masked, ''), COALESCE(l.phone_masked, ''),
	p.id, p.name_masked, p.name_sealed, p.document_type, p.document_masked, p.document_key, p.document_sealed, p.phone_sealed,
	p.product, p.unit, p.price_fen, p.places, p.secret, p.adult_id, p.stage, p.phone_key
	FROM %s o JOIN positions p ON p.order_id = o.id AND p.cancelled_at = 0
	LEFT JOIN order_leaders l ON l.order_id = o.id `

func (r reader) Order(ctx context.Context, id string) (ticketing.Order, error) {
	orders, err := r.orders(ctx, `orders`, `WHERE o.id = $1 ORDER BY p.idx`, id)
	if err == nil && len(orders) == 0 {
		return ticketing.Order{}, ticketing.ErrNotFound
	}
	if err != nil {
		return ticketing.Order{}, err
	}
	return orders[0], nil
}

func (r reader) OrdersOf(ctx context.Context, account string, states []ticketing.State, after ticketing.OrderCursor, limit int) ([]ticketing.Order, error) {
	args := []any{account, limit}
	filter := ""
	if after.ID != "" {
		filter = ` AND (created_at, id) < ($3, $4)`
		args = append(args, millis(after.CreatedAt), after.ID)
	}
	if len(states) > 0 {
		var wanted string
		wanted, args = in(args, states)
		filter += ` AND state IN ` + wanted
	}
	newest := `(SELECT * FROM orders WHERE account_id = $1` + filter + ` ORDER BY created_at DESC, id DESC LIMIT $2)`
	return r.orders(ctx, newest, `ORDER BY o.created_at DESC, o.id DESC, p.idx`, args...)
}

func (r reader) orders(ctx context.Context, from, rest string, args ...any) ([]ticketing.Order, error) {
	var orders []ticketing.Order
	err := r.each(ctx, "read orders", func(rows *sql.Rows) error {
		o, p, err := scanOrder(rows)
		if err != nil {
			return err
		}
		if n := len(orders); n == 0 || orders[n-1].ID != o.ID {
			orders = append(orders, o)
		}
		last := &orders[len(orders)-1]
		last.Positions = append(last.Positions, p)
		return nil
	}, fmt.Sprintf(orderColumns, from)+rest, args...)
	return orders, err
}

func scanOrder(rows *sql.Rows) (ticketing.Order, ticketing.Position, error) {
	var (
		o                                                                ticketing.Order
		p                                                                ticketing.Position
		created, updated, hold, provisional, paid, withdrawn, reinstated int64
	)
	err := rows.Scan(&o.ID, &o.AccountID, &o.Pool, &o.Date, &o.State, &o.TotalFen, &o.RequestID, &created, &updated,
		&hold, &provisional, &paid, &o.Withdrawal.From, &o.Withdrawal.ReasonCode, &o.Withdrawal.Receipt, &withdrawn, &reinstated, &o.Slot, &o.RulesVersion, &o.Channel,
		&o.Leader.NameMasked, &o.Leader.PhoneMasked,
		&p.ID, &p.NameMasked, &p.NameSealed, &p.DocumentType, &p.DocumentMasked, &p.DocumentKey, &p.DocumentSealed, &p.PhoneSealed,
		&p.Product, &p.Unit, &p.PriceFen, &p.Places, &p.Secret, &p.AdultID, &p.Stage, &p.PhoneKey)
	o.CreatedAt, o.UpdatedAt, o.HoldExpiresAt = moment(created), moment(updated), moment(hold)
	o.ProvisionalUntil, o.PaidAt = moment(provisional), moment(paid)
	o.Withdrawal.At, o.ReinstatedAt = moment(withdrawn), moment(reinstated)
	if len(p.PhoneSealed) == 0 {
		p.PhoneSealed = nil // the engines disagree on empty values
	}
	return o, p, err
}

func (r reader) DueHolds(ctx context.Context, now time.Time, limit int) ([]string, error) {
	return r.due(ctx, `SELECT id FROM orders WHERE state = 'held' AND hold_expires_at <= $1 ORDER BY hold_expires_at, id LIMIT $2`, now, limit)
}

func (r reader) DueProvisional(ctx context.Context, now time.Time, limit int) ([]string, error) {
	return r.due(ctx, `SELECT id FROM orders WHERE state = 'provisional' AND provisional_until <= $1 ORDER BY provisional_until, id LIMIT $2`, now, limit)
}

func (r reader) due(ctx context.Context, query string, now time.Time, limit int) ([]string, error) {
	return list(ctx, r, "read due orders", value[string], query, millis(now), limit)
}
