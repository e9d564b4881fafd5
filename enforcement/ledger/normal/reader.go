package normal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"fairgate/enforcement/ledger/database"
	"fairgate/enforcement/ledger/metrics"
	"fairgate/ingest"
)

// ErrInvalidQuery is wrapped by every refusal of what was asked for.
var ErrInvalidQuery = errors.New("invalid query")

// Options configure a Reader; zero values mean the defaults named.
type Options struct {
	// Zone is the venue's time zone by its IANA name; Asia/Shanghai.
	Zone     string
	Maturity time.Duration    // of labels "human"; metrics.DefaultMaturity
	Now      func() time.Time // time.Now
	// MaxRows is how many rows of a roll-up one answer may read; where there
	// are more, a sample of the accounts is read. 4 million.
	MaxRows uint64
}

// Reader answers how ordinary accounts behave. It is safe for concurrent use.
type Reader struct {
	conn database.Conn
	o    Options
}

// Open prepares to read from the ClickHouse that client names; its user needs
// no more than to select. No connection is made yet.
func Open(client *clickhouse.Options, o Options) (*Reader, error) {
	if o.Zone == "" {
		o.Zone = "Asia/Shanghai"
	}
	if o.Maturity <= 0 {
		o.Maturity = metrics.DefaultMaturity
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxRows == 0 {
		o.MaxRows = 4_000_000
	}
	conn, err := database.Open(client)
	if err != nil {
		return nil, err
	}
	return &Reader{conn: conn, o: o}, nil
}

// Close gives the connections up.
func (r *Reader) Close() error {
	return r.conn.Close()
}

// Query selects requests. The period is rounded outwards to whole hours.
type Query struct {
	Site   string
	Period metrics.Period
	// Feature is one feature's name; empty: all of them, where that is allowed.
	Feature string
	// Kind and Route narrow the requests down; empty: all.
	Kind  ingest.Kind
	Route string
}

// maxName bounds the names in a query.
const maxName = 200

// whole is the query with its period in whole hours, or every reason why it
// cannot be answered.
func (q Query) whole() (Query, error) {
	var errs []error
	refuse := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("%w: %s", ErrInvalidQuery, fmt.Sprintf(format, args...)))
	}
	if q.Kind != "" && !q.Kind.Valid() {
		refuse("kind %q is unknown", q.Kind)
	}
	if len(q.Feature) > maxName || len(q.Route) > maxName {
		refuse("feature and route have at most %d bytes", maxName)
	}
	from, to := q.Period.From.UTC().Truncate(time.Hour), q.Period.To.UTC()
	if end := to.Truncate(time.Hour); end.Before(to) {
		to = end.Add(time.Hour)
	}
	switch {
	case !q.Period.To.After(q.Period.From):
		refuse("the period does not end after it begins: from %s to %s", q.Period.From.Format(time.RFC3339), q.Period.To.Format(time.RFC3339))
	case to.Sub(from) > Keep+time.Hour:
		refuse("the period has %d days; normal behaviour is kept for %d", int(to.Sub(from)/(24*time.Hour)), int(Keep/(24*time.Hour)))
	}
	q.Period = metrics.Period{From: from, To: to}
	return q, errors.Join(errs...)
}

// Population says on whose behaviour an answer rests, in accounts.
type Population struct {
	// Ordinary are the accounts that count: Human carry a label that says so,
	// Clean carry none and had nothing held against them.
	Ordinary uint64 `json:"ordinary"`
	Human    uint64 `json:"labelled_human"`
	Clean    uint64 `json:"unlabelled_clean"`
	// Suspect and Scalper accounts do not count.
	Suspect uint64 `json:"unlabelled_suspect"`
	Scalper uint64 `json:"labelled_scalper"`
	// Share of the accounts that was read; below 1 all numbers of accounts are
	// those of the sample.
	Share float64 `json:"share"`
	// BuiltUntil is the end of the last hour that is in; zero: none is.
	BuiltUntil time.Time `json:"built_until,omitzero"`
}

// buckets is into how many parts accounts are split by a hash of their name.
const buckets = 64

const size = `
SELECT count() FROM normal_values
WHERE site = {site:String} AND ({feature:String} = '' OR feature = {feature:String}) AND bucket = 0
	AND hour >= {from:DateTime64(3, 'UTC')} AND hour < {to:DateTime64(3, 'UTC')}
`

// params are a query's parameters, the sample included.
func (r *Reader) params(ctx context.Context, q Query) (all []any, share float64, err error) {
	all = append(bounds(q.Period.From, q.Period.To),
		clickhouse.Named("site", q.Site), clickhouse.Named("feature", q.Feature),
		clickhouse.Named("kind", string(q.Kind)), clickhouse.Named("route", q.Route), clickhouse.Named("zone", r.o.Zone),
		clickhouse.Named("mature", r.o.Now().Add(-r.o.Maturity).UTC().Format(time.DateOnly)))
	var rows uint64
	if err := r.conn.QueryRow(ctx, size, all...).Scan(&rows); err != nil {
		return nil, 0, fmt.Errorf("estimate the size: %w", err)
	}
	sample := uint64(buckets)
	if rows*buckets > r.o.MaxRows {
		sample = max(1, r.o.MaxRows/rows)
	}
	return append(slices.Clip(all), clickhouse.Named("sample", uint8(sample))), float64(sample) / buckets, nil
}

// common sorts the accounts of a query. The package comment says how.
const common = `
WITH
label AS (
	SELECT l.account AS account, argMax(l.value, (l.time, l.id)) AS verdict
	FROM labels AS l FINAL
	WHERE l.site = {site:String} AND (l.value = 'scalper' OR l.visit_day <= {mature:Date32})
	GROUP BY l.account
),
held AS (
	SELECT DISTINCT a.key AS account FROM actions AS a FINAL
	WHERE a.site = {site:String} AND a.entity = 'account' AND a.kind IN ('block', 'flag', 'withdraw')
		AND a.time >= {from:DateTime64(3, 'UTC')} AND a.time < {to:DateTime64(3, 'UTC')}
),
published AS (
	SELECT h.hour AS hour, h.build AS build FROM normal_hours AS h FINAL
	WHERE h.site = {site:String} AND h.hour >= {from:DateTime64(3, 'UTC')} AND h.hour < {to:DateTime64(3, 'UTC')}
),
seen AS (
	SELECT account, max(hit) AS held_against,
		max(({kind:String} = '' OR kind = {kind:String}) AND ({route:String} = '' OR route = {route:String})) AS asked_for
	FROM normal_accounts
	WHERE site = {site:String} AND bucket < {sample:UInt8}
		AND hour >= {from:DateTime64(3, 'UTC')} AND hour < {to:DateTime64(3, 'UTC')}
		AND (hour, build) IN (SELECT hour, build FROM published)
	GROUP BY account
),
sorted AS (
	SELECT s.account AS account, multiIf(
		l.verdict = 'human', 'human',
		l.verdict = 'scalper', 'scalper',
		s.held_against OR s.account IN (SELECT account FROM held), 'suspect',
		'clean') AS class
	FROM seen AS s
	LEFT JOIN label AS l ON l.account = s.account
	WHERE s.asked_for
)
`

const population = common + `
SELECT countIf(class = 'human'), countIf(class = 'clean'), countIf(class = 'suspect'), countIf(class = 'scalper'),
	(SELECT max(hour) FROM published)
FROM sorted
`

func (r *Reader) population(ctx context.Context, params []any, share float64) (Population, error) {
	p := Population{Share: share}
	var last time.Time
	if err := r.conn.QueryRow(ctx, population, params...).Scan(&p.Human, &p.Clean, &p.Suspect, &p.Scalper, &last); err != nil {
		return p, fmt.Errorf("sort the accounts: %w", err)
	}
	p.Ordinary = p.Human + p.Clean
	if last.Unix() > 0 {
		p.BuiltUntil = last.UTC().Add(time.Hour)
	}
	return p, nil
}
