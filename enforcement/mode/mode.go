// Package mode keeps the kill switch of a site, and of each of its routes, in
// SQL and carries it to every process of the fleet: while a site or a route only
// observes, nothing acts on its requests and all is recorded. Who turns it is
// audited by the caller.
//
// A route that the route table has in observe mode observes whatever is said
// here. Requests of a route that were screened before it was turned are dealt
// with as they were decided; the site's switch stops those too.
package mode

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"fairgate/enforcement"
	"fairgate/enforcement/follow"
	"fairgate/ingest/note"
	"fairgate/ingest/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// maxNote is the largest file that is read, in bytes.
const maxNote = 1 << 20

// Store is the switch of one site. It is safe for concurrent use.
type Store struct {
	db   *sqldb.DB
	site string
	now  func() time.Time
	note string // a file with the last known position; empty: none
}

// Remember keeps the position that Look finds in a file beside the process, so
// that one that is started while SQL is away begins where the site was. It is
// to be called before Look.
func (s *Store) Remember(file string) { s.note = file }

// New returns the site's switch and leaves the database alone: its table is
// made by whichever process calls Open.
func New(db *sqldb.DB, site string, now func() time.Time) *Store {
	return &Store{db: db, site: site, now: now}
}

// Open migrates the table and returns the site's switch.
func Open(ctx context.Context, db *sqldb.DB, site string, now func() time.Time) (*Store, error) {
	if err := db.Migrate(ctx, migrations, "mode_goose_version"); err != nil {
		return nil, err
	}
	return New(db, site, now), nil
}

// Observing reports whether the site only observes; never turned means no.
func (s *Store) Observing(ctx context.Context) (bool, error) {
	var on int
	err := s.db.Read.QueryRowContext(ctx, `SELECT observing FROM site_mode WHERE site = $1`, s.site).Scan(&on)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, fmt.Errorf("read the mode of site %q: %w", s.site, err)
	}
	return on != 0, nil
}

// SetObserving turns the switch.
func (s *Store) SetObserving(ctx context.Context, on bool, actor, reason string) error {
	value := 0
	if on {
		value = 1
	}
	_, err := s.db.Write.ExecContext(ctx, `INSERT INTO site_mode (site, observing, actor, reason, changed_ms) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (site) DO UPDATE SET observing = excluded.observing, actor = excluded.actor, reason = excluded.reason, changed_ms = excluded.changed_ms`,
		s.site, value, actor, reason, s.now().UnixMilli())
	if err != nil {
		return fmt.Errorf("turn the mode of site %q: %w", s.site, err)
	}
	return nil
}

// Look puts a process's switch into the site's position, once, and reports
// whether that turned it. After follow.ErrNotNoted it is in that position; after any
// other error it is where it was, or where the file says. What acts looks before
// it begins to: otherwise a process that is started while the site only observes
// would act until Follow has looked.
func (s *Store) Look(ctx context.Context, to *enforcement.Switch) (turned bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, follow.Patience)
	defer cancel()
	on, err := s.Observing(ctx)
	if err != nil {
		return s.recall(to), err
	}
	turned = to.Set(on)
	routes, err := s.observed(ctx)
	if err != nil {
		return turned, err
	}
	turned = to.SetRoutes(routes) || turned
	return turned, s.write(on, routes)
}

// Positions as the file has them, in its first line; the routes that only
// observe follow, one a line.
const (
	noted    = "observing"
	enforced = "enforcing"
)

// recall turns the switch on for what the file says that observed. It never
// turns it off: what was seen in this process is newer.
func (s *Store) recall(to *enforcement.Switch) (turned bool) {
	if s.note == "" {
		return false
	}
	text, err := os.ReadFile(s.note)
	if err != nil || len(text) > maxNote {
		return false
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	switch {
	case lines[0] == noted:
		turned = to.Set(true)
	case lines[0] != enforced:
		return false
	}
	return to.AddRoutes(lines[1:]) || turned
}

// write notes a position that differs from the file's.
func (s *Store) write(on bool, routes []string) error {
	if s.note == "" {
		return nil
	}
	position := enforced
	if on {
		position = noted
	}
	text := strings.Join(append([]string{position}, routes...), "\n") + "\n"
	if old, err := os.ReadFile(s.note); err == nil && string(old) == text {
		return nil
	}
	if err := note.Replace(s.note, []byte(text)); err != nil {
		return fmt.Errorf("%w: %w", follow.ErrNotNoted, err)
	}
	return nil
}

// Follow keeps a process's switch as the site's until ctx ends. While SQL is
// away the last known position stands.
func (s *Store) Follow(ctx context.Context, to *enforcement.Switch, log *slog.Logger) error {
	return follow.Run(ctx, log, s.now, follow.Words{
		Away:    "the kill switch cannot be read; its last position stands",
		Back:    "the kill switch can be read again",
		Unnoted: "the position of the kill switch cannot be noted; a start without SQL would not know it",
		Noted:   "the position of the kill switch is noted again",
	}, func(ctx context.Context) ([]slog.Attr, error) {
		turned, err := s.Look(ctx, to)
		if turned {
			log.WarnContext(ctx, "the kill switch was turned", "observing", to.On(), "routes", to.Routes())
		}
		return []slog.Attr{slog.Bool("observing", to.On())}, err
	})
}
