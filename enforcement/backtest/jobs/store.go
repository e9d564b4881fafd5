package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"fairgate/ingest/sqldb"
)

// row is a job with what only the worker needs.
type row struct {
	Job
	document, againstDocument string
}

// brief are the columns of a job without its result.
const brief = `id, state, actor, created_ms, started_ms, ended_ms, from_ms, to_ms, version, against, cancelled_by, position, error`

type scanner interface{ Scan(into ...any) error }

func scan(from scanner, more ...any) (Job, error) {
	var j Job
	var state, position string
	var created, started, ended, begin, end int64
	into := append([]any{
		&j.ID, &state, &j.Actor, &created, &started, &ended, &begin, &end, &j.Version, &j.Against, &j.CancelledBy, &position, &j.Error,
	}, more...)
	if err := from.Scan(into...); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return j, ErrNotFound
		}
		return j, fmt.Errorf("read a backtest: %w", err)
	}
	j.State = State(state)
	j.Created, j.Started, j.Ended = sqldb.Time(created), sqldb.Time(started), sqldb.Time(ended)
	j.From, j.To = sqldb.Time(begin), sqldb.Time(end)
	if position != "" {
		if err := json.Unmarshal([]byte(position), &j.Position); err != nil {
			return j, fmt.Errorf("read a backtest's position: %w", err)
		}
	}
	j.Share = j.Position.Share()
	if j.State == Done {
		j.Share = 1
	}
	return j, nil
}

// insert queues a job, unless the queue is full.
func (s *Service) insert(ctx context.Context, r row) error {
	return s.db.InTx(ctx, func(tx *sql.Tx) error {
		if err := s.bury(ctx, tx); err != nil {
			return err
		}
		var waiting int
		if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM backtests WHERE state = $1`, string(Waiting)).Scan(&waiting); err != nil {
			return fmt.Errorf("look at the queue of backtests: %w", err)
		}
		if waiting > 0 {
			return ErrBusy
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO backtests
 (id, state, actor, created_ms, started_ms, ended_ms, beat_ms, from_ms, to_ms, version, against, document, against_document, cancelled_by, position, result, error)
 VALUES ($1, $2, $3, $4, 0, 0, 0, $5, $6, $7, $8, $9, $10, '', '', '', '')`,
			r.ID, string(Waiting), r.Actor, sqldb.Millis(r.Created), sqldb.Millis(r.From), sqldb.Millis(r.To),
			r.Version, r.Against, r.document, r.againstDocument)
		if err != nil {
			return fmt.Errorf("queue a backtest: %w", err)
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM backtests WHERE ended_ms > 0 AND id NOT IN
 (SELECT id FROM backtests ORDER BY created_ms DESC, id DESC LIMIT $1)`, s.o.Keep)
		if err != nil {
			return fmt.Errorf("forget old backtests: %w", err)
		}
		return nil
	})
}

// bury records jobs whose process ended without a word.
func (s *Service) bury(ctx context.Context, tx *sql.Tx) error {
	now := s.o.Now()
	_, err := tx.ExecContext(ctx, `UPDATE backtests SET state = $1, ended_ms = $2, error = $3 WHERE state = $4 AND beat_ms < $5`,
		string(Interrupted), sqldb.Millis(now), "the process that ran it ended; start it again", string(Running), sqldb.Millis(now.Add(-max(10*s.o.Poll, 15*time.Second))))
	if err != nil {
		return fmt.Errorf("look for interrupted backtests: %w", err)
	}
	return nil
}

// claim takes the job that waits, unless one runs.
func (s *Service) claim(ctx context.Context) (row, bool, error) {
	var waiting int
	err := s.db.Read.QueryRowContext(ctx, `SELECT COUNT(*) FROM backtests WHERE state = $1`, string(Waiting)).Scan(&waiting)
	if err != nil || waiting == 0 {
		return row{}, false, err
	}
	var r row
	found := false
	err = s.db.InTx(ctx, func(tx *sql.Tx) error {
		if err := s.bury(ctx, tx); err != nil {
			return err
		}
		job, err := scan(tx.QueryRowContext(ctx, `SELECT `+brief+`, document, against_document FROM backtests
 WHERE state = $1 AND NOT EXISTS (SELECT 1 FROM backtests WHERE state = $2) ORDER BY created_ms, id LIMIT 1`,
			string(Waiting), string(Running)), &r.document, &r.againstDocument)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		r.Job, r.State, r.Started = job, Running, s.o.Now().UTC()
		result, err := tx.ExecContext(ctx, `UPDATE backtests SET state = $1, started_ms = $2, beat_ms = $2 WHERE id = $3 AND state = $4`,
			string(Running), sqldb.Millis(r.Started), r.ID, string(Waiting))
		if err != nil {
			return fmt.Errorf("take a backtest from the queue: %w", err)
		}
		n, err := result.RowsAffected()
		found = n == 1
		return err
	})
	r.State = Running
	return r, found, err
}

// beat is the sign of life of a running job.
func (s *Service) beat(ctx context.Context, id string, p any) (cancelled bool, err error) {
	position, err := json.Marshal(p)
	if err != nil {
		return false, fmt.Errorf("encode a position: %w", err)
	}
	var by string
	err = s.db.Write.QueryRowContext(ctx, `UPDATE backtests SET beat_ms = $1, position = $2 WHERE id = $3 AND state = $4 RETURNING cancelled_by`,
		sqldb.Millis(s.o.Now()), string(position), id, string(Running)).Scan(&by)
	if errors.Is(err, sql.ErrNoRows) { // buried meanwhile
		return true, nil
	}
	return by != "", err
}

func (s *Service) cancel(ctx context.Context, id, actor string) error {
	return s.db.InTx(ctx, func(tx *sql.Tx) error {
		job, err := scan(tx.QueryRowContext(ctx, `SELECT `+brief+` FROM backtests WHERE id = $1`, id))
		if err != nil {
			return fmt.Errorf("cancel backtest %q: %w", id, err)
		}
		if job.State.Over() {
			return fmt.Errorf("cancel backtest %q: %w: it is %s", id, ErrOver, job.State)
		}
		_, err = tx.ExecContext(ctx, `UPDATE backtests SET cancelled_by = $1 WHERE id = $2`, actor, id)
		if err == nil && job.State == Waiting {
			_, err = tx.ExecContext(ctx, `UPDATE backtests SET state = $1, ended_ms = $2 WHERE id = $3`,
				string(Cancelled), sqldb.Millis(s.o.Now()), id)
		}
		if err != nil {
			return fmt.Errorf("cancel backtest %q: %w", id, err)
		}
		return nil
	})
}

// finish records how a job ended. One that was cancelled ends cancelled, also where
// it was done before it heard of that: whoever cancelled was told so.
func (s *Service) finish(ctx context.Context, r row) error {
	position, err := json.Marshal(r.Position)
	if err != nil {
		return fmt.Errorf("encode a position: %w", err)
	}
	result := []byte{}
	if r.Result != nil {
		if result, err = json.Marshal(r.Result); err != nil {
			return fmt.Errorf("encode a result: %w", err)
		}
	}
	_, err = s.db.Write.ExecContext(ctx, `UPDATE backtests SET ended_ms = $2, position = $3,
 state = CASE WHEN $1 = 'done' AND cancelled_by <> '' THEN 'cancelled' ELSE $1 END,
 result = CASE WHEN $1 = 'done' AND cancelled_by <> '' THEN '' ELSE $4 END,
 error = CASE WHEN $1 = 'done' AND cancelled_by <> '' THEN 'cancelled as it ended' ELSE $5 END WHERE id = $6`,
		string(r.State), sqldb.Millis(s.o.Now()), string(position), string(result), r.Error, r.ID)
	if err != nil {
		return fmt.Errorf("record the end of backtest %s: %w", r.ID, err)
	}
	return nil
}

// Get reads one job with its result.
func (s *Service) Get(ctx context.Context, id string) (Job, error) {
	return s.one(ctx, `id = $1`, id)
}

func (s *Service) one(ctx context.Context, where string, args ...any) (Job, error) {
	var result string
	job, err := scan(s.db.Read.QueryRowContext(ctx, `SELECT `+brief+`, result FROM backtests WHERE `+where, args...), &result)
	if err != nil {
		return job, err
	}
	if result != "" {
		if err := json.Unmarshal([]byte(result), &job.Result); err != nil {
			return job, fmt.Errorf("read the result of backtest %s: %w", job.ID, err)
		}
	}
	return job, nil
}

// List reads the latest jobs without their results.
func (s *Service) List(ctx context.Context, limit int) (list []Job, err error) {
	rows, err := s.db.Read.QueryContext(ctx, `SELECT `+brief+` FROM backtests ORDER BY created_ms DESC, id DESC LIMIT $1`, min(max(limit, 1), 200))
	if err != nil {
		return nil, fmt.Errorf("read backtests: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	list = []Job{}
	for rows.Next() {
		job, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, job)
	}
	return list, rows.Err()
}

// Latest is the latest finished backtest of a program over any period;
// ErrNotFound where there is none.
func (s *Service) Latest(ctx context.Context, program string) (Job, error) {
	return s.one(ctx, `version = $1 AND state = $2 ORDER BY ended_ms DESC, id DESC LIMIT 1`, program, string(Done))
}

// Covering is the latest finished backtest of a program that covers a period;
// ErrNotFound where there is none.
func (s *Service) Covering(ctx context.Context, program string, from, to time.Time) (Job, error) {
	return s.one(ctx, `version = $1 AND state = $2 AND from_ms <= $3 AND to_ms >= $4 ORDER BY ended_ms DESC, id DESC LIMIT 1`,
		program, string(Done), sqldb.Millis(from), sqldb.Millis(to))
}
