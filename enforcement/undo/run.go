package undo

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"fairgate/enforcement"
	"fairgate/enforcement/lists"
	"fairgate/ingest/outage"
	"fairgate/ingest/sqldb"
	"fairgate/rules"
)

// maxBackoff bounds the pause after pages that failed.
const maxBackoff = time.Minute

// Run carries undos out until ctx ends, and then returns nil.
func (s *Service) Run(ctx context.Context) error {
	away := outage.New(s.options.Logger, s.options.Now, slog.LevelWarn, "undos not looked for", "undos looked for again")
	for {
		worked, err := s.Work(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // to be ended is no failure
		}
		away.Report(ctx, err)
		if worked && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-time.After(s.options.Poll):
		}
	}
}

// job is an undo as a worker has it.
type job struct {
	Undo
	position string
	attempts int64
	nextMs   int64
}

// Work carries out one page of the undo that has waited longest, and reports
// whether there was one. A page that fails is done again later; that is no
// error here.
func (s *Service) Work(ctx context.Context) (worked bool, err error) {
	j, err := s.claim(ctx)
	if err != nil || j == nil {
		return false, err
	}
	failure := s.page(ctx, j)
	now := s.options.Now()
	next := int64(0)
	if failure != nil {
		if ctx.Err() != nil {
			return false, nil //nolint:nilerr // the lease runs out and the page is done again
		}
		s.failures.Inc()
		s.options.Logger.WarnContext(ctx, "page of an undo to be done again",
			"undo", j.ID, "step", string(j.Step), "attempts", j.attempts+1, "error", failure)
		next = sqldb.Millis(now.Add(min(time.Second<<min(j.attempts, 16), maxBackoff)))
		j.attempts++
	} else {
		j.attempts = 0
	}
	finished := int64(0)
	if j.Step == StepDone {
		finished = sqldb.Millis(now)
		s.options.Logger.InfoContext(ctx, "undo is done", "undo", j.ID, "rule", j.Cause.Rule, "ruleset", j.Cause.Ruleset, "actor", j.Actor)
	}
	_, err = s.db.Write.ExecContext(ctx, `UPDATE undo_jobs SET step = $1, position = $2, attempts = $3, next_ms = $4, updated_ms = $5,
 finished_ms = $6 WHERE id = $7 AND next_ms = $8`, string(j.Step), j.position, j.attempts, next, sqldb.Millis(now), finished, j.ID, j.nextMs)
	if err != nil {
		return false, fmt.Errorf("note how far undo %s has come: %w", j.ID, err)
	}
	return failure == nil, nil
}

// claim takes the undo that is due, so that no other worker has it; nil: none.
func (s *Service) claim(ctx context.Context) (*job, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	now := s.options.Now()
	var j job
	var due int64
	u, err := scanUndo(s.db.Read.QueryRowContext(ctx, `SELECT `+undoColumns+`, position, attempts, next_ms FROM undo_jobs
 WHERE step <> 'done' AND next_ms <= $1 ORDER BY updated_ms, id LIMIT 1`, sqldb.Millis(now)), &j.position, &j.attempts, &due)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	j.Undo, j.nextMs = u, sqldb.Millis(now.Add(s.options.Lease))
	result, err := s.db.Write.ExecContext(ctx, `UPDATE undo_jobs SET next_ms = $1 WHERE id = $2 AND next_ms = $3`, j.nextMs, j.ID, due)
	if err != nil {
		return nil, fmt.Errorf("claim undo %s: %w", j.ID, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return nil, err // another worker was faster
	}
	return &j, nil
}

// page does one page of the job's step and moves the job on.
func (s *Service) page(ctx context.Context, j *job) error {
	if j.Step == StepBlocks {
		return s.blocks(ctx, j)
	}
	return s.orders(ctx, j)
}

// forbidden is what makes no block any more: the cause, and where it is a version
// up to the moment of the undo, what that version does until it is out of force
// everywhere. An undo often follows a weakening at once.
func (s *Service) forbidden(u Undo) enforcement.Cause {
	c := u.Cause
	if c.Ruleset != "" && c.To.Equal(u.Created) {
		c.To = c.To.Add(s.options.Settle)
	}
	return c
}

// blocks lifts a page of entries and closes the cases that held nothing else.
func (s *Service) blocks(ctx context.Context, j *job) error {
	if j.position == "" {
		if err := s.lists.Forbid(ctx, s.forbidden(j.Undo), j.Actor, j.note()); err != nil {
			return err
		}
	}
	entries, next, err := s.lists.Caused(ctx, j.Cause, j.position, s.options.Page)
	if err != nil {
		return err
	}
	var lift []lists.Entry
	for _, e := range entries {
		switch why, err := s.keepBlock(ctx, e); {
		case err != nil:
			return err
		case !e.LiftedAt.IsZero(): // before, by whomever: also by this undo, in a page that was not finished
		case why != "":
			if err := s.keep(ctx, j.ID, Kept{Kind: KeptBlock, Ref: e.ID, Why: why}); err != nil {
				return err
			}
		default:
			lift = append(lift, e)
		}
	}
	lifted, err := s.lists.LiftEach(ctx, lift, j.Actor, j.note())
	if err != nil {
		return err
	}
	s.reversed.WithLabelValues("block").Add(float64(lifted))
	if err := s.holdNotices(ctx, j, entries); err != nil {
		return err
	}
	if err := s.closeCases(ctx, j, entries); err != nil {
		return err
	}
	if j.position = next; next == "" {
		j.Step = StepOrders
	}
	return nil
}

// holdNotices notes who is to be told, when the undo is done, that a block was
// lifted: the accounts of a page that were blocked until this undo and that
// nothing else denies.
func (s *Service) holdNotices(ctx context.Context, j *job, entries []lists.Entry) error {
	if s.options.Notices == nil {
		return nil
	}
	now, seen := s.options.Now(), map[string]bool{}
	for _, e := range entries {
		t, lifted := subjectOf(e), e.LiftedAt
		switch {
		case lifted.IsZero():
			lifted = now // in this page, or kept, which keepAccount finds
		case e.LiftReason != j.note():
			continue
		}
		stood := e.Expires.IsZero() || e.Expires.After(lifted)
		if !stood || t.Entity != rules.EntityAccount || seen[t.Key] {
			continue
		}
		seen[t.Key] = true
		why, err := s.keepAccount(ctx, j.Cause, t.Key)
		if err != nil {
			return err
		}
		if why != "" {
			continue
		}
		if err := s.options.Notices.Hold(ctx, j.Cause.Site, j.cause(), t.Key); err != nil {
			return err
		}
	}
	return nil
}

// closeCases closes the cases of a page of entries.
func (s *Service) closeCases(ctx context.Context, j *job, entries []lists.Entry) error {
	seen := map[enforcement.Target]bool{}
	for _, e := range entries {
		t := subjectOf(e)
		if seen[t] {
			continue
		}
		seen[t] = true
		closed, err := s.cases.CloseUndone(ctx, j.Cause, t, j.Actor, j.note())
		if err != nil {
			return err
		}
		if closed {
			s.reversed.WithLabelValues("case").Inc()
		}
	}
	return nil
}

// orders queues the orders of a page of accounts to be given back.
func (s *Service) orders(ctx context.Context, j *job) error {
	accounts, err := s.withdrawals.Accounts(ctx, j.Cause, j.position, s.options.Page)
	if err != nil {
		return err
	}
	for _, a := range accounts {
		why, err := s.keepAccount(ctx, j.Cause, a)
		if err != nil {
			return err
		}
		if why != "" {
			if err := s.keep(ctx, j.ID, Kept{Kind: KeptOrders, Ref: a, Why: why}); err != nil {
				return err
			}
			continue
		}
		n, err := s.withdrawals.UndoCaused(ctx, j.Cause, a, j.Actor, j.note())
		if err != nil {
			return err
		}
		s.reversed.WithLabelValues("order").Add(float64(n))
	}
	if len(accounts) < s.options.Page {
		if s.options.Notices != nil {
			if err := s.options.Notices.Release(ctx, j.Cause.Site, j.cause()); err != nil {
				return err
			}
		}
		j.Step, j.position = StepDone, ""
		return nil
	}
	j.position = accounts[len(accounts)-1]
	return nil
}

// keep notes what was left.
func (s *Service) keep(ctx context.Context, id string, k Kept) error {
	err := s.db.InTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO undo_kept (job_id, kind, ref, why) VALUES ($1, $2, $3, $4)
 ON CONFLICT (job_id, kind, ref) DO UPDATE SET why = excluded.why`, id, string(k.Kind), k.Ref, k.Why)
		return err
	})
	if err != nil {
		return fmt.Errorf("note what undo %s left: %w", id, err)
	}
	return nil
}
