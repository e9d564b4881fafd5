package appeals

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"fairgate/enforcement"
	"fairgate/enforcement/cases"
	"fairgate/ingest/sqldb"
	"fairgate/rules"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Cases is what appeals need of the review queue; *cases.Service is one.
type Cases interface {
	ClearTarget(ctx context.Context, site string, target enforcement.Target, source enforcement.LabelSource, actor, reason string) (cases.ClearResult, error)
	Add(ctx context.Context, labels []enforcement.Label) error
	// DecidedBy tells who decided the subject's latest case, and the cluster that
	// it was last seen in; both empty where there is none.
	DecidedBy(ctx context.Context, site string, target enforcement.Target) (by, cluster string, err error)
	// Appealed opens or extends the case of a bunch of appeals.
	Appealed(ctx context.Context, site string, bunch enforcement.Target, accounts []string, at time.Time) error
}

// Options tune a Service. The zero value is usable.
type Options struct {
	Now func() time.Time
	// OnOverdue, if set, is told of appeals that were not answered in time.
	OnOverdue func(ctx context.Context, overdue int)
	// Keep is for how long a decided appeal is kept. Default 190 days.
	Keep     time.Duration
	Logger   *slog.Logger
	Registry prometheus.Registerer
}

// Service is the operators' side of appeals. It is safe for concurrent use, also
// by several processes on one database.
type Service struct {
	db      *sqldb.DB
	cases   Cases
	o       Options
	overdue prometheus.Gauge
}

// New migrates the table and returns the Service.
func New(ctx context.Context, db *sqldb.DB, cases Cases, o Options) (*Service, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Keep <= 0 {
		o.Keep = 190 * 24 * time.Hour
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if err := db.Migrate(ctx, migrations, "appeals_schema"); err != nil {
		return nil, err
	}
	return &Service{db: db, cases: cases, o: o, overdue: promauto.With(o.Registry).NewGauge(prometheus.GaugeOpts{
		Name: "fairgate_appeals_overdue", Help: "Appeals that were not answered in time.",
	})}, nil
}

const columns = `id, site, receipt, entity, key, bunch, body, language, state, received, due, escalated, decided, decided_by, reason`

func scan(row interface{ Scan(dest ...any) error }, more ...any) (Appeal, error) {
	var a Appeal
	var received, due, escalated, decided int64
	dest := append([]any{
		&a.ID, &a.Site, &a.Receipt, &a.Target.Entity, &a.Target.Key, &a.Bunch, &a.Text, &a.Language, &a.State,
		&received, &due, &escalated, &decided, &a.DecidedBy, &a.Reason,
	}, more...)
	err := row.Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return a, ErrNotFound
	}
	if err != nil {
		return a, fmt.Errorf("read an appeal: %w", err)
	}
	a.Received, a.Due = sqldb.Time(received), sqldb.Time(due)
	a.Escalated, a.DecidedAt = sqldb.Time(escalated), sqldb.Time(decided)
	return a, nil
}

// Filter narrows List.
type Filter struct {
	Site    string
	State   State  // empty: all
	Bunch   string // only this bunch, each appeal by itself
	Receipt string
}

// listText lists appeals by when they are due. Those of a bunch of more than
// bunchFrom open ones are shown as one, unless the bunch is asked for.
const listText = `SELECT ` + columns + `, n FROM (
 SELECT a.*, COALESCE(g.n, 0) AS n, g.first AS first FROM appeals a
 LEFT JOIN (SELECT site, bunch, COUNT(*) AS n, MIN(id) AS first FROM appeals WHERE state = 'received' GROUP BY site, bunch) g
  ON g.site = a.site AND g.bunch = a.bunch AND a.state = 'received'
 WHERE a.site = $1 AND ($2 = '' OR a.state = $2) AND ($3 = '' OR a.bunch = $3) AND ($4 = '' OR a.receipt = $4)
) AS listed WHERE ($3 <> '' OR $4 <> '' OR n <= $5 OR id = first) AND ($6 = '' OR id > $6) ORDER BY id LIMIT $7`

// List reads the queue of appeals in the order of their coming, which is that of
// their time limits, and the cursor of the next page, empty after the last.
func (s *Service) List(ctx context.Context, f Filter, cursor string, limit int) (list []Appeal, next string, err error) {
	if limit < 1 || limit > MaxPage {
		return nil, "", fmt.Errorf("%w: limit %d, want 1 to %d", ErrBadInput, limit, MaxPage)
	}
	rows, err := s.db.Read.QueryContext(ctx, listText, f.Site, string(f.State), f.Bunch, f.Receipt, bunchFrom, cursor, limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("list appeals: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var n int
		a, err := scan(rows, &n)
		if err != nil {
			return nil, "", err
		}
		a.Bunched = n
		list = append(list, a)
	}
	if err := rows.Err(); err != nil {
		return nil, "", fmt.Errorf("list appeals: %w", err)
	}
	if len(list) > limit {
		list, next = list[:limit], list[limit-1].ID
	}
	return list, next, nil
}

// Get reads one appeal.
func (s *Service) Get(ctx context.Context, site, id string) (Appeal, error) {
	return scan(s.db.Read.QueryRowContext(ctx, `SELECT `+columns+` FROM appeals WHERE id = $1 AND site = $2`, id, site))
}

// Decision is what a person answers.
type Decision struct {
	Grant  bool
	Reason string // operators' note; it becomes part of the label
	Actor  string
	// Finding is what a declined account is held to be; empty: a scalper.
	Finding enforcement.LabelValue
}

// Decide answers an appeal once. Granting clears its subject: blocks are lifted,
// withdrawn orders given back where their place is still there, and the account's
// holder is told. Whoever decided the subject's case cannot decide (ErrSameReviewer);
// the second of two deciders gets ErrDecided; who granted may repeat it after a
// failure half way.
func (s *Service) Decide(ctx context.Context, site, id string, d Decision) (Appeal, error) {
	if d.Actor == "" || d.Reason == "" || len(d.Reason) > 4*MaxText || (d.Finding != "" && (d.Grant || !d.Finding.Valid())) {
		return Appeal{}, fmt.Errorf("%w: a decision needs an actor (%q), a reason, and a finding (%q) only when declining",
			ErrBadInput, d.Actor, d.Finding)
	}
	a, err := s.Get(ctx, site, id)
	if err != nil {
		return a, err
	}
	by, _, err := s.cases.DecidedBy(ctx, site, a.Target)
	if err != nil {
		return a, err
	}
	to := Declined
	if d.Grant {
		to = Granted
	}
	again := a.State == to && a.DecidedBy == d.Actor
	if by == d.Actor && !again {
		return a, ErrSameReviewer
	}
	if !again {
		if a, err = s.settle(ctx, a, to, d); err != nil {
			return a, err
		}
	}
	if d.Grant {
		_, err := s.cases.ClearTarget(ctx, site, a.Target, enforcement.SourceAppeal, d.Actor, d.Reason)
		return a, err
	}
	if a.Target.Entity != rules.EntityAccount || again {
		return a, nil
	}
	finding := d.Finding
	if finding == "" {
		finding = enforcement.LabelScalper
	}
	return a, s.cases.Add(ctx, []enforcement.Label{{
		Time: a.DecidedAt, Site: site, Account: a.Target.Key, Value: finding, Source: enforcement.SourceAppeal, Actor: d.Actor, Reason: d.Reason,
	}})
}

// settle writes the answer down, unless somebody did before.
func (s *Service) settle(ctx context.Context, a Appeal, to State, d Decision) (Appeal, error) {
	a.State, a.DecidedAt, a.DecidedBy, a.Reason = to, s.o.Now().UTC().Truncate(time.Millisecond), d.Actor, d.Reason
	result, err := s.db.Write.ExecContext(ctx, `UPDATE appeals SET state = $1, decided = $2, decided_by = $3, reason = $4
 WHERE id = $5 AND state = 'received'`, string(to), sqldb.Millis(a.DecidedAt), a.DecidedBy, a.Reason, a.ID)
	if err != nil {
		return a, fmt.Errorf("decide an appeal: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return a, err
	}
	now, err := s.Get(ctx, a.Site, a.ID)
	if err != nil {
		return a, err
	}
	return now, fmt.Errorf("%w: %s, by %s at %s", ErrDecided, now.State, now.DecidedBy, now.DecidedAt.Format(time.RFC3339))
}

// DecideBunch answers the open appeals of a bunch that were there when it was
// looked at: up to the id through, count of them, or nothing is done (ErrDecided).
func (s *Service) DecideBunch(ctx context.Context, site, bunch, through string, count int, d Decision) (decided int, err error) {
	if bunch == "" || count < 1 || count > maxBunched {
		return 0, fmt.Errorf("%w: a bunch (%q) of 1 to %d, not %d", ErrBadInput, bunch, maxBunched, count)
	}
	list, _, err := s.List(ctx, Filter{Site: site, State: Received, Bunch: bunch}, "", MaxPage)
	if err != nil {
		return 0, err
	}
	var ids []string
	for _, a := range list {
		if a.ID <= through {
			ids = append(ids, a.ID)
		}
	}
	if len(ids) != count {
		return 0, fmt.Errorf("%w: %d are open up to %q, not %d", ErrDecided, len(ids), through, count)
	}
	for _, id := range ids {
		if _, err := s.Decide(ctx, site, id, d); err != nil {
			return decided, err
		}
		decided++
	}
	return decided, nil
}

// Tend sorts new appeals into bunches, escalates what is overdue, and forgets
// what was decided long ago.
func (s *Service) Tend(ctx context.Context) error {
	return errors.Join(s.sort(ctx), s.escalate(ctx), s.prune(ctx))
}

func (s *Service) unsorted(ctx context.Context) (list []Appeal, err error) {
	rows, err := s.db.Read.QueryContext(ctx, `SELECT `+columns+` FROM appeals WHERE sorted = 0 ORDER BY id LIMIT 1000`)
	if err != nil {
		return nil, fmt.Errorf("read new appeals: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		a, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, rows.Err()
}

// sort brings new appeals of accounts of a cluster together, and has a case opened
// where a bunch has become large.
func (s *Service) sort(ctx context.Context) error {
	fresh, err := s.unsorted(ctx)
	if err != nil {
		return err
	}
	touched := map[[2]string]bool{}
	for _, a := range fresh {
		_, cluster, err := s.cases.DecidedBy(ctx, a.Site, a.Target)
		if err != nil {
			return err
		}
		if cluster != "" {
			a.Bunch = string(rules.EntityCluster) + ":" + cluster
		}
		if _, err := s.db.Write.ExecContext(ctx, `UPDATE appeals SET bunch = $1, sorted = 1 WHERE id = $2`, a.Bunch, a.ID); err != nil {
			return fmt.Errorf("sort an appeal: %w", err)
		}
		touched[[2]string{a.Site, a.Bunch}] = true
	}
	for key := range touched {
		if err := s.report(ctx, key[0], key[1]); err != nil {
			return err
		}
	}
	return nil
}

// report has a case name the accounts of a large bunch.
func (s *Service) report(ctx context.Context, site, bunch string) error {
	list, _, err := s.List(ctx, Filter{Site: site, State: Received, Bunch: bunch}, "", 200)
	if err != nil || len(list) <= bunchFrom {
		return err
	}
	var accounts []string
	for _, a := range list {
		if a.Target.Entity == rules.EntityAccount {
			accounts = append(accounts, a.Target.Key)
		}
	}
	target, ok := bunchTarget(bunch)
	if !ok {
		return nil
	}
	return s.cases.Appealed(ctx, site, target, accounts, list[0].Received)
}

// bunchTarget is what a bunch is about.
func bunchTarget(bunch string) (enforcement.Target, bool) {
	for _, e := range []rules.Entity{rules.EntityCluster, rules.EntitySubnet} {
		if prefix := string(e) + ":"; len(bunch) > len(prefix) && bunch[:len(prefix)] == prefix {
			return enforcement.Target{Entity: e, Key: bunch[len(prefix):]}, true
		}
	}
	return enforcement.Target{}, false
}

func (s *Service) escalate(ctx context.Context) error {
	now := sqldb.Millis(s.o.Now())
	result, err := s.db.Write.ExecContext(ctx, `UPDATE appeals SET escalated = $1 WHERE state = 'received' AND escalated = 0 AND due < $1`, now)
	if err != nil {
		return fmt.Errorf("escalate appeals: %w", err)
	}
	fresh, err := result.RowsAffected()
	if err != nil {
		return fmt.Errorf("escalate appeals: %w", err)
	}
	var all int
	if err := s.db.Read.QueryRowContext(ctx, `SELECT COUNT(*) FROM appeals WHERE state = 'received' AND due < $1`, now).Scan(&all); err != nil {
		return fmt.Errorf("count overdue appeals: %w", err)
	}
	s.overdue.Set(float64(all))
	if fresh > 0 {
		s.o.Logger.LogAttrs(ctx, slog.LevelWarn, "appeals are overdue", slog.Int64("new", fresh), slog.Int("all", all))
		if s.o.OnOverdue != nil {
			s.o.OnOverdue(ctx, int(fresh))
		}
	}
	return nil
}

func (s *Service) prune(ctx context.Context) error {
	_, err := s.db.Write.ExecContext(ctx, `DELETE FROM appeals WHERE state <> 'received' AND decided < $1`,
		sqldb.Millis(s.o.Now().Add(-s.o.Keep)))
	if err != nil {
		return fmt.Errorf("forget appeals: %w", err)
	}
	return nil
}

// Run tends the appeals every few seconds until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		if err := s.Tend(ctx); err != nil && ctx.Err() == nil {
			s.o.Logger.LogAttrs(ctx, slog.LevelWarn, "appeals not tended yet", slog.Any("error", err))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}
