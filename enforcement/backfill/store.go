package backfill

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"time"

	"fairgate/ingest/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// store keeps jobs in SQL.
type store struct{ db *sqldb.DB }

func openStore(ctx context.Context, db *sqldb.DB) (store, error) {
	return store{db}, db.Migrate(ctx, migrations, "backfills_goose_version")
}

const columns = `definition, feature, state, from_ms, to_ms, at_ms, counted_ms, events, actor, reason, failure, changed_ms`

func scan(row interface{ Scan(...any) error }) (Job, error) {
	var j Job
	var from, to, at, counted, changed int64
	err := row.Scan(&j.Definition, &j.Feature, (*string)(&j.State), &from, &to, &at, &counted, &j.Events, &j.Actor, &j.Reason, &j.Failure, &changed)
	j.From, j.To, j.At, j.counted, j.Changed = moment(from), moment(to), moment(at), moment(counted), moment(changed)
	j.Progress = j.progress()
	return j, err
}

func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// put queues a job, unless one of the definition is under way.
func (s store) put(ctx context.Context, j *Job) error {
	done, err := s.db.Write.ExecContext(ctx, `INSERT INTO features_backfills (`+columns+`, lease_ms) VALUES ($1, $2, 'queued', $3, $4, $3, $5, 0, $6, $7, '', $8, 0)
		ON CONFLICT (definition) DO UPDATE SET feature = excluded.feature, state = 'queued', from_ms = excluded.from_ms, to_ms = excluded.to_ms,
			at_ms = excluded.at_ms, counted_ms = excluded.counted_ms, events = 0, actor = excluded.actor, reason = excluded.reason, failure = '',
			changed_ms = excluded.changed_ms, lease_ms = 0
		WHERE features_backfills.state NOT IN ('queued', 'running')`,
		j.Definition, j.Feature, j.From.UnixMilli(), j.To.UnixMilli(), j.counted.UnixMilli(), j.Actor, j.Reason, j.Changed.UnixMilli())
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrUnderWay)
	}
	return nil
}

// jobs lists the latest job of every definition.
func (s store) jobs(ctx context.Context) (_ []Job, err error) {
	rows, err := s.db.Read.QueryContext(ctx, `SELECT `+columns+` FROM features_backfills ORDER BY changed_ms DESC, definition`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	out := []Job{}
	for rows.Next() {
		j, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, j)
	}
	return out, rows.Err()
}

// claim takes the oldest job that nobody works on, for a lease. ok is false
// where there is none.
func (s store) claim(ctx context.Context, now time.Time, lease time.Duration) (j Job, ok bool, err error) {
	j, err = scan(s.db.Write.QueryRowContext(ctx, `UPDATE features_backfills SET state = 'running', lease_ms = $2
		WHERE definition = (SELECT definition FROM features_backfills WHERE state IN ('queued', 'running') AND lease_ms < $1 AND to_ms <= $1 ORDER BY changed_ms, definition LIMIT 1)
			AND state IN ('queued', 'running') AND lease_ms < $1
		RETURNING `+columns, now.UnixMilli(), now.Add(lease).UnixMilli()))
	if errors.Is(err, sql.ErrNoRows) {
		return j, false, nil
	}
	return j, err == nil, err
}

// advance notes how far a running job is and keeps the lease; ok is false where
// it is not running any more, because somebody cancelled it.
func (s store) advance(ctx context.Context, j *Job, now time.Time, lease time.Duration) (ok bool, err error) {
	done, err := s.db.Write.ExecContext(ctx, `UPDATE features_backfills SET at_ms = $2, events = $3, lease_ms = $4, changed_ms = $5
		WHERE definition = $1 AND state = 'running'`, j.Definition, j.At.UnixMilli(), j.Events, now.Add(lease).UnixMilli(), now.UnixMilli())
	if err != nil {
		return false, err
	}
	n, err := done.RowsAffected()
	return n > 0, err
}

// finish ends a job that is under way; ok is false where there is none.
func (s store) finish(ctx context.Context, definition string, state State, failure string, now time.Time) (ok bool, err error) {
	done, err := s.db.Write.ExecContext(ctx, `UPDATE features_backfills SET state = $2, failure = $3, changed_ms = $4, lease_ms = 0
		WHERE definition = $1 AND state IN ('queued', 'running')`, definition, string(state), failure, now.UnixMilli())
	if err != nil {
		return false, err
	}
	n, err := done.RowsAffected()
	return n > 0, err
}
