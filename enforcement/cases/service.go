package cases

import (
	"context"
	"embed"
	"log/slog"
	"time"

	"fairgate/enforcement"
	"fairgate/enforcement/lists"
	"fairgate/enforcement/outbox"
	"fairgate/enforcement/withdrawals"
	"fairgate/ingest/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Lists is what cases need of the lists; *lists.Service is one.
type Lists interface {
	Clear(ctx context.Context, site string, target enforcement.Target, at time.Time, actor, reason string) ([]lists.Entry, error)
	List(ctx context.Context, f lists.Filter, cursor string, limit int) ([]lists.Entry, string, error)
	Except(ctx context.Context, x lists.Exception) (lists.Entry, error)
}

// Orders tells which orders an account lost; *withdrawals.Service is one.
type Orders interface {
	Of(ctx context.Context, site, account string) ([]withdrawals.Withdrawal, error)
}

// Withdrawals gives back what an account lost; *withdrawals.Service is one.
type Withdrawals interface {
	Undo(ctx context.Context, site, account string, at time.Time, actor, reason string) (int, error)
}

// Notices tell account holders that a restriction was lifted; *notices.Service
// is one.
type Notices interface {
	Hold(ctx context.Context, site, cause, account string) error
	Release(ctx context.Context, site, cause string) error
}

// Options tune a Service. The zero value is usable.
type Options struct {
	Now func() time.Time
	// Notices, if set, tell the accounts that are cleared while a block stands.
	Notices Notices
	// Orders, if set, shows reviewers which orders were taken back.
	Orders Orders
	// Cancellations, if set, take back what an account holds once it is
	// confirmed, unless that is taken back first.
	Cancellations Cancellations
	// Keep is for how long what was decided and labelled is kept. Default 190
	// days.
	Keep time.Duration
	// Horizon is for how long after its event a redelivered finding is known.
	// Default 7 days.
	Horizon time.Duration
	Logger  *slog.Logger
}

// Service is the review queue and the store of labels. It is safe for
// concurrent use, also by several processes on one database.
type Service struct {
	db          *sqldb.DB
	lists       Lists
	withdrawals Withdrawals
	options     Options
}

var _ enforcement.Cases = (*Service)(nil)

// New migrates the tables and returns the Service.
func New(ctx context.Context, db *sqldb.DB, lists Lists, withdrawals Withdrawals, o Options) (*Service, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Horizon <= 0 {
		o.Horizon = 7 * 24 * time.Hour
	}
	if o.Keep <= 0 {
		o.Keep = 190 * 24 * time.Hour
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if err := outbox.Migrate(ctx, db); err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx, migrations, "cases_schema"); err != nil {
		return nil, err
	}
	return &Service{db: db, lists: lists, withdrawals: withdrawals, options: o}, nil
}
