package alert

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"fairgate/ingest/sqldb"
)

// longest is how long a silence may last.
const longest = 24 * time.Hour

// Silence keeps alerts from being told. Empty fields match everything, but not
// all of them may be empty.
type Silence struct {
	ID      string    `json:"id"`
	Pattern Pattern   `json:"pattern,omitempty"`
	Group   string    `json:"group,omitempty"`
	Pool    string    `json:"pool,omitempty"`
	Reason  string    `json:"reason"`
	By      string    `json:"by"`
	Made    time.Time `json:"made_at"`
	// Until is when it ends or ended.
	Until time.Time `json:"until"`
	// Matched is when it last matched an alert.
	Matched time.Time `json:"matched_at"`
	// EndedBy is who ended it early, "idle" for one that matched nothing.
	EndedBy string `json:"ended_by,omitempty"`
}

// Matches reports whether the silence covers an alert. Of an alert with several
// pools it covers it only where they are all the one that it names.
func (x Silence) Matches(a Alert) bool {
	return (x.Pattern == "" || x.Pattern == a.Pattern) && (x.Group == "" || x.Group == a.Group) &&
		(x.Pool == "" || len(a.Pools) > 0 && !slices.ContainsFunc(a.Pools, func(p string) bool { return p != x.Pool }))
}

func (x Silence) validate(now time.Time) error {
	var faults []error
	if x.Pattern == "" && x.Group == "" && x.Pool == "" {
		faults = append(faults, errors.New("pattern, group, pool: want at least one"))
	}
	if x.Pattern != "" && !x.Pattern.Valid() {
		faults = append(faults, fmt.Errorf("pattern %q: unknown", x.Pattern))
	}
	if len(x.Group) > maxGroup || len(x.Pool) > maxGroup {
		faults = append(faults, fmt.Errorf("group, pool: at most %d bytes", maxGroup))
	}
	if !x.Until.After(now) || x.Until.Sub(now) > longest {
		faults = append(faults, fmt.Errorf("until: want a time within %s from now", longest))
	}
	if len(faults) > 0 {
		return fmt.Errorf("%w: %w", ErrBadInput, errors.Join(faults...))
	}
	return nil
}

// silenceOf is the silence of an alert at a moment: of several the one that
// ends last, nil where none covers it.
func silenceOf(silences []Silence, a Alert, now time.Time) *Silence {
	var found *Silence
	for i, x := range silences {
		if x.Until.After(now) && x.Matches(a) && (found == nil || x.Until.After(found.Until)) {
			found = &silences[i]
		}
	}
	return found
}

// Preview lists the open alerts that a silence would cover now.
func (s *Service) Preview(ctx context.Context, x Silence) ([]Alert, error) {
	if err := x.validate(s.options.Now()); err != nil {
		return nil, err
	}
	return s.covered(ctx, s.db.Read, x)
}

func (s *Service) covered(ctx context.Context, q querier, x Silence) (out []Alert, err error) {
	open, err := s.read(ctx, q, `WHERE site = $1 AND state <> 'closed' ORDER BY id`, s.site)
	if err != nil {
		return nil, err
	}
	out = []Alert{}
	for _, a := range open {
		if x.Matches(a.Alert) {
			out = append(out, a.Alert)
		}
	}
	return out, nil
}

// Silence begins one and returns it with the alerts that it covers now.
func (s *Service) Silence(ctx context.Context, x Silence) (Silence, []Alert, error) {
	now := s.options.Now().UTC().Truncate(time.Millisecond)
	if err := errors.Join(x.validate(now), reasoned(x.By, x.Reason)); err != nil {
		return x, nil, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return x, nil, fmt.Errorf("make a silence id: %w", err)
	}
	x.ID, x.Made, x.Matched, x.EndedBy, x.Until = id.String(), now, now, "", x.Until.UTC().Truncate(time.Millisecond)
	var covered []Alert
	err = s.db.InTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO alert_silences (id, site, pattern, grouping, pool, reason, made_by, made_ms, until_ms, matched_ms, ended_by)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8, '')`,
			x.ID, s.site, string(x.Pattern), x.Group, x.Pool, x.Reason, x.By, sqldb.Millis(x.Made), sqldb.Millis(x.Until))
		if err != nil {
			return fmt.Errorf("store the silence: %w", err)
		}
		covered, err = s.covered(ctx, tx, x)
		return err
	})
	return x, covered, err
}

// EndSilence ends one early.
func (s *Service) EndSilence(ctx context.Context, id, by string) error {
	if by == "" {
		return fmt.Errorf("%w: who ends it is missing", ErrBadInput)
	}
	now := sqldb.Millis(s.options.Now())
	result, err := s.db.Write.ExecContext(ctx, `UPDATE alert_silences SET until_ms = $1, ended_by = $2 WHERE id = $3 AND site = $4 AND until_ms > $1`, now, by, id, s.site)
	if err != nil {
		return fmt.Errorf("end the silence: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(fmt.Errorf("silence %q in force: %w", id, ErrNotFound), err)
	}
	return nil
}

// Silences lists those in force, or with ended all that are kept, the newest first.
func (s *Service) Silences(ctx context.Context, ended bool) ([]Silence, error) {
	after := sqldb.Millis(s.options.Now())
	if ended {
		after = 0
	}
	return s.readSilences(ctx, s.db.Read, after)
}

func (s *Service) silencesIn(ctx context.Context, tx *sql.Tx) ([]Silence, error) {
	return s.readSilences(ctx, tx, sqldb.Millis(s.options.Now()))
}

func (s *Service) readSilences(ctx context.Context, q querier, after int64) (list []Silence, err error) {
	rows, err := q.QueryContext(ctx, `SELECT id, pattern, grouping, pool, reason, made_by, made_ms, until_ms, matched_ms, ended_by
 FROM alert_silences WHERE site = $1 AND until_ms > $2 ORDER BY id DESC LIMIT 500`, s.site, after)
	if err != nil {
		return nil, fmt.Errorf("read silences: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	list = []Silence{}
	for rows.Next() {
		var x Silence
		var made, until, matched int64
		if err := rows.Scan(&x.ID, &x.Pattern, &x.Group, &x.Pool, &x.Reason, &x.By, &made, &until, &matched, &x.EndedBy); err != nil {
			return nil, fmt.Errorf("read a silence: %w", err)
		}
		x.Made, x.Until, x.Matched = sqldb.Time(made), sqldb.Time(until), sqldb.Time(matched)
		list = append(list, x)
	}
	return list, rows.Err()
}

func (s *Service) matched(ctx context.Context, tx *sql.Tx, id string, now time.Time) error {
	if _, err := tx.ExecContext(ctx, `UPDATE alert_silences SET matched_ms = $1 WHERE id = $2`, sqldb.Millis(now), id); err != nil {
		return fmt.Errorf("note that the silence matched: %w", err)
	}
	return nil
}

func (s *Service) endIdle(ctx context.Context, tx *sql.Tx, now time.Time) error {
	_, err := tx.ExecContext(ctx, `UPDATE alert_silences SET until_ms = $1, ended_by = 'idle' WHERE site = $2 AND until_ms > $1 AND matched_ms <= $3`,
		sqldb.Millis(now), s.site, sqldb.Millis(now.Add(-s.options.Idle)))
	if err != nil {
		return fmt.Errorf("end idle silences: %w", err)
	}
	return nil
}
