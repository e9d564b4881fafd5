package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"fairgate/ticketing"
)

const jobColumns = `name, last_started, last_finished, last_error, next_due, progress, report`

func scanJob(scan func(...any) error) (ticketing.JobState, error) {
	var (
		j                      ticketing.JobState
		started, finished, due int64
	)
	err := scan(&j.Name, &started, &finished, &j.LastError, &due, &j.Progress, &j.Report)
	j.LastStarted, j.LastFinished, j.NextDue = moment(started), moment(finished), moment(due)
	return j, err
}

func (r reader) Jobs(ctx context.Context) ([]ticketing.JobState, error) {
	jobs, err := list(ctx, r, "read jobs", scanJob, `SELECT `+jobColumns+` FROM jobs`)
	// Sorted here, because the engines collate text differently.
	slices.SortFunc(jobs, func(a, b ticketing.JobState) int { return strings.Compare(a.Name, b.Name) })
	return jobs, err
}

// anyDue asks at once what the readings of what is due ask one by one; each part
// has an index.
const anyDue = `SELECT CASE WHEN EXISTS (SELECT 1 FROM orders WHERE state = 'held' AND hold_expires_at <= $1)
	OR EXISTS (SELECT 1 FROM orders WHERE state = 'provisional' AND provisional_until <= $1)
	OR EXISTS (SELECT 1 FROM release_stages WHERE fired_at = 0 AND paused = 0 AND release_at <= $1)
	OR EXISTS (SELECT 1 FROM release_returns r JOIN release_stages s ON s.pool_id = r.pool_id AND s.day = r.day AND s.stage = r.stage
		WHERE r.due_at > 0 AND r.due_at <= $1 AND s.fired_at > 0 AND s.paused = 0)
	OR EXISTS (SELECT 1 FROM allotments WHERE released_at = 0 AND release_at > 0 AND release_at <= $1)
	OR EXISTS (SELECT 1 FROM jobs WHERE next_due <= $1) THEN 1 ELSE 0 END`

func (r reader) AnyDue(ctx context.Context, now time.Time) (bool, error) {
	var due int
	err := r.q.QueryRowContext(ctx, anyDue, millis(now)).Scan(&due)
	return due == 1, failed("read what is due", err)
}

func (t *tx) PlanJob(ctx context.Context, name string, due time.Time) error {
	_, err := t.exec(ctx, "plan job",
		`INSERT INTO jobs (`+jobColumns+`, claimed_until, claimed_by) VALUES ($1, 0, 0, '', $2, '', '', 0, '') ON CONFLICT (name) DO NOTHING`, name, millis(due))
	return err
}

func (t *tx) ClaimJob(ctx context.Context, name, holder string, now, until time.Time) (ticketing.JobState, bool, error) {
	j, err := scanJob(t.db.QueryRowContext(ctx, `UPDATE jobs SET last_started = $3, claimed_until = $4, claimed_by = $2
		WHERE name = $1 AND next_due <= $3 AND claimed_until <= $3 RETURNING `+jobColumns, name, holder, millis(now), millis(until)).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return ticketing.JobState{}, false, nil
	}
	return j, err == nil, failed("claim job", err)
}

func (t *tx) FinishJob(ctx context.Context, holder string, j ticketing.JobState) error {
	return t.one(ctx, "finish job", `UPDATE jobs SET last_finished = $3, last_error = $4, next_due = $5, progress = $6, report = $7,
		claimed_until = 0, claimed_by = '' WHERE name = $1 AND claimed_by = $2`,
		j.Name, holder, millis(j.LastFinished), j.LastError, millis(j.NextDue), j.Progress, j.Report)
}
