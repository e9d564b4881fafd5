package cases

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"fairgate/enforcement"
	"fairgate/enforcement/lists"
	"fairgate/ingest/sqldb"
	"fairgate/rules"
)

// Verb is what a person decides about a case.
type Verb string

// Decisions.
const (
	DecideConfirm Verb = "confirm" // a scalper
	DecideClear   Verb = "clear"   // a person
	DecideWatch   Verb = "watch"   // left to grow
)

// Valid reports whether v is a known decision.
func (v Verb) Valid() bool { return v == DecideConfirm || v == DecideClear || v == DecideWatch }

// state is where a decision takes a case, opinion what it says of the subject.
func (v Verb) state() State {
	return map[Verb]State{DecideConfirm: Confirmed, DecideClear: Cleared, DecideWatch: Watch}[v]
}

func (v Verb) opinion() enforcement.LabelValue {
	return map[Verb]enforcement.LabelValue{
		DecideConfirm: enforcement.LabelScalper, DecideClear: enforcement.LabelHuman, DecideWatch: enforcement.LabelUnknown,
	}[v]
}

// maxExceptions bounds the rules that one clearing excepts a subject from.
const maxExceptions = 20

// Decision asks to decide a case.
type Decision struct {
	Verb Verb
	// Version is the case's as the decider saw it.
	Version int64
	Reason  string
	Actor   string
	// ExceptDays is for how many days from now the subject is excepted from the
	// rules of the case; 0: not at all. Clearing only.
	ExceptDays int
	// Source is where the label comes from; empty: review.
	Source enforcement.LabelSource
}

// MaxExceptDays is the longest exception, in days.
const MaxExceptDays = int(lists.MaxException / (24 * time.Hour))

func (d Decision) validate() error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%w: "+format, append([]any{ErrBadInput}, args...)...))
	}
	if !d.Verb.Valid() {
		bad("decision %q is unknown", d.Verb)
	}
	if d.Actor == "" || d.Reason == "" || len(d.Reason) > MaxNote {
		bad("a decision needs an actor (%q) and a reason of at most %d bytes", d.Actor, MaxNote)
	}
	if d.ExceptDays < 0 || d.ExceptDays > MaxExceptDays {
		bad("except_days is %d, want 0 to %d", d.ExceptDays, MaxExceptDays)
	}
	if d.ExceptDays > 0 && d.Verb != DecideClear {
		bad("only clearing excepts a subject from rules")
	}
	return errors.Join(errs...)
}

// ConflictError says that somebody else has decided the case since it was read.
// It wraps ErrDecided.
type ConflictError struct {
	State State
	By    string
	At    time.Time
}

// Error names who decided what, and when.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s decided %q at %s", e.By, e.State, e.At.Format(time.RFC3339))
}

// Unwrap makes it an ErrDecided.
func (e *ConflictError) Unwrap() error { return ErrDecided }

// Decided is what a decision did.
type Decided struct {
	Case Case `json:"case"`
	// Cleared is what clearing gave back, nil for other decisions.
	Cleared *ClearResult `json:"cleared,omitempty"`
	// Excepted are the rules that the subject is excepted from now.
	Excepted []string `json:"excepted,omitempty"`
	// CancelsAt is when what the account holds is cancelled, unless the decision
	// is taken back before; nil: nothing is cancelled.
	CancelsAt *time.Time `json:"cancels_at,omitempty"`
}

// Decide decides a case once. Of two people who decide what both have seen, the
// second gets a *ConflictError, and the second's reason is kept as a note.
// Clearing lifts, labels and gives back as ClearTarget does, and the blocks that
// it lifts count against their rules; whoever cleared may repeat it after a
// failure half way. Confirming an account has its cluster looked at, and acts on
// nobody else; what the account holds is cancelled after TakeBackWithin.
func (s *Service) Decide(ctx context.Context, id string, d Decision) (out Decided, err error) {
	if err := d.validate(); err != nil {
		return out, err
	}
	if d.Source == "" {
		d.Source = enforcement.SourceReview
	}
	var conflict *ConflictError
	err = s.db.InTx(ctx, func(tx *sql.Tx) error {
		conflict = nil
		// The row is locked before it is read, so that of two people one is first.
		if _, err := tx.ExecContext(ctx, `UPDATE cases SET version = version WHERE id = $1`, id); err != nil {
			return fmt.Errorf("lock case %q: %w", id, err)
		}
		c, err := scanCase(tx.QueryRowContext(ctx, `SELECT `+caseColumns+` FROM cases WHERE id = $1`, id))
		if err != nil {
			return fmt.Errorf("decide case %q: %w", id, err)
		}
		out.Case = c
		again := c.State == d.Verb.state() && c.DecidedBy == d.Actor
		if (c.Version != d.Version && !again) || (c.State == Cleared && !again) {
			conflict = &ConflictError{State: c.State, By: c.DecidedBy, At: c.DecidedAt}
			return s.note(ctx, tx, id, d.Actor, string(d.Verb)+": "+d.Reason)
		}
		if again {
			return nil
		}
		out.Case, err = s.settle(ctx, tx, c, d)
		return err
	})
	if err != nil {
		return out, err
	}
	if conflict != nil {
		return out, conflict
	}
	switch d.Verb {
	case DecideClear:
		return s.carryOut(ctx, out, d)
	case DecideConfirm:
		at, err := s.cancel(ctx, &out.Case)
		if !at.IsZero() {
			out.CancelsAt = &at
		}
		return out, err
	case DecideWatch:
	}
	return out, nil
}

// settle writes the decision down, with the opinion that it implies where the
// decider had given none.
func (s *Service) settle(ctx context.Context, tx *sql.Tx, c Case, d Decision) (Case, error) {
	c.State, c.DecidedBy, c.Reason, c.Version = d.Verb.state(), d.Actor, d.Reason, c.Version+1
	c.DecidedAt = s.options.Now().UTC().Truncate(time.Millisecond)
	if err := setState(ctx, tx, c); err != nil {
		return c, err
	}
	fresh, err := s.opine(ctx, tx, c.ID, d.Actor, d.Verb.opinion(), "")
	if err != nil || c.Target.Entity != rules.EntityAccount {
		return c, err
	}
	if fresh {
		if err := s.judgeDrawn(ctx, tx, c.Site, c.Target.Key, c.ID, d.Actor, d.Verb.opinion(), d.Reason); err != nil {
			return c, err
		}
	}
	if d.Verb != DecideConfirm {
		return c, nil
	}
	return c, s.condemn(ctx, tx, c, d.Source)
}

// condemn labels the confirmed account and has its neighbours looked at.
func (s *Service) condemn(ctx context.Context, tx *sql.Tx, c Case, source enforcement.LabelSource) error {
	err := addLabels(ctx, tx, []enforcement.Label{{
		Time: c.DecidedAt, Site: c.Site, Account: c.Target.Key, Value: enforcement.LabelScalper, Source: source,
		Actor: c.DecidedBy, Reason: c.Reason,
	}})
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO case_raises (site, account, at, actor, done) VALUES ($1, $2, $3, $4, 0)
 ON CONFLICT (site, account) DO UPDATE SET at = excluded.at, actor = excluded.actor, done = 0`,
		c.Site, c.Target.Key, sqldb.Millis(c.DecidedAt), c.DecidedBy)
	if err != nil {
		return fmt.Errorf("have the neighbours looked at: %w", err)
	}
	return nil
}

// carryOut does what clearing promises, after it was written down.
func (s *Service) carryOut(ctx context.Context, out Decided, d Decision) (Decided, error) {
	c := out.Case
	if c.Target.Entity == rules.EntityCluster {
		return out, nil // its accounts have cases of their own
	}
	cleared, err := s.ClearTarget(ctx, c.Site, c.Target, d.Source, d.Actor, d.Reason)
	if err != nil {
		return out, err
	}
	cleared.Case = nil
	out.Cleared = &cleared
	if d.ExceptDays == 0 {
		return out, nil
	}
	until := s.options.Now().Add(time.Duration(d.ExceptDays) * 24 * time.Hour)
	for i, rule := range slices.Sorted(maps.Keys(c.Rules)) {
		if i == maxExceptions {
			break
		}
		_, err := s.lists.Except(ctx, lists.Exception{
			Site: c.Site, Target: c.Target, Rule: rule, Reason: d.Reason, Actor: d.Actor, Expires: until,
		})
		if err != nil {
			return out, err
		}
		out.Excepted = append(out.Excepted, rule)
	}
	return out, nil
}

func (s *Service) note(ctx context.Context, tx *sql.Tx, id, author, body string) error {
	key, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("make a note id: %w", err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO case_notes (id, case_id, at, author, body) VALUES ($1, $2, $3, $4, $5)`,
		key.String(), id, sqldb.Millis(s.options.Now()), author, body)
	if err != nil {
		return fmt.Errorf("keep a note: %w", err)
	}
	return nil
}
