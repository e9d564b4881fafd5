package sqlstore

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"fairgate/ticketing"
)

func (r reader) AnswersOf(ctx context.Context, orders ...string) (map[string][]ticketing.FieldAnswer, error) {
	if len(orders) == 0 {
		return nil, nil
	}
	wanted, args := in(nil, orders)
	found := map[string][]ticketing.FieldAnswer{}
	err := r.each(ctx, "read answers of visitors", func(rows *sql.Rows) error {
		var (
			order    string
			a        ticketing.FieldAnswer
			personal int
		)
		err := rows.Scan(&order, &a.PositionID, &a.Field, &a.Type, &a.LabelZH, &a.LabelEN, &a.Value, &personal, &a.Sealed)
		a.Personal = personal == 1
		if len(a.Sealed) == 0 {
			a.Sealed = nil // the engines disagree on empty values
		}
		found[order] = append(found[order], a)
		return err
	}, `SELECT order_id, position_id, field, type, label_zh, label_en, value, personal, sealed FROM order_answers
		WHERE order_id IN `+wanted+` ORDER BY order_id, CASE position_id WHEN '' THEN 0 ELSE 1 END, idx`, args...)
	return found, err
}

func (r reader) DayOpening(ctx context.Context, pool string, day ticketing.Date) (time.Time, error) {
	var opens int64
	err := r.q.QueryRowContext(ctx, `SELECT opens_at FROM pool_days WHERE pool_id = $1 AND day = $2`, pool, day).Scan(&opens)
	return moment(opens), failed("read opening", err)
}

func (r reader) StandingDays(ctx context.Context, pool string, documentKey []byte) ([]ticketing.Date, error) {
	// Day by day, so that each is one look into the unique index.
	days, err := list(ctx, r, "read standing days", value[ticketing.Date], `SELECT d.day FROM pool_days d WHERE d.pool_id = $1 AND EXISTS (SELECT 1 FROM positions p
		WHERE p.pool_id = d.pool_id AND p.day = d.day AND p.document_key = $2 AND p.live = 1)`, pool, documentKey)
	slices.Sort(days)
	return days, err
}

func (t *tx) OpenDay(ctx context.Context, pool string, day ticketing.Date, at time.Time) error {
	return t.one(ctx, "set opening", `UPDATE pool_days SET opens_at = $3, version = version + 1 WHERE pool_id = $1 AND day = $2`, pool, day, millis(at))
}

func (t *tx) PutAnswers(ctx context.Context, order string, answers []ticketing.FieldAnswer) error {
	if _, err := t.exec(ctx, "drop answers of visitors", `DELETE FROM order_answers WHERE order_id = $1 AND position_id <> ''`, order); err != nil {
		return err
	}
	var values []any
	for i, a := range answers {
		values = append(values, order, a.PositionID, a.Field, i, a.Type, a.LabelZH, a.LabelEN, a.Value, flag(a.Personal), notNil(a.Sealed))
	}
	return t.texts.visitors.write(ctx, t.db, values)
}
