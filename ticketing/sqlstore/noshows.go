package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"fairgate/ticketing"
)

func (r reader) NoShowDaysDue(ctx context.Context, from, to ticketing.Date) ([]ticketing.Place, error) {
	var due []ticketing.Place
	err := r.each(ctx, "read days of no-shows", func(rows *sql.Rows) error {
		var at ticketing.Place
		err := rows.Scan(&at.Pool, &at.Date)
		due = append(due, at)
		return err
	}, `SELECT d.pool_id, d.day FROM pool_days d WHERE d.day >= $1 AND d.day <= $2
		AND NOT EXISTS (SELECT 1 FROM no_show_days n WHERE n.pool_id = d.pool_id AND n.day = d.day) ORDER BY d.day, d.pool_id`, from, to)
	return due, err
}

// expected are the positions of a pool day that somebody was booked for.
const expected = ` FROM orders o JOIN positions p ON p.order_id = o.id
	WHERE p.pool_id = $1 AND p.day = $2 AND p.live = 1 AND o.state IN ('provisional', 'confirmed')`

const cameIn = `EXISTS (SELECT 1 FROM checkin_states c WHERE c.position_id = p.id)`

func (r reader) AttendanceOf(ctx context.Context, pool string, day ticketing.Date) (ticketing.Attendance, error) {
	var a ticketing.Attendance
	err := r.q.QueryRowContext(ctx, `SELECT (SELECT count(*)`+expected+`), (SELECT count(*)`+expected+` AND `+cameIn+`),
		(SELECT COALESCE(sum(entries), 0) FROM checkin_counts WHERE pool_id = $1 AND day = $2)`, pool, day).Scan(&a.Expected, &a.Entered, &a.Entries)
	return a, failed("count attendance", err)
}

func (r reader) MissedOrders(ctx context.Context, pool string, day ticketing.Date, limit int) ([]string, error) {
	return list(ctx, r, "read missed orders", value[string], `SELECT DISTINCT o.id`+expected+` AND NOT `+cameIn+`
		AND NOT EXISTS (SELECT 1 FROM no_shows n WHERE n.position_id = p.id) ORDER BY o.id LIMIT $3`, pool, day, limit)
}

func (r reader) EnteredAfterAll(ctx context.Context, from ticketing.Date, limit int) ([]string, error) {
	return list(ctx, r, "read no-shows that entered", value[string], `SELECT n.position_id FROM no_shows n JOIN checkin_states c ON c.position_id = n.position_id
		WHERE n.taken_back_at = 0 AND n.day >= $1 ORDER BY n.position_id LIMIT $2`, from, limit)
}

func (t *tx) PutNoShowDay(ctx context.Context, d ticketing.NoShowDay) error {
	_, err := t.exec(ctx, "put day of no-shows", `INSERT INTO no_show_days (pool_id, day, outcome, expected, missed, judged_at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (pool_id, day) DO NOTHING`, d.Pool, d.Date, d.Outcome, d.Expected, d.Missed, millis(d.At))
	return err
}

func (t *tx) TakeBackNoShow(ctx context.Context, position, who, why string, at time.Time) (order string, err error) {
	err = t.raw.QueryRowContext(ctx, `UPDATE no_shows SET taken_back_at = $2, taken_back_by = $3, taken_back_why = $4
		WHERE position_id = $1 AND taken_back_at = 0 RETURNING order_id`, position, millis(at), who, why).Scan(&order)
	return order, failed("take back no-show", err)
}
