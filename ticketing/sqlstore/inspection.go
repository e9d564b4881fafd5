package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"fairgate/ticketing"
	"fairgate/ticketing/inspection"
)

// InspectionStore implements inspection.Store on the database of the orders.
type InspectionStore struct{ store *Store }

var _ inspection.Store = InspectionStore{}

// Inspection is the part of the store that the inspection of pools works on.
func (s *Store) Inspection() InspectionStore { return InspectionStore{s} }

// A statement of a kind gives pool, day, subject, expected and found, as text.
// One statement sees one moment, so that nothing looks wrong that is being
// changed. Days that ended a week ago are past mending.
func observing(kind inspection.Kind, now time.Time, l inspection.Limits) (query string, args []any) {
	week, late := ticketing.DateOf(now.AddDate(0, 0, -7)), millis(now.Add(-l.Late))
	today := ticketing.DateOf(now)
	switch kind {
	case inspection.StockMismatch:
		return `SELECT d.pool_id, d.day, '', CAST(d.capacity - COALESCE(b.n, 0) AS TEXT), CAST(d.remaining AS TEXT) FROM pool_days d
			LEFT JOIN (SELECT pool_id, day, sum(places) AS n FROM positions WHERE live = 1 AND day >= $1 GROUP BY pool_id, day) b
			ON b.pool_id = d.pool_id AND b.day = d.day WHERE d.day >= $1 AND d.remaining <> d.capacity - COALESCE(b.n, 0)`, []any{week}
	case inspection.SlotMismatch:
		return `SELECT s.pool_id, s.day, s.starts, CAST(s.capacity - COALESCE(b.n, 0) AS TEXT), CAST(s.remaining AS TEXT) FROM pool_slots s
			LEFT JOIN (SELECT p.pool_id, p.day, o.slot, sum(p.places) AS n FROM positions p JOIN orders o ON o.id = p.order_id
				WHERE p.live = 1 AND p.day >= $1 GROUP BY p.pool_id, p.day, o.slot) b
			ON b.pool_id = s.pool_id AND b.day = s.day AND b.slot = s.starts WHERE s.day >= $1 AND s.remaining <> s.capacity - COALESCE(b.n, 0)`, []any{week}
	case inspection.SlotSumMismatch:
		return `SELECT d.pool_id, d.day, '', CAST(s.n AS TEXT), CAST(d.remaining AS TEXT) FROM pool_days d
			JOIN (SELECT pool_id, day, sum(remaining) AS n FROM pool_slots WHERE day >= $1 GROUP BY pool_id, day) s ON s.pool_id = d.pool_id AND s.day = d.day
			WHERE d.slots > 0 AND d.remaining <> s.n`, []any{week}
	case inspection.StageMismatch:
		return `SELECT r.pool_id, r.day, CAST(r.stage AS TEXT), CAST(COALESCE(b.n, 0) AS TEXT), CAST(r.n AS TEXT)
			FROM (SELECT pool_id, day, stage, sum(taken) AS n FROM release_parts WHERE day >= $1 GROUP BY pool_id, day, stage) r
			LEFT JOIN (SELECT pool_id, day, stage, sum(places) AS n FROM positions WHERE live = 1 AND day >= $1 AND stage > 0 GROUP BY pool_id, day, stage) b
			ON b.pool_id = r.pool_id AND b.day = r.day AND b.stage = r.stage WHERE r.n <> COALESCE(b.n, 0)`, []any{week}
	case inspection.StageUnfired:
		return `SELECT pool_id, day, CAST(stage AS TEXT), 'fired', 'not fired' FROM release_stages
			WHERE fired_at = 0 AND paused = 0 AND release_at < $1 AND day >= $2`, []any{late, today}
	case inspection.HoldOverdue:
		return `SELECT pool_id, day, '', '0', CAST(count(*) AS TEXT) FROM orders WHERE state = 'held' AND hold_expires_at < $1 GROUP BY pool_id, day`, []any{late}
	case inspection.ProvisionalOverdue:
		return `SELECT pool_id, day, '', '0', CAST(count(*) AS TEXT) FROM orders WHERE state = 'provisional' AND provisional_until < $1 GROUP BY pool_id, day`,
			[]any{late}
	case inspection.SecretMissing:
		return `SELECT pool_id, day, '', '0', CAST(count(*) AS TEXT) FROM positions WHERE live = 1 AND day >= $1 AND secret = '' GROUP BY pool_id, day`, []any{today}
	case inspection.OutboxLag:
		return `SELECT '', '', '', '0', CAST(count(*) AS TEXT) FROM outbox WHERE delivered_at = 0 AND occurred_at < $1 HAVING count(*) > 0`,
			[]any{millis(now.Add(-l.Undeliver))}
	case inspection.OrderEmpty:
		return `SELECT o.pool_id, o.day, o.id, 'positions', 'none' FROM orders o WHERE o.state IN ('held', 'provisional', 'confirmed') AND o.day >= $1
			AND NOT EXISTS (SELECT 1 FROM positions p WHERE p.order_id = o.id AND p.cancelled_at = 0)`, []any{week}
	case inspection.Unscanned, inspection.CancelSpike, inspection.AccountHoard, inspection.PhoneSpread, inspection.TransferChain, inspection.ScanOrphan:
	}
	return oddFlows(kind, now, l)
}

// oddFlows are the statements of what persons did.
func oddFlows(kind inspection.Kind, now time.Time, l inspection.Limits) (query string, args []any) {
	today, hour := ticketing.DateOf(now), int64(time.Hour/time.Millisecond)
	switch kind {
	case inspection.Unscanned:
		return `SELECT pool_id, day, '', CAST(expected AS TEXT), outcome FROM no_show_days WHERE day >= $1 AND outcome IN ('unscanned', 'hardly_any')`,
			[]any{ticketing.DateOf(now.AddDate(0, 0, -7))}
	case inspection.CancelSpike:
		// The worst hour of the last day, against the mean hour of fourteen days.
		return `SELECT h.pool_id, '', '', CAST(n.n / 336 AS TEXT), CAST(max(h.n) AS TEXT)
			FROM (SELECT pool_id, updated_at / CAST($1 AS BIGINT) AS hour, count(*) AS n FROM orders
				WHERE state = 'cancelled' AND day >= $4 AND updated_at >= $3 GROUP BY pool_id, updated_at / CAST($1 AS BIGINT)) h
			JOIN (SELECT pool_id, count(*) AS n FROM orders WHERE state = 'cancelled' AND day >= $5 AND updated_at >= $2 AND updated_at < $3 GROUP BY pool_id
				UNION ALL SELECT p.id, 0 FROM pools p WHERE NOT EXISTS (SELECT 1 FROM orders o
					WHERE o.pool_id = p.id AND o.state = 'cancelled' AND o.day >= $5 AND o.updated_at >= $2 AND o.updated_at < $3)) n
			ON n.pool_id = h.pool_id GROUP BY h.pool_id, n.n HAVING max(h.n) >= $6 AND max(h.n) * 336 > n.n * $7`,
			[]any{
				hour, millis(now.AddDate(0, 0, -15)), millis(now.AddDate(0, 0, -1)), ticketing.DateOf(now.AddDate(0, 0, -1)),
				ticketing.DateOf(now.AddDate(0, 0, -15)), l.Cancels, l.Norm,
			}
	case inspection.AccountHoard:
		return `SELECT '', '', o.account_id, CAST($2 AS TEXT), CAST(sum(p.places) AS TEXT) FROM orders o JOIN positions p ON p.order_id = o.id
			WHERE p.live = 1 AND p.day >= $1 AND NOT EXISTS (SELECT 1 FROM order_leaders g WHERE g.order_id = o.id)
			AND NOT EXISTS (SELECT 1 FROM channels c WHERE c.account_id = o.account_id)
			GROUP BY o.account_id HAVING sum(p.places) > CAST($2 AS BIGINT)`, []any{today, fmt.Sprint(l.Places)}
	case inspection.PhoneSpread:
		return `SELECT '', '', ` + hexOf + `, CAST($2 AS TEXT), CAST(count(DISTINCT p.order_id) AS TEXT) FROM positions p
			WHERE p.phone_key IS NOT NULL AND p.live = 1 AND p.day >= $1 GROUP BY p.phone_key HAVING count(DISTINCT p.order_id) > CAST($2 AS BIGINT)`,
			[]any{today, fmt.Sprint(l.Orders)}
	case inspection.TransferChain:
		return `SELECT min(pool_id), min(day), order_id, CAST($2 AS TEXT), CAST(count(*) AS TEXT) FROM outbox
			WHERE type = 'order.transferred' AND day >= $1 GROUP BY order_id HAVING count(*) >= CAST($2 AS BIGINT)`, []any{today, fmt.Sprint(l.Transfers)}
	case inspection.ScanOrphan:
		return `SELECT '', '', c.position_id, 'an order', 'none' FROM checkin_states c WHERE c.last_at >= $1
			AND NOT EXISTS (SELECT 1 FROM positions p WHERE p.id = c.position_id)`, []any{millis(now.AddDate(0, 0, -2))}
	case inspection.StockMismatch, inspection.SlotMismatch, inspection.SlotSumMismatch, inspection.StageMismatch, inspection.StageUnfired,
		inspection.HoldOverdue, inspection.ProvisionalOverdue, inspection.SecretMissing, inspection.OutboxLag, inspection.OrderEmpty:
	}
	return "", nil
}

// hexOf stands for the beginning of a phone's key in hexadecimal, which each
// engine writes in its own way.
const hexOf = `HEX_OF_KEY`

// Observe implements inspection.Store.
func (i InspectionStore) Observe(ctx context.Context, kind inspection.Kind, now time.Time, l inspection.Limits) ([]inspection.Observation, error) {
	query, args := observing(kind, now, l)
	if query == "" {
		return nil, fmt.Errorf("observe %q: no such kind", kind)
	}
	var seen []inspection.Observation
	err := reader{q: i.store.reader}.each(ctx, "observe "+string(kind), func(rows *sql.Rows) error {
		var o inspection.Observation
		err := rows.Scan(&o.Pool, &o.Date, &o.Subject, &o.Expected, &o.Found)
		seen = append(seen, o)
		return err
	}, i.store.inHex(query)+` LIMIT `+fmt.Sprint(l.Most), args...)
	return seen, err
}

// Record implements inspection.Store.
func (i InspectionStore) Record(ctx context.Context, kind inspection.Kind, seen []inspection.Observation, now time.Time) error {
	return i.store.writer.do(ctx, func(ctx context.Context, t *tx) error {
		for _, o := range seen {
			_, err := t.exec(ctx, "record finding", `INSERT INTO findings (id, kind, severity, pool_id, day, subject, expected, found,
				first_seen, last_seen, seen, state, acknowledged_by, acknowledged_at, note)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, 1, 'open', '', 0, '')
				ON CONFLICT (id) DO UPDATE SET expected = excluded.expected, found = excluded.found, last_seen = excluded.last_seen, seen = findings.seen + 1,
				state = CASE WHEN findings.state = 'resolved' THEN 'open' ELSE findings.state END`,
				o.ID(kind), kind, kind.Severity(), o.Pool, o.Date, o.Subject, o.Expected, o.Found, millis(now))
			if err != nil {
				return err
			}
		}
		_, err := t.exec(ctx, "resolve findings", `UPDATE findings SET state = 'resolved' WHERE kind = $1 AND state <> 'resolved' AND last_seen < $2`, kind, millis(now))
		return err
	})
}

const findingColumns = `id, kind, severity, pool_id, day, subject, expected, found, first_seen, last_seen, seen, state, acknowledged_by, acknowledged_at, note`

func scanFinding(scan func(...any) error) (inspection.Finding, error) {
	var (
		f                   inspection.Finding
		first, last, looked int64
	)
	err := scan(&f.ID, &f.Kind, &f.Severity, &f.Pool, &f.Date, &f.Subject, &f.Expected, &f.Found, &first, &last, &f.Count, &f.State,
		&f.AcknowledgedBy, &looked, &f.Note)
	f.FirstSeen, f.LastSeen = ticketing.Millis{Time: moment(first)}, ticketing.Millis{Time: moment(last)}
	if looked > 0 {
		f.AcknowledgedAt = &ticketing.Millis{Time: moment(looked)}
	}
	return f, err
}

// Findings implements inspection.Store.
func (i InspectionStore) Findings(ctx context.Context, q inspection.Query) ([]inspection.Finding, error) {
	return list(ctx, reader{q: i.store.reader}, "read findings", scanFinding,
		`SELECT `+findingColumns+` FROM findings WHERE id > $1 AND ($2 = '' OR state = $2) ORDER BY id LIMIT $3`, q.After, string(q.State), q.Limit)
}

// Acknowledge implements inspection.Store.
func (i InspectionStore) Acknowledge(ctx context.Context, id, who, note string, now time.Time) (found inspection.Finding, err error) {
	err = i.store.writer.do(ctx, func(ctx context.Context, t *tx) (err error) {
		found, err = scanFinding(t.db.QueryRowContext(ctx, `UPDATE findings SET acknowledged_by = $2, acknowledged_at = $3, note = $4,
			state = CASE WHEN state = 'open' THEN 'acknowledged' ELSE state END WHERE id = $1 RETURNING `+findingColumns, id, who, millis(now), note).Scan)
		return failed("acknowledge finding", err)
	})
	if err != nil {
		return inspection.Finding{}, err // found is not ours to read: the writer may still be at it
	}
	return found, nil
}

// Standing implements inspection.Store.
func (i InspectionStore) Standing(ctx context.Context) (map[inspection.Kind]int, error) {
	counts := map[inspection.Kind]int{}
	err := reader{q: i.store.reader}.each(ctx, "count findings", func(rows *sql.Rows) error {
		var (
			kind inspection.Kind
			n    int
		)
		err := rows.Scan(&kind, &n)
		counts[kind] = n
		return err
	}, `SELECT kind, count(*) FROM findings WHERE state <> 'resolved' GROUP BY kind`)
	return counts, err
}

// inHex puts the engine's way of writing bytes in hexadecimal in its place.
func (s *Store) inHex(query string) string {
	if s.sqlite {
		return strings.ReplaceAll(query, hexOf, `lower(substr(hex(p.phone_key), 1, 16))`)
	}
	return strings.ReplaceAll(query, hexOf, `substr(encode(p.phone_key, 'hex'), 1, 16)`)
}
