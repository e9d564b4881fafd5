package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/prometheus/client_golang/prometheus"

	"fairgate/ingest/sqldb/lite"
	"fairgate/ticketing"
	"fairgate/ticketing/sms"
)

// Options tune a Store. The zero value of a field means its default.
type Options struct {
	Logger      *slog.Logger          // default: discard
	Registerer  prometheus.Registerer // default: metrics are kept but not exposed
	Connections int                   // for reading, beside the writer's one; default 8
	GroupSize   int                   // jobs in one commit at most; default 256
	QueueSize   int                   // jobs that may wait for the writer; default 4096
	// Volatile opens SQLite for a process that does one thing after the other and
	// whose file nobody needs afterwards (see ingest/sqldb/lite): it has one
	// connection, and what was deleted may be left in the file.
	Volatile bool
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Connections <= 0 {
		o.Connections = 8
	}
	if o.GroupSize <= 0 {
		o.GroupSize = 256
	}
	if o.QueueSize <= 0 {
		o.QueueSize = 4096
	}
	return o
}

// Store keeps the booking system in one database. It is safe for concurrent
// use; close it when done.
type Store struct {
	reader   *sql.DB
	lookups  *sql.DB // by key, for every request
	write    *sql.DB
	writer   *writer
	sessions *sessions
	sqlite   bool
}

var (
	_ ticketing.Store  = (*Store)(nil)
	_ ticketing.Leases = (*Store)(nil)
	_ sms.Queue        = (*Store)(nil)
)

// Open connects to sqlite:PATH or postgres://…, migrates the schema and starts
// the writer.
func Open(ctx context.Context, dsn string, opts Options) (*Store, error) {
	opts = opts.withDefaults()
	d, err := parseDSN(dsn)
	if err != nil {
		return nil, fmt.Errorf("open ticketing store: %w", err)
	}
	s := &Store{}
	if err := s.connect(ctx, d, opts); err != nil {
		return nil, errors.Join(fmt.Errorf("open ticketing store: %w", err), s.closeHandles())
	}
	return s, nil
}

func (s *Store) connect(ctx context.Context, d dialect, opts Options) (err error) {
	if s.sqlite = d.isSQLite(); s.sqlite {
		if err := makePrivate(d.path); err != nil {
			return err
		}
	}
	open := s.open
	if opts.Volatile && d.isSQLite() {
		open = s.openVolatile
	}
	if err := open(ctx, d, opts); err != nil {
		return err
	}
	s.sessions = newSessions(s.lookups, d)
	m, err := newMetrics(opts.Registerer)
	if err != nil {
		return err
	}
	s.writer = startWriter(s.write, d, opts, m) //nolint:contextcheck // the writer outlives the opening
	return nil
}

// openVolatile opens the one connection and migrates the schema.
func (s *Store) openVolatile(ctx context.Context, d dialect, opts Options) error {
	alone, err := lite.OpenVolatile(d.file, "foreign_keys(1)")
	if err != nil {
		return fmt.Errorf("open %s: %w", d.driver, err)
	}
	s.write, s.reader, s.lookups = alone, alone, alone
	return migrate(ctx, s.write, d, opts.Logger)
}

// open opens the connections for writing and reading and migrates the schema.
func (s *Store) open(ctx context.Context, d dialect, opts Options) (err error) {
	if s.write, err = d.openKeyed(d.writer); err != nil {
		return fmt.Errorf("open %s: %w", d.driver, err)
	}
	if d.isSQLite() {
		s.write.SetMaxOpenConns(1)
	}
	if err := migrate(ctx, s.write, d, opts.Logger); err != nil {
		return err
	}
	// Readers have connections of their own, or a burst of them would keep the
	// writer waiting for one.
	if s.reader, err = d.open(d.reader); err != nil {
		return fmt.Errorf("open %s for reading: %w", d.driver, err)
	}
	s.reader.SetMaxOpenConns(opts.Connections)
	s.reader.SetMaxIdleConns(opts.Connections)
	if s.lookups, err = d.openKeyed(d.reader); err != nil {
		return fmt.Errorf("open %s for look-ups: %w", d.driver, err)
	}
	return nil
}

// makePrivate creates the database's file where it is missing, readable by its
// owner alone; SQLite gives the files beside it the same mode. The driver would
// make it readable by everybody.
func makePrivate(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = file.Close()
	}
	if err != nil {
		return fmt.Errorf("create the file of the database: %w", err)
	}
	return nil
}

// Close finishes what is waiting for the writer and closes the database. It
// may be called twice; updates after it fail with ErrUnavailable.
func (s *Store) Close() error {
	s.writer.stop()
	return s.closeHandles()
}

func (s *Store) closeHandles() error {
	var errs []error
	for _, db := range []*sql.DB{s.reader, s.lookups, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.reader.PingContext(ctx); err != nil {
		return unavailable("ping", err)
	}
	return nil
}

// Update implements ticketing.Store: fn joins the writer's next transaction.
func (s *Store) Update(ctx context.Context, fn func(context.Context, ticketing.Tx) error, ahead ...ticketing.Foresight) error {
	return s.writer.do(ctx, func(ctx context.Context, t *tx) error { return fn(ctx, t) }, ahead...)
}

// View implements ticketing.Store. Each method of the Reader is one statement
// and sees one moment; two of them may see two.
func (s *Store) View(ctx context.Context, fn func(context.Context, ticketing.Reader) error) error {
	return fn(ctx, reader{s.reader, s.sessions})
}

// errBusyLog means that readers kept the write-ahead log from being emptied.
var errBusyLog = errors.New("readers are at it")

// unavailable marks an engine's failure as ErrUnavailable and keeps its cause.
func unavailable(doing string, err error) error {
	return fmt.Errorf("%s: %w: %w", doing, ticketing.ErrUnavailable, err)
}
