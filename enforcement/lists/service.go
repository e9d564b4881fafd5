package lists

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"fairgate/enforcement"
	"fairgate/enforcement/outbox"
	"fairgate/ingest/sqldb"
	"fairgate/rules"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options tune a Service. The zero value is usable.
type Options struct {
	Now func() time.Time // default time.Now
	// Grace is for how long after its end an entry stays beside the counters,
	// for events that arrive late. Default 1 h.
	Grace time.Duration
	// KeepCleared is for how long a clearing is kept beside the counters: as
	// long as the longest window, or what it hides would act again. Default
	// rules.MaxWindow, 30 days.
	KeepCleared time.Duration
	// Poll is between checks of the marks; Refresh is between full rewrites,
	// which mend what a partial loss took. Defaults 1 s and 10 min.
	Poll, Refresh time.Duration
	Logger        *slog.Logger
	Registry      prometheus.Registerer
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Grace <= 0 {
		o.Grace = time.Hour
	}
	if o.KeepCleared <= 0 {
		o.KeepCleared = rules.MaxWindow
	}
	if o.Poll <= 0 {
		o.Poll = time.Second
	}
	if o.Refresh <= 0 {
		o.Refresh = 10 * time.Minute
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Service changes and reads the lists. Every change is one transaction that
// also bumps the lists' version and writes its actions to the outbox; then the
// marks are written. A change that is committed is in force even when the
// marks cannot be written: Run writes them as soon as the store is back. It is
// safe for concurrent use, also by several processes on one database.
type Service struct {
	db      *sqldb.DB
	marks   Marks
	options Options
	metrics *metrics
}

var _ enforcement.Lists = (*Service)(nil)

// New migrates the tables and returns the Service.
func New(ctx context.Context, db *sqldb.DB, marks Marks, o Options) (*Service, error) {
	if err := outbox.Migrate(ctx, db); err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx, migrations, "lists_schema"); err != nil {
		return nil, err
	}
	return &Service{db: db, marks: marks, options: o.withDefaults(), metrics: newMetrics(o.Registry)}, nil
}

// change runs do in a transaction under the lists' next version, which the
// database hands out one at a time, and then writes the marks of the targets
// that do returned.
func (s *Service) change(
	ctx context.Context, do func(tx *sql.Tx, version int64) ([]enforcement.Target, error),
) error {
	var touched []enforcement.Target
	err := s.db.InTx(ctx, func(tx *sql.Tx) error {
		var version int64
		err := tx.QueryRowContext(ctx,
			`UPDATE lists_version SET version = version + 1 WHERE id = 1 RETURNING version`).Scan(&version)
		if err != nil {
			return fmt.Errorf("take the next version of the lists: %w", err)
		}
		touched, err = do(tx, version)
		return err
	})
	if err != nil {
		return err
	}
	if err := s.writeMarks(ctx, touched); err != nil {
		s.metrics.markFailures.Inc()
		s.options.Logger.LogAttrs(ctx, slog.LevelWarn, "marks not written, will be", slog.Any("error", err))
	}
	return nil
}

// Except adds an exception, or gives the present one a new end and reason.
// The target's deny entries that the rule made are lifted. What is not exactly
// one subject, one rule and an end within MaxException is refused (ErrBadInput).
func (s *Service) Except(ctx context.Context, x Exception) (Entry, error) {
	if err := x.validate(s.options.Now()); err != nil {
		return Entry{}, err
	}
	now := s.options.Now().UTC().Truncate(time.Millisecond)
	entry := Entry{
		Site: x.Site, Kind: enforcement.EntryException, Target: x.Target, Source: enforcement.EntryByHand,
		Rule: x.Rule, Reason: x.Reason, Actor: x.Actor, Created: now, Since: now, Expires: x.Expires,
	}
	err := s.change(ctx, func(tx *sql.Tx, version int64) ([]enforcement.Target, error) {
		old, err := findOne(ctx, tx, entry)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
		if err == nil {
			if err := lift(ctx, tx, version, old.ID, now, x.Actor, "replaced"); err != nil {
				return nil, err
			}
			entry.Since = old.Since
		}
		if err := insert(ctx, tx, version, &entry); err != nil {
			return nil, err
		}
		return []enforcement.Target{x.Target}, s.liftRule(ctx, tx, version, x, now)
	})
	return entry, err
}

// liftRule lifts the deny entries that an exception makes void.
func (s *Service) liftRule(ctx context.Context, tx *sql.Tx, version int64, x Exception, now time.Time) error {
	entries, err := query(ctx, tx, `SELECT `+entryColumns+` FROM lists_entries
 WHERE entity = $1 AND key = $2 AND kind = 'deny' AND source = 'rule' AND rule = $3 AND lifted_at = 0
 AND ($4 = '' OR site = $4)`, string(x.Target.Entity), x.Target.Key, x.Rule, x.Site)
	if err != nil {
		return err
	}
	return s.liftAll(ctx, tx, version, entries, now, x.Actor, x.Reason)
}

// Lift takes one entry off its list.
func (s *Service) Lift(ctx context.Context, id, actor, reason string) (Entry, error) {
	if actor == "" || reason == "" {
		return Entry{}, fmt.Errorf("%w: lifting needs an actor (%q) and a reason", ErrBadInput, actor)
	}
	now := s.options.Now().UTC().Truncate(time.Millisecond)
	var entry Entry
	err := s.change(ctx, func(tx *sql.Tx, version int64) ([]enforcement.Target, error) {
		var err error
		entry, err = scanEntry(tx.QueryRowContext(ctx, `SELECT `+entryColumns+` FROM lists_entries WHERE id = $1`, id))
		if err != nil {
			return nil, fmt.Errorf("lift %q: %w", id, err)
		}
		if !entry.LiftedAt.IsZero() {
			return nil, fmt.Errorf("lift %q: %w", id, ErrLifted)
		}
		entry.LiftedAt, entry.LiftedBy, entry.LiftReason = now, actor, reason
		return []enforcement.Target{entry.Target}, s.liftAll(ctx, tx, version, []Entry{entry}, now, actor, reason)
	})
	return entry, err
}

// Clear lifts every deny entry of the target and, where it is an account, of
// the devices and sessions denied because of it, and forbids events of the
// site from before at to act on any of them again: those under way, and those
// that their counters hold. Sites share counters, so that these begin anew for
// all sites. It returns what it lifted. Clearing twice is harmless; the later
// time holds.
func (s *Service) Clear(
	ctx context.Context, site string, target enforcement.Target, at time.Time, actor, reason string,
) ([]Entry, error) {
	if actor == "" || reason == "" || target.Key == "" || !target.Valid() || at.IsZero() {
		return nil, fmt.Errorf("%w: clearing needs a target (%s), a time (%v), an actor (%q) and a reason",
			ErrBadInput, target, at, actor)
	}
	account := ""
	if target.Entity == rules.EntityAccount {
		account = target.Key
	}
	var entries []Entry
	err := s.change(ctx, func(tx *sql.Tx, version int64) ([]enforcement.Target, error) {
		var err error
		entries, err = query(ctx, tx, `SELECT `+entryColumns+` FROM lists_entries
 WHERE kind = 'deny' AND lifted_at = 0 AND ($1 = '' OR site = $1 OR site = '')
 AND ((entity = $2 AND key = $3) OR (account <> '' AND account = $4)) ORDER BY id`,
			site, string(target.Entity), target.Key, account)
		if err != nil {
			return nil, err
		}
		if err := s.liftAll(ctx, tx, version, entries, at, actor, reason); err != nil {
			return nil, err
		}
		targets := []enforcement.Target{target}
		for _, e := range entries {
			targets = append(targets, e.Target)
		}
		for _, t := range targets {
			_, err := tx.ExecContext(ctx, `INSERT INTO lists_cleared (site, entity, key, version, cleared_at, actor, reason)
 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (entity, key, site) DO UPDATE SET version = excluded.version,
 cleared_at = excluded.cleared_at, actor = excluded.actor, reason = excluded.reason
 WHERE excluded.cleared_at >= lists_cleared.cleared_at`,
				site, string(t.Entity), t.Key, version, sqldb.Millis(at), actor, reason)
			if err != nil {
				return nil, fmt.Errorf("clear %s: %w", t, err)
			}
		}
		return targets, nil
	})
	return entries, err
}

// liftAll lifts entries and writes the actions for those that denied.
func (s *Service) liftAll(
	ctx context.Context, tx *sql.Tx, version int64, entries []Entry, at time.Time, actor, reason string,
) error {
	for _, e := range entries {
		if err := lift(ctx, tx, version, e.ID, at, actor, reason); err != nil {
			return err
		}
		if e.Kind != enforcement.EntryDeny {
			continue
		}
		err := outbox.AppendActions(ctx, tx, enforcement.Action{
			Time: at, Site: e.Site, Kind: enforcement.ActionUnblock, Target: e.Target, Rule: e.Rule,
			Ruleset: e.Ruleset, EventID: e.EventID, Actor: actor, Detail: reason,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func lift(ctx context.Context, tx *sql.Tx, version int64, id string, at time.Time, actor, reason string) error {
	_, err := tx.ExecContext(ctx, `UPDATE lists_entries SET lifted_at = $1, lifted_by = $2, lift_reason = $3, version = $4
 WHERE id = $5 AND lifted_at = 0`, sqldb.Millis(at), actor, reason, version, id)
	if err != nil {
		return fmt.Errorf("lift %q: %w", id, err)
	}
	return nil
}

// insert writes a new entry and gives it its id.
func insert(ctx context.Context, tx *sql.Tx, version int64, e *Entry) error {
	var active int
	err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM lists_entries WHERE entity = $1 AND key = $2 AND lifted_at = 0`,
		string(e.Target.Entity), e.Target.Key).Scan(&active)
	if err != nil {
		return fmt.Errorf("count the entries of %s: %w", e.Target, err)
	}
	if active >= enforcement.MaxMarkEntries {
		return fmt.Errorf("%s has %d: %w", e.Target, active, ErrTooMany)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make an entry id: %w", err)
	}
	e.ID = id.String()
	_, err = tx.ExecContext(ctx, `INSERT INTO lists_entries (version, `+entryColumns+`)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 0, '', '')`,
		version, e.ID, e.Site, string(e.Kind), string(e.Target.Entity), e.Target.Key, e.Account, string(e.Source),
		e.Rule, e.Ruleset, string(e.Class), e.Reason, e.Actor, e.EventID, sqldb.Millis(e.Created),
		sqldb.Millis(e.Since), sqldb.Millis(e.Expires))
	if err != nil {
		return fmt.Errorf("add %s to the %s list: %w", e.Target, e.Kind, err)
	}
	return nil
}
