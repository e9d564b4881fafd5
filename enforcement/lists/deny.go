package lists

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"fairgate/enforcement"
	"fairgate/enforcement/outbox"
	"fairgate/ingest/sqldb"
)

// Deny denies targets, all or none, in one transaction. A repeat extends the
// present entry of the same target, rule and source and never shortens it; one
// that would add less than a twentieth of its TTL (a minute at most) is
// already covered, so that a storm of requests from a blocked account costs
// reads and no writes. An exception for the rule, or a clearing after the
// deciding event, forbids a rule's entry: Stands is then false.
func (s *Service) Deny(ctx context.Context, denials []enforcement.Denial) ([]enforcement.Denied, error) {
	for _, d := range denials {
		if err := d.Validate(); err != nil {
			return nil, err
		}
	}
	results := make([]enforcement.Denied, len(denials))
	covered := 0
	for i, d := range denials {
		result, done, err := s.covered(ctx, s.db.Read, d)
		if err != nil {
			return nil, err
		}
		if done {
			results[i] = result
			covered++
		}
	}
	if covered == len(denials) {
		return results, nil
	}
	err := s.change(ctx, func(tx *sql.Tx, version int64) ([]enforcement.Target, error) {
		var touched []enforcement.Target
		for i, d := range denials {
			result, done, err := s.covered(ctx, tx, d)
			if err == nil && !done {
				result, err = s.deny(ctx, tx, version, d)
				touched = append(touched, d.Target)
			}
			if err != nil {
				return nil, err
			}
			results[i] = result
		}
		return touched, nil
	})
	return results, err
}

// querier is a *sql.DB or *sql.Tx.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// covered reports whether there is nothing to write for d, and why.
func (s *Service) covered(ctx context.Context, q querier, d enforcement.Denial) (enforcement.Denied, bool, error) {
	if d.Source == enforcement.EntryByRule {
		excused, err := isExcused(ctx, q, d.Site, d.Target, d.Rule, d.Ruleset, d.At)
		if err != nil || excused {
			return enforcement.Denied{}, excused, err
		}
	}
	e, err := findOne(ctx, q, entryOf(d))
	if errors.Is(err, ErrNotFound) {
		return enforcement.Denied{}, false, nil
	}
	if err != nil {
		return enforcement.Denied{}, false, err
	}
	if !e.ended(entryOf(d).Since) {
		if d, _, err = escalated(ctx, q, d, &e); err != nil {
			return enforcement.Denied{}, false, err
		}
	}
	slack := min(d.TTL/20, time.Minute)
	covers := e.Expires.IsZero() || (d.TTL > 0 && !expiry(d).Add(-slack).After(e.Expires))
	return enforcement.Denied{EntryID: e.ID, EventID: e.EventID, Stands: true}, covers, nil
}

// Excused reports whether an exception, or a clearing after at, takes the
// rule's matches for the target away.
func (s *Service) Excused(
	ctx context.Context, site string, target enforcement.Target, rule string, at time.Time,
) (bool, error) {
	return isExcused(ctx, s.db.Read, site, target, rule, "", at)
}

// isExcused also reports whether what the rule did then was undone, in this
// version (empty: in every one).
func isExcused(
	ctx context.Context, q querier, site string, target enforcement.Target, rule, ruleset string, at time.Time,
) (bool, error) {
	var n int
	err := q.QueryRowContext(ctx, `SELECT
 (SELECT COUNT(*) FROM lists_entries WHERE entity = $1 AND key = $2 AND kind = 'exception' AND rule = $3
  AND lifted_at = 0 AND since <= $4 AND (expires_at = 0 OR expires_at > $4) AND (site = '' OR site = $5))
 + (SELECT COUNT(*) FROM lists_cleared WHERE entity = $1 AND key = $2 AND cleared_at >= $4 AND (site = '' OR site = $5))
 + (SELECT COUNT(*) FROM lists_undone WHERE rule = $3 AND (ruleset = '' OR ruleset = $6) AND site = $5 AND from_ms <= $4 AND to_ms >= $4)`,
		string(target.Entity), target.Key, rule, sqldb.Millis(at), site, ruleset).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("look for exceptions of %s: %w", target, err)
	}
	return n > 0, nil
}

func entryOf(d enforcement.Denial) Entry {
	return Entry{
		Site: d.Site, Kind: enforcement.EntryDeny, Target: d.Target, Account: d.Account, Source: d.Source,
		Rule: d.Rule, Ruleset: d.Ruleset, Class: d.Class, Reason: d.Reason, Actor: d.Actor, EventID: d.EventID,
		Since: d.At.UTC().Truncate(time.Millisecond), Expires: expiry(d),
	}
}

func expiry(d enforcement.Denial) time.Time {
	if d.TTL == 0 {
		return time.Time{}
	}
	return d.At.Add(d.TTL).UTC().Truncate(time.Millisecond)
}

// deny extends the present entry, or replaces one that had already ended, or
// adds the first.
func (s *Service) deny(
	ctx context.Context, tx *sql.Tx, version int64, d enforcement.Denial,
) (enforcement.Denied, error) {
	old, err := findOne(ctx, tx, entryOf(d))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return enforcement.Denied{}, err
	}
	var standing *Entry
	if err == nil && !old.ended(entryOf(d).Since) {
		standing = &old
	}
	found := err == nil
	d, earlier, err := escalated(ctx, tx, d, standing)
	if err != nil {
		return enforcement.Denied{}, err
	}
	e := entryOf(d)
	e.Created = s.options.Now().UTC().Truncate(time.Millisecond)
	detail := ""
	if earlier > 0 {
		detail = fmt.Sprintf("block %d within %s: stands for %s", earlier+1, time.Duration(d.Repeat.Within)*time.Second, d.TTL)
	}
	switch {
	case !found:
		err = insert(ctx, tx, version, &e)
	case standing == nil:
		if err := lift(ctx, tx, version, old.ID, old.Expires, d.Actor, liftedExpired); err != nil {
			return enforcement.Denied{}, err
		}
		err = insert(ctx, tx, version, &e)
	default:
		e.ID, e.EventID, detail = old.ID, old.EventID, "extended"
		_, err = tx.ExecContext(ctx, `UPDATE lists_entries SET expires_at = $1, version = $2 WHERE id = $3`,
			sqldb.Millis(e.Expires), version, old.ID)
	}
	if err != nil {
		return enforcement.Denied{}, fmt.Errorf("deny %s: %w", d.Target, err)
	}
	if detail == "" {
		detail = d.Reason
	}
	err = outbox.AppendActions(ctx, tx, enforcement.Action{
		Time: e.Since, Site: d.Site, Kind: enforcement.ActionBlock, Target: d.Target, Rule: d.Rule,
		Ruleset: d.Ruleset, EventID: d.EventID, Actor: d.Actor, Detail: detail,
	})
	return enforcement.Denied{EntryID: e.ID, EventID: e.EventID, Stands: true, Changed: true}, err
}

// Standing reports whether any of the targets is denied for the site by an
// entry that has not ended by at (event time). Events from before the entry
// count too: the order they made may have been in flight when the block was
// decided.
func (s *Service) Standing(
	ctx context.Context, site string, targets []enforcement.Target, at time.Time,
) (denial enforcement.Denial, ok bool, err error) {
	for _, t := range targets {
		if !enforcement.Blockable(t.Entity) {
			continue
		}
		e, err := scanEntry(s.db.Read.QueryRowContext(ctx, `SELECT `+entryColumns+` FROM lists_entries
 WHERE entity = $1 AND key = $2 AND kind = 'deny' AND lifted_at = 0 AND (site = '' OR site = $3)
 AND (expires_at = 0 OR expires_at > $4) ORDER BY source, id LIMIT 1`,
			string(t.Entity), t.Key, site, sqldb.Millis(at)))
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return enforcement.Denial{}, false, err
		}
		return enforcement.Denial{
			Site: e.Site, Target: e.Target, Account: e.Account, Source: e.Source, Rule: e.Rule, Ruleset: e.Ruleset,
			Class: e.Class, Reason: e.Reason, Actor: e.Actor, EventID: e.EventID, At: e.Since,
		}, true, nil
	}
	return enforcement.Denial{}, false, nil
}
