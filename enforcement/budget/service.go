package budget

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"fairgate/enforcement"
	"fairgate/ingest/sqldb"
	"fairgate/rules"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Errors of the Service.
var (
	// ErrBadInput is wrapped where a request misses a field.
	ErrBadInput = errors.New("bad budget request")
	// ErrNotDown: the rule is not turned down.
	ErrNotDown = errors.New("rule is not turned down")
	// ErrOwner: who answers for a rule cannot lift what guards people from it.
	ErrOwner = errors.New("another person must lift it than the rule's owner and those who made it so")
)

// Options tune a Service. The zero value is usable.
type Options struct {
	// Share of the active people that a rule may block in an hour. Default
	// 0.005.
	Share float64
	// Floor is how many people a rule may block in any hour. Default 3.
	Floor int
	// History is for how long an account must be known, without a flag, to be
	// a person for that alone, and HistoryDays on how many days it must have
	// been seen in that time. Defaults 30 days and 3.
	History     time.Duration
	HistoryDays int
	// Keep is for how long evidence and histories are kept after the last
	// sight of them. Default 190 days.
	Keep time.Duration
	Now  func() time.Time
	// Curb, if set, is kept as the site's: turned down at once by Spend, and
	// every half second by Run.
	Curb *enforcement.Curb
	// Makers, if set, says who made a rule what it is in a version: they cannot
	// lift it, as little as its owner. It is asked within a transaction.
	Makers   func(ctx context.Context, ruleset, rule string) ([]string, error)
	Logger   *slog.Logger
	Registry prometheus.Registerer // nil: not measured
}

func (o Options) withDefaults() Options {
	if o.Share <= 0 {
		o.Share = 0.005
	}
	if o.Floor <= 0 {
		o.Floor = 3
	}
	if o.History <= 0 {
		o.History = 30 * 24 * time.Hour
	}
	if o.HistoryDays <= 0 {
		o.HistoryDays = 3
	}
	if o.Keep <= 0 {
		o.Keep = 190 * 24 * time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Service keeps the budgets of one site. It is safe for concurrent use, also
// by several processes on one database.
type Service struct {
	db      *sqldb.DB
	site    string
	options Options
	metrics *metrics

	mu       sync.Mutex
	versions map[string]map[string]content // by ruleset version, the last ones seen
	order    []string                      // of versions, the oldest first
	unsaved  map[string]content            // in use and not yet in SQL
	met      map[sight]struct{}            // in the last hours, and in SQL
}

var _ enforcement.Budget = (*Service)(nil)

// sight is an account in an hour.
type sight struct {
	site, account string
	hour          int64
}

// Bounds of what a Service remembers.
const (
	maxVersions = 16
	maxMet      = 500_000
)

// New migrates the tables and returns the site's budgets.
func New(ctx context.Context, db *sqldb.DB, site string, o Options) (*Service, error) {
	if err := db.Migrate(ctx, migrations, "budget_schema"); err != nil {
		return nil, err
	}
	return &Service{
		db: db, site: site, options: o.withDefaults(), metrics: newMetrics(o.Registry),
		versions: map[string]map[string]content{}, met: map[sight]struct{}{},
	}, nil
}

// Use says which program is in use from now on: whose content and owner a
// rule's budget is kept under. Run writes that down for the other processes.
func (s *Service) Use(p *rules.Program) error {
	contents, err := contentsOf(p)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	version := p.Version()
	s.order = append(slices.DeleteFunc(s.order, func(v string) bool { return v == version }), version)
	s.versions[version] = contents
	if len(s.order) > maxVersions {
		delete(s.versions, s.order[0])
		s.order = s.order[1:]
	}
	s.unsaved = contents
	return nil
}

// contentOf is the content of a rule in a version; where the version is not
// known, in the program in use; where the rule is not known either, none.
func (s *Service) contentOf(version, rule string) content {
	s.mu.Lock()
	defer s.mu.Unlock()
	contents, ok := s.versions[version]
	if !ok && len(s.order) > 0 {
		contents = s.versions[s.order[len(s.order)-1]]
	}
	return contents[rule]
}

// saveRules writes the rules in use down, if they changed.
func (s *Service) saveRules(ctx context.Context) error {
	s.mu.Lock()
	contents := s.unsaved
	s.mu.Unlock()
	if contents == nil {
		return nil
	}
	err := s.db.InTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM budget_rules WHERE site = $1`, s.site); err != nil {
			return err
		}
		ids := slices.Sorted(maps.Keys(contents))
		return insertRows(ctx, tx, `INSERT INTO budget_rules (site, rule, content, owner, blocks) VALUES `,
			` ON CONFLICT (site, rule) DO UPDATE SET content = excluded.content, owner = excluded.owner, blocks = excluded.blocks`,
			5, len(ids), func(i int) []any {
				c := contents[ids[i]]
				blocks := 0
				if c.blocks {
					blocks = 1
				}
				return []any{s.site, ids[i], c.hash, c.owner, blocks}
			})
	})
	if err != nil {
		return fmt.Errorf("write down the rules in use: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if maps.Equal(s.unsaved, contents) {
		s.unsaved = nil
	}
	return nil
}
