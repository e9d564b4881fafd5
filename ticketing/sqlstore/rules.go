package sqlstore

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"fairgate/ticketing"
)

func (r reader) LivePositions(ctx context.Context, account, pool string, day ticketing.Date) (int, error) {
	var n int
	err := r.q.QueryRowContext(ctx, `SELECT count(*) FROM orders o JOIN positions p ON p.order_id = o.id
		WHERE o.account_id = $1 AND o.pool_id = $2 AND o.day = $3 AND p.live = 1`, account, pool, day).Scan(&n)
	return n, failed("count positions", err)
}

func (r reader) VisitDays(ctx context.Context, pool string, documentKey []byte, days []ticketing.Date) ([]ticketing.Date, error) {
	args := []any{pool, documentKey}
	for _, d := range days {
		args = append(args, d)
	}
	// Named one by one, so that each is one look into the unique index.
	visits, err := list(ctx, r, "read visit days", value[ticketing.Date], `SELECT day FROM positions WHERE pool_id = $1 AND document_key = $2 AND live = 1 AND day IN `+placeholders(3, len(days)), args...)
	slices.Sort(visits)
	return visits, err
}

func (r reader) NoShows(ctx context.Context, pool string, documentKey []byte) ([]time.Time, error) {
	return list(ctx, r, "read no-shows", scanMoment,
		`SELECT recorded_at FROM no_shows WHERE pool_id = $1 AND document_key = $2 AND taken_back_at = 0 ORDER BY recorded_at`, pool, documentKey)
}

func (r reader) OrderOfPosition(ctx context.Context, position string) (string, error) {
	var id string
	err := r.q.QueryRowContext(ctx, `SELECT order_id FROM positions WHERE id = $1`, position).Scan(&id)
	return id, failed("read position", err)
}

func (r reader) Entered(ctx context.Context, order string) ([]string, error) {
	return list(ctx, r, "read entries", value[string], `SELECT position_id FROM checkin_states WHERE order_id = $1 ORDER BY position_id`, order)
}

func (t *tx) RecordNoShow(ctx context.Context, n ticketing.NoShow) (bool, error) {
	rows, err := t.exec(ctx, "record no-show",
		`INSERT INTO no_shows (position_id, order_id, pool_id, day, document_key, recorded_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (position_id) DO NOTHING`, n.PositionID, n.OrderID, n.Pool, n.Date, n.DocumentKey, millis(n.At))
	return rows > 0, err
}

func (r reader) Changes(ctx context.Context, pool string, after int64, limit int) ([]ticketing.Change, error) {
	var changes []ticketing.Change
	err := r.each(ctx, "read changes", func(rows *sql.Rows) error {
		var (
			c             ticketing.Change
			at            int64
			before, after string
		)
		err := rows.Scan(&c.Seq, &c.Pool, &at, &c.Who, &c.What, &before, &after)
		c.At, c.Before, c.After = ticketing.Millis{Time: moment(at)}, []byte(before), []byte(after)
		changes = append(changes, c)
		return err
	}, `SELECT seq, pool_id, changed_at, who, what, before, after FROM pool_changes WHERE pool_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`, pool, after, limit)
	return changes, err
}

func (t *tx) RecordChange(ctx context.Context, c ticketing.Change) error {
	_, err := t.exec(ctx, "record change", `INSERT INTO pool_changes (pool_id, seq, changed_at, who, what, before, after)
		VALUES ($1, (SELECT COALESCE(max(seq), 0) + 1 FROM pool_changes WHERE pool_id = $1), $2, $3, $4, $5, $6)`,
		c.Pool, millis(c.At.Time), c.Who, c.What, string(c.Before), string(c.After))
	return err
}
