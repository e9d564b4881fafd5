package alert

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"fairgate/ingest/sqldb"
)

const columns = `id, site, pattern, grouping, state, severity, body, accounts, since_ms, seen_ms, acked_ms, acked_by, escalated, next_ms, told, closed_ms, closed_by, note`

// body is what of an alert nobody searches for.
type body struct {
	Pools    []string `json:"pools"`
	What     Text     `json:"what"`
	Evidence Text     `json:"evidence"`
	Done     Text     `json:"done"`
	Next     Text     `json:"next"`
	Path     string   `json:"path"`
}

// stored is an alert as its row has it.
type stored struct {
	Alert
	// told: its opening went out; one that began silenced is told when the
	// silence ends before it.
	told bool
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func (s *Service) read(ctx context.Context, q querier, where string, args ...any) (list []stored, err error) {
	rows, err := q.QueryContext(ctx, `SELECT `+columns+` FROM alerts `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read alerts: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		a, err := s.scan(rows)
		if err != nil {
			return nil, fmt.Errorf("read an alert: %w", err)
		}
		list = append(list, a)
	}
	return list, rows.Err()
}

func (s *Service) scan(rows *sql.Rows) (a stored, err error) {
	var text string
	var since, seen, acked, next, closed int64
	err = rows.Scan(&a.ID, &a.Site, &a.Pattern, &a.Group, &a.State, &a.Severity, &text, &a.Accounts, &since, &seen,
		&acked, &a.AckedBy, &a.Escalated, &next, &a.told, &closed, &a.ClosedBy, &a.Note)
	if err != nil {
		return a, err
	}
	var b body
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		return a, err
	}
	a.Pools, a.What, a.Evidence, a.Done, a.Next, a.Path = append([]string{}, b.Pools...), b.What, b.Evidence, b.Done, b.Next, b.Path
	a.Since, a.LastSeen, a.AckedAt, a.NextEscalation, a.ClosedAt = sqldb.Time(since), sqldb.Time(seen), sqldb.Time(acked), sqldb.Time(next), sqldb.Time(closed)
	a.Due = a.Since.Add(s.options.Target)
	return a, nil
}

// write stores the whole alert; a new one is inserted.
func (s *Service) write(ctx context.Context, tx *sql.Tx, a stored) error {
	text, err := json.Marshal(body{a.Pools, a.What, a.Evidence, a.Done, a.Next, a.Path})
	if err != nil {
		return fmt.Errorf("encode the alert: %w", err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO alerts (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
 ON CONFLICT (id) DO UPDATE SET state = $5, severity = $6, body = $7, accounts = $8, seen_ms = $10, acked_ms = $11, acked_by = $12,
 escalated = $13, next_ms = $14, told = $15, closed_ms = $16, closed_by = $17, note = $18`,
		a.ID, a.Site, string(a.Pattern), a.Group, string(a.State), string(a.Severity), string(text), a.Accounts, sqldb.Millis(a.Since), sqldb.Millis(a.LastSeen),
		sqldb.Millis(a.AckedAt), a.AckedBy, a.Escalated, sqldb.Millis(a.NextEscalation), sqldb.Flag(a.told), sqldb.Millis(a.ClosedAt), a.ClosedBy, a.Note)
	if err != nil {
		return fmt.Errorf("store the alert: %w", err)
	}
	return nil
}
