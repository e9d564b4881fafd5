package metrics

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// Step is how long each point of a series is.
type Step string

// Steps. Days begin at the venue's midnight.
const (
	Hourly Step = "hour"
	Daily  Step = "day"
)

// Valid reports whether s is a known step.
func (s Step) Valid() bool { return s == Hourly || s == Daily }

// Longest is the longest period of a series: its points must fit on a page.
func (s Step) Longest() time.Duration {
	if s == Hourly {
		return 14 * 24 * time.Hour
	}
	return 190 * 24 * time.Hour
}

// ErrInvalidSeries reports a step that is not known, or a period too long for it.
var ErrInvalidSeries = errors.New("invalid series")

// SeriesFilter says which series is wanted.
type SeriesFilter struct {
	Filter
	Step Step
	// ByPool gives a series for each pool in place of one for all.
	ByPool bool
	// Zone is the venue's, by name. Default UTC.
	Zone string
}

// Point is one stretch of a series. Its figures are plain shares of the accounts
// that happen to be labelled, with intervals: single hours have too few sampled
// ones to weight them. An account counts in every stretch in which it did
// something.
type Point struct {
	At   time.Time `json:"at" doc:"When the stretch begins"`
	Pool string    `json:"pool,omitempty" doc:"Of series by pool; empty: requests that name none"`
	// FalsePositive, Challenged, Miss and Interception are as in Quality; an order
	// belongs to the stretch in which it was submitted, an intent to that of its
	// first request.
	FalsePositive Figure `json:"false_positive_rate"`
	Challenged    Figure `json:"challenged_human_rate"`
	Miss          Figure `json:"miss_rate"`
	Interception  Figure `json:"interception_rate"`
}

// Stretches of a series, in seconds since 1970.
const (
	stretchOfSeen = `toInt64(toUnixTimestamp(if({daily:Bool}, toStartOfDay(tupleElement(moment, 1), {zone:String}), toStartOfHour(tupleElement(moment, 1), {zone:String}))))`
	poolOf        = `if({by_pool:Bool}, pool, '')`
)

// dated are the orders with the stretch in which they were submitted; what
// became of them as owned has it.
const dated = `,
dated AS (
	SELECT
		p.site AS site, p.account AS account, p.pool AS pool, p.day AS day, p.stretch AS stretch,
		multiIf(f.last_state != '', f.last_state, p.said_last != '', p.said_last, 'held') AS state,
		state NOT IN ('expired', 'cancelled', 'canceled', 'refunded', 'withdrawn') AS kept,
		state = 'withdrawn' AS withdrawn,
		withdrawn AND NOT f.was_final AS undone
	FROM (
		SELECT site, account, order_id, any(seen.pool) AS pool, any(seen.day) AS day, argMax(said, moment) AS said_last, min(` + stretchOfSeen + `) AS stretch
		FROM seen
		WHERE submit AND accepted AND order_id != ''
		GROUP BY site, account, order_id
	) AS p
	LEFT JOIN fate AS f ON f.site = p.site AND f.order_id = p.order_id
)
`

// peopleSeries gives, by stretch, what people gives for the whole.
const peopleSeries = common + dated + `
SELECT at, key, count() AS tried, countIf(harmed) AS harmed_people, countIf(challenged_ever) AS challenged_people
FROM (
	SELECT a.stretch AS at, a.key AS key, a.attempted AS attempted, a.challenged_ever AS challenged_ever,
		a.blocked_ever OR a.gave_up OR w.withdrawn_ever AS harmed
	FROM (
		SELECT stretch, key, site, account, max(tries > 0) AS attempted, max(blocks > 0) AS blocked_ever,
			max(challenges > 0) AS challenged_ever, max(last_challenge > last_reached) AS gave_up
		FROM (
			SELECT ` + stretchOfSeen + ` AS stretch, ` + poolOf + ` AS key, site, account, kind,
				countIf(submit) AS tries, countIf(blocked) AS blocks, countIf(challenged) AS challenges,
				maxIf(moment, challenged) AS last_challenge, maxIf(moment, reached) AS last_reached
			FROM seen
			GROUP BY stretch, key, site, account, kind
		)
		GROUP BY stretch, key, site, account
	) AS a
	INNER JOIN label AS l ON l.site = a.site AND l.account = a.account
	LEFT JOIN (
		SELECT stretch, ` + poolOf + ` AS key, site, account, max(withdrawn) AS withdrawn_ever FROM dated GROUP BY stretch, key, site, account
	) AS w ON w.stretch = a.stretch AND w.key = a.key AND w.site = a.site AND w.account = a.account
	WHERE l.verdict = 'human'
)
WHERE attempted OR harmed
GROUP BY at, key
`

// scalperSeries gives, by stretch, what scalpers gives for the whole.
const scalperSeries = common + dated + `
SELECT a.stretch AS at, a.key AS key, count() AS tried, countIf(o.kept_any) AS kept_tickets
FROM (
	SELECT ` + stretchOfSeen + ` AS stretch, ` + poolOf + ` AS key, site, account FROM seen WHERE submit GROUP BY stretch, key, site, account
) AS a
INNER JOIN label AS l ON l.site = a.site AND l.account = a.account
LEFT JOIN (
	SELECT stretch, ` + poolOf + ` AS key, site, account, max(kept) AS kept_any FROM dated GROUP BY stretch, key, site, account
) AS o ON o.stretch = a.stretch AND o.key = a.key AND o.site = a.site AND o.account = a.account
WHERE l.verdict = 'scalper'
GROUP BY at, key
`

// intentSeries gives, by the stretch of each intent's first request, what intents
// gives for the whole.
const intentSeries = common + `
SELECT stretch AS at, ` + poolOf + ` AS key, countIf(counted) AS wanted, countIf(counted AND intercepted) AS intercepted_intents
FROM (
	SELECT i.pool AS pool, i.counted AS counted, i.intercepted AS intercepted, b.stretch AS stretch
	FROM (` + perIntent + `) AS i
	INNER JOIN (
		SELECT s.site AS site, l.stands_behind AS operator, s.pool AS pool, s.day AS day, min(` + stretchOfSeen + `) AS stretch
		FROM seen AS s
		INNER JOIN label AS l ON l.site = s.site AND l.account = s.account
		WHERE s.submit AND l.verdict = 'scalper'
		GROUP BY site, operator, pool, day
	) AS b ON b.site = i.site AND b.operator = i.operator AND b.pool = i.pool AND b.day = i.day
)
GROUP BY at, key
`

// Series gives the figures over time, the oldest first; stretches without
// labelled accounts are left out. It fails with ErrInvalidPeriod or
// ErrInvalidSeries, or when the ledger cannot be read.
func (r *Reader) Series(ctx context.Context, period Period, filter SeriesFilter) ([]Point, error) {
	if err := period.validate(); err != nil {
		return nil, fmt.Errorf("quality over time: %w", err)
	}
	if !filter.Step.Valid() || period.To.Sub(period.From) > filter.Step.Longest() {
		return nil, fmt.Errorf("%w: step %q (want hour or day) over %s (an hour's may have 14 days, a day's 190)", ErrInvalidSeries, filter.Step, period.To.Sub(period.From))
	}
	params := append(r.params(period, filter.Filter), clickhouse.Named("daily", filter.Step == Daily),
		clickhouse.Named("by_pool", filter.ByPool), clickhouse.Named("zone", cmp.Or(filter.Zone, "UTC")))
	points := map[pointKey]*Point{}
	for _, step := range []struct {
		what, query string
		into        func(*Point, [3]uint64)
		counts      int
	}{
		{"people", peopleSeries, func(p *Point, n [3]uint64) {
			p.FalsePositive, p.Challenged = NewFigure(n[1], n[0], n[0]), NewFigure(n[2], n[0], n[0])
		}, 3},
		{"scalpers", scalperSeries, func(p *Point, n [3]uint64) { p.Miss = NewFigure(n[1], n[0], n[0]) }, 2},
		{"intents", intentSeries, func(p *Point, n [3]uint64) { p.Interception = NewFigure(n[1], n[0], n[0]) }, 2},
	} {
		if err := r.collect(ctx, step.query, params, step.counts, points, step.into); err != nil {
			return nil, fmt.Errorf("quality over time: read %s: %w", step.what, err)
		}
	}
	out := make([]Point, 0, len(points))
	for _, p := range points {
		out = append(out, *p)
	}
	slices.SortFunc(out, func(a, b Point) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Pool, b.Pool)) })
	return out, nil
}

// pointKey tells the points of a series apart.
type pointKey struct {
	at   int64
	pool string
}

// collect puts the rows of one query into the points.
func (r *Reader) collect(ctx context.Context, query string, params []any, counts int, points map[pointKey]*Point, into func(*Point, [3]uint64)) (err error) {
	rows, err := r.conn.Query(ctx, query, params...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var key pointKey
		var n [3]uint64
		dest := []any{&key.at, &key.pool, &n[0], &n[1], &n[2]}
		if err := rows.Scan(dest[:2+counts]...); err != nil {
			return err
		}
		p := points[key]
		if p == nil {
			none := NewFigure(0, 0, 0)
			p = &Point{At: time.Unix(key.at, 0).UTC(), Pool: key.pool, FalsePositive: none, Challenged: none, Miss: none, Interception: none}
			points[key] = p
		}
		into(p, n)
	}
	return rows.Err()
}
