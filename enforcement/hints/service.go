package hints

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"fairgate/enforcement"
	"fairgate/ingest/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Labels keeps and publishes labels; *cases.Service is one. One whose id is
// known already changes nothing.
type Labels interface {
	Add(ctx context.Context, labels []enforcement.Label) error
}

// Options tune a Service. The zero value is usable.
type Options struct {
	// Settle is for how long after its first new fact an account waits to be
	// weighed. Default 30 min.
	Settle time.Duration
	// Keep is how long facts count. Default 190 days.
	Keep     time.Duration
	Now      func() time.Time
	Logger   *slog.Logger
	Registry prometheus.Registerer
}

// maxFacts is how many facts of an account count, the latest ones.
const maxFacts = 256

// Service gathers hints and makes labels of them. It is safe for concurrent use,
// also by several processes on one database.
type Service struct {
	db      *sqldb.DB
	labels  Labels
	options Options
	facts   *prometheus.CounterVec
	said    *prometheus.CounterVec
}

var _ enforcement.Challenges = (*Service)(nil)

// New migrates the tables and returns the Service.
func New(ctx context.Context, db *sqldb.DB, labels Labels, o Options) (*Service, error) {
	if o.Settle <= 0 {
		o.Settle = 30 * time.Minute
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
	if err := db.Migrate(ctx, migrations, "hints_schema"); err != nil {
		return nil, err
	}
	with := promauto.With(o.Registry)
	return &Service{
		db: db, labels: labels, options: o,
		facts: with.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_enforcement_hints_total", Help: "Facts that hint at what an account is, repeats left out.",
		}, []string{"kind"}),
		said: with.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_enforcement_hint_labels_total", Help: "Labels made of hints.",
		}, []string{"source", "value"}),
	}, nil
}

// Challenged implements enforcement.Challenges.
func (s *Service) Challenged(ctx context.Context, results []enforcement.Challenged) error {
	facts := make([]Fact, 0, len(results))
	for _, c := range results {
		f, err := fromChallenge(c)
		if err != nil {
			// It is the verdict's account that cannot be kept: lists refuse it, too.
			s.options.Logger.WarnContext(ctx, "a challenge's result passed over", "error", err)
			continue
		}
		facts = append(facts, f)
	}
	return s.Note(ctx, facts)
}

// Note keeps facts, all or none. One that is known changes nothing; one older
// than Keep is passed over.
func (s *Service) Note(ctx context.Context, facts []Fact) error {
	now := s.options.Now()
	facts = slices.Clone(facts)
	for i, f := range facts {
		if err := f.Validate(); err != nil {
			return fmt.Errorf("fact %d: %w", i, err)
		}
	}
	facts = slices.DeleteFunc(facts, func(f Fact) bool { return f.At.Before(now.Add(-s.options.Keep)) })
	// In one order everywhere, so that two processes do not wait for each other.
	slices.SortFunc(facts, func(a, b Fact) int { return strings.Compare(a.sortKey(), b.sortKey()) })
	facts = slices.CompactFunc(facts, func(a, b Fact) bool { return a.sortKey() == b.sortKey() })
	if len(facts) == 0 {
		return nil
	}
	fresh := map[Kind]float64{}
	err := s.db.InTx(ctx, func(tx *sql.Tx) error {
		clear(fresh)
		for _, f := range facts {
			result, err := tx.ExecContext(ctx, `INSERT INTO hint_facts (site, account, kind, subject, id, positions, day_ms, at_ms)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (site, account, kind, subject, id) DO NOTHING`,
				f.Site, f.Account, string(f.Kind), f.Subject, f.ID, f.Positions, sqldb.Millis(f.Day), sqldb.Millis(f.At))
			if err != nil {
				return err
			}
			n, err := result.RowsAffected()
			if err != nil {
				return err
			}
			if n == 0 {
				continue
			}
			fresh[f.Kind]++
			_, err = tx.ExecContext(ctx, `INSERT INTO hint_accounts (site, account, due_ms, said, turn, noted, noted_ms)
 VALUES ($1, $2, $3, '', 0, 1, $4) ON CONFLICT (site, account) DO UPDATE SET noted_ms = excluded.noted_ms, noted = hint_accounts.noted + 1,
 due_ms = CASE WHEN hint_accounts.due_ms = 0 THEN excluded.due_ms ELSE hint_accounts.due_ms END`,
				f.Site, f.Account, sqldb.Millis(now.Add(s.options.Settle)), sqldb.Millis(now))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("note %d hints: %w", len(facts), err)
	}
	for kind, n := range fresh {
		s.facts.WithLabelValues(string(kind)).Add(n)
	}
	return nil
}

// sortKey names a fact.
func (f Fact) sortKey() string {
	return strings.Join([]string{f.Site, f.Account, string(f.Kind), f.Subject, strconv.Quote(f.ID)}, "\x00")
}

// Erase forgets an account.
func (s *Service) Erase(ctx context.Context, site, account string) error {
	err := s.db.InTx(ctx, func(tx *sql.Tx) error {
		return sqldb.Exec(ctx, tx,
			sqldb.Do(`DELETE FROM hint_facts WHERE site = $1 AND account = $2`, site, account),
			sqldb.Do(`DELETE FROM hint_accounts WHERE site = $1 AND account = $2`, site, account))
	})
	if err != nil {
		return fmt.Errorf("erase an account's hints: %w", err)
	}
	return nil
}

// Prune forgets what is older than Keep. It is to be called now and then.
func (s *Service) Prune(ctx context.Context) error {
	old := sqldb.Millis(s.options.Now().Add(-s.options.Keep))
	err := s.db.InTx(ctx, func(tx *sql.Tx) error {
		return sqldb.Exec(ctx, tx,
			sqldb.Do(`DELETE FROM hint_facts WHERE at_ms < $1`, old),
			sqldb.Do(`DELETE FROM hint_accounts WHERE noted_ms < $1 AND due_ms = 0`, old))
	})
	if err != nil {
		return fmt.Errorf("prune hints: %w", err)
	}
	return nil
}
