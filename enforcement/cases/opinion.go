package cases

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"fairgate/enforcement"
	"fairgate/ingest/sqldb"
	"fairgate/rules"
)

// Opinion is what a reviewer held a subject to be before verdict, score and
// rules were shown.
type Opinion struct {
	Reviewer string                 `json:"reviewer"`
	Value    enforcement.LabelValue `json:"value"`
	Note     string                 `json:"note,omitempty"`
	At       time.Time              `json:"at"`
}

// MaxNote bounds notes and reasons, in bytes.
const MaxNote = 2000

// drawn is an account of the audit sample that waits to be judged.
type drawn struct {
	id, site, account string
	week, visitDay    time.Time
	probability       float64
	twice             bool
	state             string
}

const drawnColumns = `id, site, account, week, visit_day, probability, twice, state`

func scanDrawn(row scanner) (d drawn, err error) {
	var week, visit, probability, twice int64
	err = row.Scan(&d.id, &d.site, &d.account, &week, &visit, &probability, &twice, &d.state)
	if errors.Is(err, sql.ErrNoRows) {
		return d, ErrNotFound
	}
	if err != nil {
		return d, fmt.Errorf("read a drawn account: %w", err)
	}
	d.week, d.visitDay, d.probability, d.twice = sqldb.Time(week), sqldb.Time(visit), float64(probability)/1e9, twice == 1
	return d, nil
}

// Judge saves a reviewer's first opinion about a task of the queue: an open case
// or a drawn account. A reviewer has one opinion; another one is refused with
// ErrDecided. Where the account was drawn, the opinion becomes its label; of two
// that differ, unknown does.
func (s *Service) Judge(ctx context.Context, id, reviewer string, value enforcement.LabelValue, note string) error {
	if reviewer == "" || !value.Valid() || len(note) > MaxNote {
		return fmt.Errorf("%w: an opinion needs a reviewer (%q), a value (%q) and a note of at most %d bytes",
			ErrBadInput, reviewer, value, MaxNote)
	}
	return s.db.InTx(ctx, func(tx *sql.Tx) error {
		site, target, err := s.taskTarget(ctx, tx, id)
		if err != nil {
			return err
		}
		fresh, err := s.opine(ctx, tx, id, reviewer, value, note)
		if err != nil {
			return err
		}
		if !fresh {
			return fmt.Errorf("%s has given an opinion about %q: %w", reviewer, id, ErrDecided)
		}
		if target.Entity != rules.EntityAccount {
			return nil
		}
		return s.judgeDrawn(ctx, tx, site, target.Key, id, reviewer, value, note)
	})
}

// taskTarget finds what a task of the queue is about.
func (s *Service) taskTarget(ctx context.Context, q querier, id string) (site string, target enforcement.Target, err error) {
	c, err := scanCase(q.QueryRowContext(ctx, `SELECT `+caseColumns+` FROM cases WHERE id = $1`, id))
	if err == nil {
		return c.Site, c.Target, nil
	}
	if !errors.Is(err, ErrNotFound) {
		return "", target, err
	}
	d, err := scanDrawn(q.QueryRowContext(ctx, `SELECT `+drawnColumns+` FROM audit_sample WHERE id = $1`, id))
	if err != nil {
		return "", target, fmt.Errorf("find task %q: %w", id, err)
	}
	return d.site, enforcement.Target{Entity: rules.EntityAccount, Key: d.account}, nil
}

// opine writes an opinion; fresh is false where the reviewer had one.
func (s *Service) opine(
	ctx context.Context, tx *sql.Tx, subject, reviewer string, value enforcement.LabelValue, note string,
) (fresh bool, err error) {
	result, err := tx.ExecContext(ctx, `INSERT INTO opinions (subject, reviewer, value, note, at) VALUES ($1, $2, $3, $4, $5)
 ON CONFLICT (subject, reviewer) DO NOTHING`, subject, reviewer, string(value), note, sqldb.Millis(s.options.Now()))
	if err != nil {
		return false, fmt.Errorf("save an opinion: %w", err)
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// judgeDrawn counts an opinion for each week in which the account was drawn and
// is still to be judged.
func (s *Service) judgeDrawn(
	ctx context.Context, tx *sql.Tx, site, account, task, reviewer string, value enforcement.LabelValue, note string,
) error {
	waiting, err := s.drawnOf(ctx, tx, site, account)
	if err != nil {
		return err
	}
	for _, d := range waiting {
		if d.id != task {
			fresh, err := s.opine(ctx, tx, d.id, reviewer, value, note)
			if err != nil {
				return err
			}
			if !fresh {
				continue
			}
		}
		state, label := "done", value
		if d.state == "open" && d.twice {
			state = "once"
		}
		if d.state == "once" {
			differ, err := exists(ctx, tx, `SELECT COUNT(*) FROM opinions WHERE subject = $1 AND value <> $2`, d.id, string(value))
			if err != nil {
				return err
			}
			if differ {
				label = enforcement.LabelUnknown
			}
		}
		if _, err := tx.ExecContext(ctx, `UPDATE audit_sample SET state = $1 WHERE id = $2`, state, d.id); err != nil {
			return fmt.Errorf("note that a drawn account was judged: %w", err)
		}
		err := addLabels(ctx, tx, []enforcement.Label{{
			Time: s.options.Now().UTC().Truncate(time.Millisecond), Site: d.site, Account: d.account, Value: label,
			Source: enforcement.SourceSample, Actor: reviewer, Reason: note, VisitDay: d.visitDay,
			Inclusion: d.probability, Week: d.week,
		}})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) drawnOf(ctx context.Context, q querier, site, account string) (list []drawn, err error) {
	rows, err := q.QueryContext(ctx, `SELECT `+drawnColumns+` FROM audit_sample
 WHERE site = $1 AND account = $2 AND state <> 'done' ORDER BY week`, site, account)
	if err != nil {
		return nil, fmt.Errorf("look for a drawn account: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		d, err := scanDrawn(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, rows.Err()
}

// opinions lists what was said about a task, the first first.
func (s *Service) opinions(ctx context.Context, id string) (list []Opinion, err error) {
	rows, err := s.db.Read.QueryContext(ctx, `SELECT reviewer, value, note, at FROM opinions WHERE subject = $1 ORDER BY at, reviewer`, id)
	if err != nil {
		return nil, fmt.Errorf("read opinions: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var o Opinion
		var at int64
		if err := rows.Scan(&o.Reviewer, &o.Value, &o.Note, &at); err != nil {
			return nil, fmt.Errorf("read an opinion: %w", err)
		}
		o.At = sqldb.Time(at)
		list = append(list, o)
	}
	return list, rows.Err()
}
