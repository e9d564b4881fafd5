package lists

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"fairgate/enforcement"
	"fairgate/ingest/outage"
	"fairgate/ingest/sqldb"
)

// Marks is the store beside the counters where screening finds what the lists
// say. Implementations are safe for concurrent use.
type Marks interface {
	// Write sets the marks of targets; one without data is deleted.
	Write(ctx context.Context, marks []MarkWrite) error
	// Version returns the lists' version that the store is known to hold in
	// full; ok is false where it never did, or lost it with everything else.
	Version(ctx context.Context) (version int64, ok bool, err error)
	// SetVersion records it.
	SetVersion(ctx context.Context, version int64) error
}

// MarkWrite is one target's mark; Data is its stored form. TTL only collects garbage; 0: no end.
type MarkWrite struct {
	Target enforcement.Target
	Data   []byte
	TTL    time.Duration
}

// markChunk is how many marks are written at once.
const markChunk = 500

// metrics measure the copy, not the lists.
type metrics struct {
	markFailures prometheus.Counter
	rebuilds     prometheus.Counter
	entries      prometheus.Gauge
}

func newMetrics(registry prometheus.Registerer) *metrics {
	with := promauto.With(registry)
	return &metrics{
		markFailures: with.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_lists_mark_failures_total", Help: "Times that marks could not be written or checked.",
		}),
		rebuilds: with.NewCounter(prometheus.CounterOpts{
			Name: "fairgate_lists_rebuilds_total", Help: "Full rewrites of the marks from SQL.",
		}),
		entries: with.NewGauge(prometheus.GaugeOpts{
			Name: "fairgate_lists_marked_targets", Help: "Targets with a mark at the last full rewrite.",
		}),
	}
}

// Run keeps the marks equal to SQL until ctx ends: at once, then every Poll,
// and in full every Refresh.
func (s *Service) Run(ctx context.Context) {
	poll := time.NewTicker(s.options.Poll)
	defer poll.Stop()
	away := outage.New(s.options.Logger, s.options.Now, slog.LevelWarn, "marks not checked", "marks checked again")
	last := time.Time{}
	for {
		var err error
		if last.IsZero() || s.options.Now().Sub(last) >= s.options.Refresh {
			if err = s.Rebuild(ctx); err == nil {
				last = s.options.Now()
			}
		} else {
			err = s.EnsureMarks(ctx)
		}
		if ctx.Err() == nil {
			if err != nil {
				s.metrics.markFailures.Inc()
			}
			away.Report(ctx, err)
		}
		select {
		case <-ctx.Done():
			return
		case <-poll.C:
		}
	}
}

// EnsureMarks writes what the store of marks is missing: nothing where it
// holds the lists' present version, the changes since the version it holds, or
// everything where it holds none (it was lost) or one that SQL does not know.
func (s *Service) EnsureMarks(ctx context.Context) error {
	current, err := currentVersion(ctx, s.db)
	if err != nil {
		return err
	}
	held, ok, err := s.marks.Version(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("read the version of the marks: %w", err)
	case !ok || held > current:
		return s.Rebuild(ctx)
	case held == current:
		return nil
	}
	targets, err := s.changedSince(ctx, held)
	if err != nil {
		return err
	}
	if err := s.writeMarks(ctx, targets); err != nil {
		return err
	}
	if err := s.marks.SetVersion(ctx, current); err != nil {
		return fmt.Errorf("record the version of the marks: %w", err)
	}
	return nil
}

// Rebuild writes every mark from SQL and deletes those of targets that have
// nothing on the lists any more.
func (s *Service) Rebuild(ctx context.Context) error {
	current, err := currentVersion(ctx, s.db)
	if err != nil {
		return err
	}
	marks, err := s.loadAll(ctx)
	if err != nil {
		return err
	}
	gone, err := s.liftedSince(ctx, s.options.Now().Add(-s.options.KeepCleared))
	if err != nil {
		return err
	}
	for _, t := range gone {
		if _, marked := marks[t]; !marked {
			marks[t] = enforcement.Mark{}
		}
	}
	if err := s.put(ctx, marks); err != nil {
		return err
	}
	if err := s.marks.SetVersion(ctx, current); err != nil {
		return fmt.Errorf("record the version of the marks: %w", err)
	}
	s.metrics.rebuilds.Inc()
	s.metrics.entries.Set(float64(len(marks)))
	return nil
}

// writeMarks writes the marks of the targets as SQL has them now. When another
// process changes one meanwhile its mark is written again, so that an older
// one never stays over a newer one.
func (s *Service) writeMarks(ctx context.Context, targets []enforcement.Target) error {
	for chunk := range slices.Chunk(targets, markChunk) {
		for {
			before, err := currentVersion(ctx, s.db)
			if err != nil {
				return err
			}
			marks, err := s.load(ctx, chunk)
			if err != nil {
				return err
			}
			if err := s.put(ctx, marks); err != nil {
				return err
			}
			changed, err := s.changedSince(ctx, before)
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(changed, func(t enforcement.Target) bool { return slices.Contains(chunk, t) }) {
				break
			}
		}
	}
	return nil
}

// put encodes and writes marks.
func (s *Service) put(ctx context.Context, marks map[enforcement.Target]enforcement.Mark) error {
	writes := make([]MarkWrite, 0, len(marks))
	for t, m := range marks {
		data, err := m.Encode()
		if err != nil {
			return err
		}
		writes = append(writes, MarkWrite{Target: t, Data: data, TTL: s.ttl(m)})
	}
	for chunk := range slices.Chunk(writes, markChunk) {
		if err := s.marks.Write(ctx, chunk); err != nil {
			return fmt.Errorf("write %d marks: %w", len(chunk), err)
		}
	}
	return nil
}

// ttl is how long the store should keep a mark: until everything in it has
// ended, and Grace more.
func (s *Service) ttl(m enforcement.Mark) time.Duration {
	now := s.options.Now()
	end := now
	for _, e := range m.Entries {
		if e.Expires == 0 {
			return 0
		}
		end = latest(end, sqldb.Time(e.Expires))
	}
	if !m.Cleared.IsZero() {
		end = latest(end, m.Cleared.Add(s.options.KeepCleared))
	}
	return end.Sub(now) + s.options.Grace
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// load reads the marks of some targets; each of them has one in the result.
func (s *Service) load(
	ctx context.Context, targets []enforcement.Target,
) (map[enforcement.Target]enforcement.Mark, error) {
	marks := make(map[enforcement.Target]enforcement.Mark, len(targets))
	for _, t := range targets {
		marks[t] = enforcement.Mark{}
		err := loadMarks(ctx, s.db, s.ended(), s.forgotten(), &t, marks)
		if err != nil {
			return nil, err
		}
	}
	return marks, nil
}

// loadAll reads the marks of every target that has one.
func (s *Service) loadAll(ctx context.Context) (map[enforcement.Target]enforcement.Mark, error) {
	marks := map[enforcement.Target]enforcement.Mark{}
	return marks, loadMarks(ctx, s.db, s.ended(), s.forgotten(), nil, marks)
}

// ended is the time before which an entry's end is of no interest any more;
// forgotten the same for a clearing.
func (s *Service) ended() int64 { return sqldb.Millis(s.options.Now().Add(-s.options.Grace)) }

func (s *Service) forgotten() int64 {
	return sqldb.Millis(s.options.Now().Add(-s.options.KeepCleared - s.options.Grace))
}

// What loadMarks asks, for every target and for one.
const (
	allEntries = `SELECT ` + entryColumns + ` FROM lists_entries
 WHERE lifted_at = 0 AND (expires_at = 0 OR expires_at > $1) ORDER BY id`
	oneEntries = `SELECT ` + entryColumns + ` FROM lists_entries
 WHERE lifted_at = 0 AND (expires_at = 0 OR expires_at > $1) AND entity = $2 AND key = $3 ORDER BY id`
	// Sites share a target's counters: the latest clearing of any site holds.
	allCleared = `SELECT entity, key, MAX(cleared_at) FROM lists_cleared WHERE cleared_at > $1 GROUP BY entity, key`
	oneCleared = `SELECT entity, key, MAX(cleared_at) FROM lists_cleared
 WHERE cleared_at > $1 AND entity = $2 AND key = $3 GROUP BY entity, key`
)

// loadMarks adds the marks of one target, or of all, to marks.
func loadMarks(
	ctx context.Context, db *sqldb.DB, ended, forgotten int64, only *enforcement.Target,
	marks map[enforcement.Target]enforcement.Mark,
) (err error) {
	entriesText, clearedText, args := allEntries, allCleared, []any{ended}
	if only != nil {
		entriesText, clearedText = oneEntries, oneCleared
		args = append(args, string(only.Entity), only.Key)
	}
	entries, err := query(ctx, db.Read, entriesText, args...)
	if err != nil {
		return err
	}
	for _, e := range entries {
		m := marks[e.Target]
		m.Entries = append(m.Entries, e.mark())
		marks[e.Target] = m
	}
	args[0] = forgotten
	rows, err := db.Read.QueryContext(ctx, clearedText, args...)
	if err != nil {
		return fmt.Errorf("read clearings: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var t enforcement.Target
		var cleared int64
		if err := rows.Scan(&t.Entity, &t.Key, &cleared); err != nil {
			return fmt.Errorf("read clearings: %w", err)
		}
		m := marks[t]
		m.Cleared = sqldb.Time(cleared)
		marks[t] = m
	}
	return rows.Err()
}

// changedSince lists the targets that a later version than v touched.
func (s *Service) changedSince(ctx context.Context, v int64) ([]enforcement.Target, error) {
	return changedSince(ctx, s.db, v)
}

func changedSince(ctx context.Context, db *sqldb.DB, v int64) ([]enforcement.Target, error) {
	return targets(ctx, db, `SELECT entity, key FROM lists_entries WHERE version > $1
 UNION SELECT entity, key FROM lists_cleared WHERE version > $1`, v)
}

// liftedSince lists the targets that had an entry lifted after t.
func (s *Service) liftedSince(ctx context.Context, t time.Time) ([]enforcement.Target, error) {
	return targets(ctx, s.db, `SELECT DISTINCT entity, key FROM lists_entries WHERE lifted_at > $1`, sqldb.Millis(t))
}

func targets(ctx context.Context, db *sqldb.DB, text string, arg int64) (found []enforcement.Target, err error) {
	rows, err := db.Read.QueryContext(ctx, text, arg)
	if err != nil {
		return nil, fmt.Errorf("read changed targets: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	seen := map[enforcement.Target]bool{}
	for rows.Next() {
		var t enforcement.Target
		if err := rows.Scan(&t.Entity, &t.Key); err != nil {
			return nil, fmt.Errorf("read changed targets: %w", err)
		}
		seen[t] = true
	}
	return slices.Collect(maps.Keys(seen)), rows.Err()
}

func currentVersion(ctx context.Context, db *sqldb.DB) (int64, error) {
	var version int64
	if err := db.Read.QueryRowContext(ctx, `SELECT version FROM lists_version WHERE id = 1`).Scan(&version); err != nil {
		return 0, fmt.Errorf("read the version of the lists: %w", err)
	}
	return version, nil
}
