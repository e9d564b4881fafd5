package undo

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
	"github.com/prometheus/client_golang/prometheus/promauto"

	"fairgate/enforcement"
	"fairgate/enforcement/lists"
	"fairgate/enforcement/notices"
	"fairgate/enforcement/withdrawals"
	"fairgate/ingest/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Errors of the Service.
var (
	// ErrNotFound: there is no such undo.
	ErrNotFound = errors.New("undo not found")
	// ErrUnderWay: the same is being undone already.
	ErrUnderWay = errors.New("this is being undone already")
	// ErrBadInput is wrapped where a request misses a field.
	ErrBadInput = errors.New("bad undo request")
)

// Lists are what undoing needs of the lists; *lists.Service is one.
type Lists interface {
	Caused(ctx context.Context, c enforcement.Cause, cursor string, limit int) ([]lists.Entry, string, error)
	Tally(ctx context.Context, c enforcement.Cause, reason string) (lists.Tally, error)
	Forbid(ctx context.Context, c enforcement.Cause, actor, reason string) error
	LiftEach(ctx context.Context, entries []lists.Entry, actor, reason string) (int, error)
	List(ctx context.Context, f lists.Filter, cursor string, limit int) ([]lists.Entry, string, error)
}

// Withdrawals are what undoing needs of the withdrawals; *withdrawals.Service
// is one.
type Withdrawals interface {
	Caused(ctx context.Context, c enforcement.Cause, cursor string, limit int) ([]withdrawals.Withdrawal, string, error)
	Count(ctx context.Context, c enforcement.Cause) (map[withdrawals.State]int, error)
	Accounts(ctx context.Context, c enforcement.Cause, cursor string, limit int) ([]string, error)
	UndoCaused(ctx context.Context, c enforcement.Cause, account, actor, reason string) (int, error)
}

// Cases are what undoing needs of the review queue; *cases.Service is one.
type Cases interface {
	// ConfirmedBy tells who confirmed a target to be a scalper, if anybody.
	ConfirmedBy(ctx context.Context, site string, target enforcement.Target) (string, error)
	CloseUndone(ctx context.Context, c enforcement.Cause, target enforcement.Target, actor, reason string) (bool, error)
}

// Notices tell account holders that a restriction was lifted; *notices.Service
// is one.
type Notices interface {
	Hold(ctx context.Context, site, cause, account string) error
	Release(ctx context.Context, site, cause string) error
	Count(ctx context.Context, site, cause string) (map[notices.State]int, error)
}

// Options tune a Service. The zero value is usable.
type Options struct {
	Now func() time.Time
	// Notices, if set, tell those whose blocks are lifted while they stand.
	Notices Notices
	// Poll is between looks for work that nobody announced. Default 1 s.
	Poll time.Duration
	// Settle is for how long after an undo of one version, up to now, that
	// version still makes no new block: a fleet needs a moment until every process
	// runs what followed it. Default 10 s.
	Settle time.Duration
	// Lease is for how long a worker has a page to itself. Default 1 min.
	Lease time.Duration
	// Page is how many entries, or accounts, are done together. Default 100.
	Page     int
	Logger   *slog.Logger
	Registry prometheus.Registerer
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Poll <= 0 {
		o.Poll = time.Second
	}
	if o.Settle <= 0 {
		o.Settle = 10 * time.Second
	}
	if o.Lease <= 0 {
		o.Lease = time.Minute
	}
	if o.Page <= 0 || o.Page > lists.MaxPage {
		o.Page = 100
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Service previews, begins and carries out undos. It is safe for concurrent
// use, also by several processes on one database.
type Service struct {
	db          *sqldb.DB
	lists       Lists
	withdrawals Withdrawals
	cases       Cases
	options     Options
	wake        chan struct{}
	failures    prometheus.Counter
	reversed    *prometheus.CounterVec
}

// New migrates the tables and returns the Service.
func New(ctx context.Context, db *sqldb.DB, l Lists, w Withdrawals, c Cases, o Options) (*Service, error) {
	if err := db.Migrate(ctx, migrations, "undo_schema"); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	with := promauto.With(o.Registry)
	return &Service{
		db: db, lists: l, withdrawals: w, cases: c, options: o, wake: make(chan struct{}, 1),
		failures: with.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_undo_failures_total", Help: "Pages of an undo that failed and are done again.",
		}),
		reversed: with.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_undo_reversed_total", Help: "What undos took back: blocks lifted, orders to be given back, cases closed.",
		}, []string{"kind"}),
	}, nil
}

// Step is how far an undo has come.
type Step string

// Steps of an undo.
const (
	StepBlocks Step = "blocks" // entries are being lifted
	StepOrders Step = "orders" // withdrawn orders are being queued
	StepDone   Step = "done"
)

// Valid reports whether s is a known step.
func (s Step) Valid() bool { return s == StepBlocks || s == StepOrders || s == StepDone }

// Undo is one undo and what it has done so far.
type Undo struct {
	ID       string            `json:"id"`
	Cause    enforcement.Cause `json:"cause"`
	Actor    string            `json:"actor"`
	Reason   string            `json:"reason"`
	Step     Step              `json:"step"`
	Created  time.Time         `json:"created_at"`
	Updated  time.Time         `json:"updated_at"`
	Finished time.Time         `json:"finished_at,omitzero"`
	// Blocks counts the entries that the rule made, Orders the orders that it
	// took or tried to, by what became of them; both as they are now.
	Blocks lists.Tally               `json:"blocks"`
	Orders map[withdrawals.State]int `json:"orders"`
	// Notices counts the accounts whose block was lifted while it stood, by
	// whether they were told. Orders that were given back are told of with them.
	Notices map[notices.State]int `json:"notices,omitempty"`
	// Kept is what something else justifies as well, at most 500.
	Kept []Kept `json:"kept,omitempty"`
}

// Kept is something that was left as it was.
type Kept struct {
	Kind Kind   `json:"kind"`
	Ref  string `json:"ref"` // the entry's id, or the account
	Why  string `json:"why"`
}

// Kind is what a Kept is.
type Kind string

// Kinds of what is kept.
const (
	KeptBlock  Kind = "block"
	KeptOrders Kind = "orders" // all withdrawn orders of an account
)

// Valid reports whether k is a known kind.
func (k Kind) Valid() bool { return k == KeptBlock || k == KeptOrders }

// Begin writes an undo down; Run, in this process or another, carries it out.
// What the cause names is bounded by the present moment. The same cause cannot
// be undone twice at a time (ErrUnderWay).
func (s *Service) Begin(ctx context.Context, c enforcement.Cause, actor, reason string) (Undo, error) {
	if err := c.Validate(); err != nil {
		return Undo{}, err
	}
	if actor == "" || reason == "" {
		return Undo{}, fmt.Errorf("%w: an undo needs an actor (%q) and a reason", ErrBadInput, actor)
	}
	now := s.options.Now().UTC().Truncate(time.Millisecond)
	if c.To.IsZero() || c.To.After(now) {
		c.To = now
	}
	if c.From.After(now) {
		return Undo{}, fmt.Errorf("%w: from %v lies in the future", ErrBadInput, c.From)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Undo{}, fmt.Errorf("make an undo id: %w", err)
	}
	u := Undo{ID: id.String(), Cause: c, Actor: actor, Reason: reason, Step: StepBlocks, Created: now, Updated: now}
	result, err := s.db.Write.ExecContext(ctx, `INSERT INTO undo_jobs (id, site, rule, ruleset, from_ms, to_ms, actor, reason,
 step, position, attempts, next_ms, created_ms, updated_ms, finished_ms)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'blocks', '', 0, 0, $9, $9, 0) ON CONFLICT DO NOTHING`,
		u.ID, c.Site, c.Rule, c.Ruleset, sqldb.Millis(c.From), sqldb.Millis(c.To), actor, reason, sqldb.Millis(now))
	if err != nil {
		return Undo{}, fmt.Errorf("write an undo down: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return Undo{}, errors.Join(err, fmt.Errorf("rule %q: %w", c.Rule, ErrUnderWay))
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return s.figures(ctx, u)
}

// note is the reason that an undo's changes carry, by which they are counted.
func (u Undo) note() string { return "undo " + u.ID + ": " + u.Reason }

// cause is what the notices of an undo are kept under.
func (u Undo) cause() string { return "undo " + u.ID }

const undoColumns = `id, site, rule, ruleset, from_ms, to_ms, actor, reason, step, created_ms, updated_ms, finished_ms`

// scanner is a *sql.Row or *sql.Rows.
type scanner interface{ Scan(dest ...any) error }

func scanUndo(row scanner, more ...any) (Undo, error) {
	var u Undo
	var from, to, created, updated, finished int64
	err := row.Scan(append([]any{
		&u.ID, &u.Cause.Site, &u.Cause.Rule, &u.Cause.Ruleset, &from, &to, &u.Actor, &u.Reason, &u.Step, &created, &updated, &finished,
	}, more...)...)
	if errors.Is(err, sql.ErrNoRows) {
		return u, ErrNotFound
	}
	if err != nil {
		return u, fmt.Errorf("read an undo: %w", err)
	}
	u.Cause.From, u.Cause.To = sqldb.Time(from), sqldb.Time(to)
	u.Created, u.Updated, u.Finished = sqldb.Time(created), sqldb.Time(updated), sqldb.Time(finished)
	return u, nil
}
