package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"fairgate/ticketing"
	"fairgate/ticketing/checkin"
)

// A round of scans is written with one statement for each table, filled up with
// rows that are passed over, because every statement is a journey to the
// database and back.

// newScans numbers scans from the last one on.
func newScans(d dialect) *lookup {
	return newRows(d, "insert scans", `checkin_scans (seq, `+scanColumns+`)`, `(SELECT COALESCE(max(seq), 0) FROM checkin_scans) + v.column1`, ``,
		"BIGINT", "TEXT", "BIGINT", "BYTEA", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "BIGINT", "TEXT", "TEXT",
		"BIGINT", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "TEXT", "TEXT")
}

func newCheckInStates(d dialect) *lookup {
	return newRows(d, "put states", `checkin_states (position_id, order_id, first_at, entries, inside, last_at, last_gate, last_terminal_id)`, `v.column1`,
		`ON CONFLICT (position_id) DO UPDATE SET entries = excluded.entries, inside = excluded.inside,
		last_at = excluded.last_at, last_gate = excluded.last_gate, last_terminal_id = excluded.last_terminal_id`,
		"TEXT", "TEXT", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "TEXT", "TEXT")
}

func newCheckInCounts(d dialect) *lookup {
	return newRows(d, "add counts", `checkin_counts (`+countColumns+`)`, `v.column1`,
		`ON CONFLICT (day, terminal_id, gate, pool_id, reason) DO UPDATE SET entries = checkin_counts.entries + excluded.entries,
		exits = checkin_counts.exits + excluded.exits, people = checkin_counts.people + excluded.people,
		inside = checkin_counts.inside + excluded.inside, refused = checkin_counts.refused + excluded.refused,
		conflicts = checkin_counts.conflicts + excluded.conflicts,
		last_at = CASE WHEN excluded.last_at > checkin_counts.last_at THEN excluded.last_at ELSE checkin_counts.last_at END`,
		"TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "BIGINT")
}

// newRows makes the statement that inserts rows of columns of these types; first
// is what becomes of a row's first value, conflict of rows that are there.
func newRows(d dialect, doing, into, first, conflict string, types ...string) *lookup {
	values := []string{first}
	for column := 2; column <= len(types); column++ {
		values = append(values, fmt.Sprintf("v.column%d", column))
	}
	return newLookup(d, doing, `INSERT INTO `+into+` SELECT `+strings.Join(values, ", ")+` FROM VALUES WHERE v.column1 IS NOT NULL `+conflict, types...)
}

const scanColumns = `scan_key, part, fingerprint, terminal_id, gate, pool_id, position_id, order_id, direction, accepted, reason, conflict,
	offline, scanned_at, at, recorded_at, skew_ms, prior_at, prior_gate, prior_name`

const countColumns = `day, terminal_id, gate, pool_id, reason, entries, exits, people, inside, refused, conflicts, last_at`

func (c checkInReader) Scans(ctx context.Context, keys []string) ([]checkin.Scan, error) {
	wanted, args := in(nil, keys)
	return c.scans(ctx, `WHERE scan_key IN `+wanted+` ORDER BY scan_key, part`, args...)
}

func (c checkInReader) Conflicts(ctx context.Context, after int64, limit int) ([]checkin.Scan, error) {
	return c.scans(ctx, `WHERE conflict <> '' AND seq > $1 ORDER BY seq LIMIT $2`, after, limit)
}

func (c checkInReader) scans(ctx context.Context, where string, args ...any) ([]checkin.Scan, error) {
	var scans []checkin.Scan
	err := c.r.each(ctx, "read scans", func(rows *sql.Rows) error {
		var (
			s                                    checkin.Scan
			accepted, offline                    int
			scanned, at, recorded, skewed, prior int64
		)
		err := rows.Scan(&s.Seq, &s.Key, &s.Part, &s.Fingerprint, &s.TerminalID, &s.Gate, &s.Pool, &s.PositionID, &s.OrderID, &s.Direction,
			&accepted, &s.Reason, &s.Conflict, &offline, &scanned, &at, &recorded, &skewed, &prior, &s.PriorGate, &s.PriorName)
		s.Accepted, s.Offline = accepted == 1, offline == 1
		s.ScannedAt, s.At, s.RecordedAt, s.PriorAt = moment(scanned), moment(at), moment(recorded), moment(prior)
		s.Skew = time.Duration(skewed) * time.Millisecond
		scans = append(scans, s)
		return err
	}, `SELECT seq, `+scanColumns+` FROM checkin_scans `+where, args...)
	return scans, err
}

// bookedColumns reads positions with what judging them takes.
const bookedColumns = `SELECT p.id, p.name_masked, p.document_type, p.document_masked, p.document_key, p.document_sealed, p.product, p.unit,
	p.secret, p.adult_id, p.cancelled_at, o.id, o.account_id, o.pool_id, o.day, o.slot, o.state, o.hold_expires_at, COALESCE(s.ends, ''),
	(SELECT count(*) FROM positions c WHERE c.order_id = o.id AND c.cancelled_at = 0),
	COALESCE(e.first_at, 0), COALESCE(e.entries, 0), COALESCE(e.inside, 0), COALESCE(e.last_at, 0), COALESCE(e.last_gate, ''),
	COALESCE(e.last_terminal_id, ''), COALESCE(t.name, '')
	FROM positions p JOIN orders o ON o.id = p.order_id
	LEFT JOIN pool_slots s ON s.pool_id = o.pool_id AND s.day = o.day AND s.starts = o.slot
	LEFT JOIN checkin_states e ON e.position_id = p.id
	LEFT JOIN terminals t ON t.id = e.last_terminal_id `

func (c checkInReader) Booked(ctx context.Context, w checkin.Wanted) ([]checkin.Booked, error) {
	var (
		where string
		args  []any
	)
	switch {
	case len(w.Positions) > 0:
		where, args = in(nil, w.Positions)
		where = `WHERE p.id IN ` + where
	case len(w.Orders) > 0:
		where, args = in(nil, w.Orders)
		where = `WHERE p.order_id IN ` + where + ` AND p.cancelled_at = 0 ORDER BY p.order_id, p.idx`
	case len(w.Documents) > 0 && len(w.Days) > 0:
		var days, keys string
		days, args = in(nil, w.Days)
		keys, args = in(args, w.Documents)
		// The pools are named so that each is a look into the unique index.
		where = `WHERE p.pool_id IN (SELECT id FROM pools) AND p.day IN ` + days + ` AND p.document_key IN ` + keys + ` AND p.live = 1 ORDER BY p.day, p.id`
	default:
		return nil, nil
	}
	return list(ctx, c.r, "read positions", scanBooked, bookedColumns+where, args...)
}

func scanBooked(scan func(...any) error) (checkin.Booked, error) {
	var (
		b                            checkin.Booked
		cancelled, hold, first, last int64
		inside                       int
	)
	err := scan(&b.ID, &b.NameMasked, &b.DocumentType, &b.DocumentMasked, &b.DocumentKey, &b.DocumentSealed, &b.Product, &b.Unit,
		&b.Secret, &b.AdultID, &cancelled, &b.OrderID, &b.AccountID, &b.Pool, &b.Date, &b.Slot, &b.State, &hold, &b.SlotEnd,
		&b.OrderSize, &first, &b.Entry.Entries, &inside, &last, &b.Entry.LastGate, &b.Entry.LastTerminalID, &b.LastTerminal)
	b.Cancelled, b.HoldExpiresAt = cancelled > 0, moment(hold)
	b.Entry.FirstAt, b.Entry.LastAt, b.Entry.Inside = moment(first), moment(last), inside == 1
	if b.Entry.Entries > 0 {
		b.Entry.PositionID, b.Entry.OrderID = b.ID, b.OrderID
	}
	return b, err
}

func (c checkInReader) PoolsByID(ctx context.Context, ids []string) ([]ticketing.Pool, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	wanted, args := in(nil, ids)
	return list(ctx, c.r, "read pools", scanPool, poolColumns+` WHERE id IN `+wanted, args...)
}

func (t checkInTx) Record(ctx context.Context, scans []checkin.Scan, states []checkin.State, counts []checkin.Count) error {
	texts := t.tx.texts
	args := make([]any, 0, len(scans)*texts.scans.columns)
	for i, s := range scans {
		args = append(args, i%mostRows+1, s.Key, s.Part, s.Fingerprint, s.TerminalID, s.Gate, s.Pool, s.PositionID, s.OrderID, s.Direction,
			flag(s.Accepted), s.Reason, s.Conflict, flag(s.Offline), millis(s.ScannedAt), millis(s.At), millis(s.RecordedAt), s.Skew.Milliseconds(),
			millis(s.PriorAt), s.PriorGate, s.PriorName)
	}
	if _, err := texts.scans.exec(ctx, t.tx.db, args); err != nil {
		return err
	}
	args = make([]any, 0, len(states)*texts.checkInStates.columns)
	for _, s := range states {
		args = append(args, s.PositionID, s.OrderID, millis(s.FirstAt), s.Entries, flag(s.Inside), millis(s.LastAt), s.LastGate, s.LastTerminalID)
	}
	if _, err := texts.checkInStates.exec(ctx, t.tx.db, args); err != nil {
		return err
	}
	args = make([]any, 0, len(counts)*texts.checkInCounts.columns)
	for _, n := range counts {
		args = append(args, n.Day, n.TerminalID, n.Gate, n.Pool, n.Reason, n.Entries, n.Exits, n.People, n.Inside, n.Refused, n.Conflicts, millis(n.LastAt))
	}
	_, err := texts.checkInCounts.exec(ctx, t.tx.db, args)
	return err
}

func (c checkInReader) Counts(ctx context.Context, day ticketing.Date) ([]checkin.Count, error) {
	var counts []checkin.Count
	err := c.r.each(ctx, "read counts", func(rows *sql.Rows) error {
		var (
			n    checkin.Count
			last int64
		)
		err := rows.Scan(&n.Day, &n.TerminalID, &n.Gate, &n.Pool, &n.Reason, &n.Entries, &n.Exits, &n.People, &n.Inside, &n.Refused, &n.Conflicts, &last)
		n.LastAt = moment(last)
		counts = append(counts, n)
		return err
	}, `SELECT `+countColumns+` FROM checkin_counts WHERE day = $1 ORDER BY terminal_id, gate, pool_id, reason`, day)
	return counts, err
}

func (c checkInReader) Version(ctx context.Context) (int64, error) {
	var seq int64
	err := c.r.q.QueryRowContext(ctx, `SELECT last_seq FROM writer_turn WHERE id = 1`).Scan(&seq)
	return seq, failed("read version", err)
}

func (c checkInReader) OrdersOn(ctx context.Context, pool string, day ticketing.Date, after string, limit int) ([]string, error) {
	return list(ctx, c.r, "read orders of a day", value[string],
		`SELECT DISTINCT order_id FROM positions WHERE pool_id = $1 AND day = $2 AND live = 1 AND order_id > $3 ORDER BY order_id LIMIT $4`,
		pool, day, after, limit)
}

func (c checkInReader) ChangedOrders(ctx context.Context, pool string, since int64, limit int) ([]string, int64, error) {
	var (
		orders []string
		seen   = map[string]bool{}
		upTo   = since
		full   bool
	)
	err := c.r.each(ctx, "read changed orders", func(rows *sql.Rows) error {
		var (
			id  string
			seq int64
		)
		if err := rows.Scan(&seq, &id); err != nil {
			return err
		}
		if full = full || id != "" && !seen[id] && len(orders) == limit; full {
			return nil
		}
		upTo = seq
		if id != "" && !seen[id] {
			seen[id] = true
			orders = append(orders, id)
		}
		return nil
	}, `SELECT seq, CASE WHEN pool_id = $1 THEN order_id ELSE '' END FROM outbox WHERE seq > $2 ORDER BY seq LIMIT $3`, pool, since, limit*changesRead)
	return orders, upTo, err
}

// changesRead is how many events of all pools one page of changes looks at,
// for each that it may hold.
const changesRead = 4
