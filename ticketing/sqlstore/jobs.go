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
