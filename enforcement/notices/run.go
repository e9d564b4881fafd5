package notices

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"fairgate/enforcement/withdrawals"
	"fairgate/ingest/outage"
	"fairgate/ingest/sqldb"
)

// batch is how many notices are looked for at once, and maxBackoff bounds the
// pause after one that failed.
const (
	batch      = 50
	maxBackoff = time.Minute
	pruneEvery = time.Hour
)

// Run delivers what is due until ctx ends, and then returns nil.
func (s *Service) Run(ctx context.Context) error {
	away := outage.New(s.options.Logger, s.options.Now, slog.LevelWarn, "notices not looked for", "notices looked for again")
	var pruned time.Time
	for {
		n, err := s.Work(ctx)
		if now := s.options.Now(); now.Sub(pruned) >= pruneEvery {
			pruned = now
			err = errors.Join(err, s.Prune(ctx))
		}
		if ctx.Err() != nil {
			return nil //nolint:nilerr // to be ended is no failure
		}
		away.Report(ctx, err)
		if n == batch && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(s.options.Poll):
		}
	}
}

// notice is a row that is due.
type notice struct {
	id, site, account string
	attempts          int64
	nextMs, createdMs int64
}

// Work delivers what is due now and returns how many notices it took on. One
// that fails is tried again later; that is no error here.
func (s *Service) Work(ctx context.Context) (int, error) {
	due, err := s.due(ctx)
	if err != nil {
		return 0, err
	}
	for _, n := range due {
		if err := s.take(ctx, n); err != nil {
			return len(due), err
		}
	}
	return len(due), nil
}

func (s *Service) due(ctx context.Context) (list []notice, err error) {
	rows, err := s.db.Read.QueryContext(ctx, `SELECT id, site, account, attempts, next_ms, created_ms FROM account_notices
 WHERE state = 'due' AND next_ms <= $1 ORDER BY next_ms, id LIMIT $2`, sqldb.Millis(s.options.Now()), batch)
	if err != nil {
		return nil, fmt.Errorf("look for notices: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var n notice
		if err := rows.Scan(&n.id, &n.site, &n.account, &n.attempts, &n.nextMs, &n.createdMs); err != nil {
			return nil, fmt.Errorf("look for notices: %w", err)
		}
		list = append(list, n)
	}
	return list, rows.Err()
}

// take claims a notice, so that no other worker has it, delivers it, and on
// failure sets when to try again.
func (s *Service) take(ctx context.Context, n notice) error {
	now := s.options.Now()
	result, err := s.db.Write.ExecContext(ctx, `UPDATE account_notices SET next_ms = $1, attempts = attempts + 1
 WHERE id = $2 AND state = 'due' AND next_ms = $3`, sqldb.Millis(now.Add(s.options.Lease)), n.id, n.nextMs)
	if err != nil {
		return fmt.Errorf("claim notice %s: %w", n.id, err)
	}
	if claimed, err := result.RowsAffected(); err != nil || claimed == 0 {
		return err // another worker was faster
	}
	state, failure := s.deliver(ctx, n)
	if ctx.Err() != nil {
		return nil //nolint:nilerr // the lease runs out and it is taken again; its key keeps it from being told twice
	}
	next := int64(0)
	if state == Due {
		next = sqldb.Millis(now.Add(min(time.Second<<min(n.attempts, 16), maxBackoff)))
	}
	if failure != nil {
		s.failures.Inc()
		s.options.Logger.WarnContext(ctx, "notice to be tried again", "notice", n.id, "attempts", n.attempts+1, "error", failure)
	}
	_, err = s.db.Write.ExecContext(ctx, `UPDATE account_notices SET state = $1, next_ms = $2, updated_ms = $3 WHERE id = $4`,
		string(state), next, sqldb.Millis(s.options.Now()), n.id)
	if err != nil {
		return fmt.Errorf("note what became of notice %s: %w", n.id, err)
	}
	if state != Due {
		s.settled.WithLabelValues(string(state)).Inc()
	}
	return nil
}

// deliver tells the account's holder, unless an order that is given back does;
// while one is still under way the notice waits.
func (s *Service) deliver(ctx context.Context, n notice) (State, error) {
	orders, err := s.returns.Of(ctx, n.site, n.account)
	if err != nil {
		return Due, err
	}
	state := Untold
	for _, o := range orders {
		switch {
		case o.State == withdrawals.Reinstating:
			return Due, nil
		case o.State == withdrawals.Reinstated && sqldb.Millis(o.Updated) >= n.createdMs:
			state = WithOrder
		}
	}
	if state == WithOrder {
		return state, nil
	}
	told, err := s.teller.TellLifted(ctx, n.account, n.id)
	switch {
	case err != nil:
		return Due, err
	case told:
		return Told, nil
	}
	return Untold, nil
}
