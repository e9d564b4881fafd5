package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"fairgate/ticketing"
)

const revealColumns = `SELECT seq, revealed_at, kind, who, role, order_id, positions, fields, persons, reason, request_id FROM reveals `

func (r reader) RevealsBy(ctx context.Context, who string, after time.Time) ([]ticketing.Reveal, error) {
	return r.reveals(ctx, `WHERE who = $1 AND revealed_at > $2 ORDER BY revealed_at, seq`, who, millis(after))
}

func (r reader) Reveals(ctx context.Context, after int64, limit int) ([]ticketing.Reveal, error) {
	return r.reveals(ctx, `WHERE seq > $1 ORDER BY seq LIMIT $2`, after, limit)
}

func (r reader) reveals(ctx context.Context, where string, args ...any) ([]ticketing.Reveal, error) {
	var found []ticketing.Reveal
	err := r.each(ctx, "read reveals", func(rows *sql.Rows) error {
		var (
			e                 ticketing.Reveal
			at                int64
			positions, fields string
		)
		err := rows.Scan(&e.Seq, &at, &e.Kind, &e.Who, &e.Role, &e.OrderID, &positions, &fields, &e.Persons, &e.Reason, &e.RequestID)
		if err != nil {
			return err
		}
		e.At = ticketing.Millis{Time: moment(at)}
		if err := json.Unmarshal([]byte(positions), &e.Positions); err != nil {
			return fmt.Errorf("positions of reveal %d: %w", e.Seq, err)
		}
		if err := json.Unmarshal([]byte(fields), &e.Fields); err != nil {
			return fmt.Errorf("fields of reveal %d: %w", e.Seq, err)
		}
		found = append(found, e)
		return nil
	}, revealColumns+where, args...)
	return found, err
}

func (t *tx) RecordReveal(ctx context.Context, r ticketing.Reveal) error {
	positions, err := json.Marshal(append([]string{}, r.Positions...))
	if err != nil {
		return fmt.Errorf("record reveal: %w", err)
	}
	fields, err := json.Marshal(append([]ticketing.RevealField{}, r.Fields...))
	if err != nil {
		return fmt.Errorf("record reveal: %w", err)
	}
	_, err = t.exec(ctx, "record reveal",
		`INSERT INTO reveals (seq, revealed_at, kind, who, role, order_id, positions, fields, persons, reason, request_id)
		VALUES ((SELECT COALESCE(max(seq), 0) + 1 FROM reveals), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		millis(r.At.Time), r.Kind, r.Who, r.Role, r.OrderID, string(positions), string(fields), r.Persons, r.Reason, r.RequestID)
	return err
}

func (r reader) LeaderOf(ctx context.Context, order string) (ticketing.Leader, error) {
	var l ticketing.Leader
	err := r.q.QueryRowContext(ctx, `SELECT name_masked, phone_masked, name_sealed, phone_sealed, phone_key FROM order_leaders WHERE order_id = $1`, order).
		Scan(&l.NameMasked, &l.PhoneMasked, &l.NameSealed, &l.PhoneSealed, &l.PhoneKey)
	return l, failed("read leader", err)
}

func (r reader) OrdersByDocument(ctx context.Context, documentKey []byte, before string, limit int) ([]ticketing.Order, error) {
	return r.lookup(ctx, `SELECT order_id FROM positions WHERE document_key = $1`, documentKey, before, limit)
}

func (r reader) OrdersByPhone(ctx context.Context, phoneKey []byte, before string, limit int) ([]ticketing.Order, error) {
	return r.lookup(ctx, `SELECT id FROM orders WHERE account_id IN (SELECT id FROM accounts WHERE phone_key = $1)
		UNION SELECT order_id FROM positions WHERE phone_key = $1
		UNION SELECT order_id FROM order_leaders WHERE phone_key = $1`, phoneKey, before, limit)
}

// lookup lists the orders among some ids, newest first. Ids begin with their
// time of making.
func (r reader) lookup(ctx context.Context, ids string, key []byte, before string, limit int) ([]ticketing.Order, error) {
	args, page := []any{key, limit}, ``
	if before != "" {
		args, page = append(args, before), ` AND id < $3`
	}
	return r.orders(ctx, `(SELECT * FROM orders WHERE id IN (`+ids+`)`+page+` ORDER BY id DESC LIMIT $2)`, `ORDER BY o.id DESC, p.idx`, args...)
}
