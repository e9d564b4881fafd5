package live

import (
	"context"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"fairgate/enforcement/ledger/database"
)

// Grace is how long a challenge may take before it counts as unmet. A browser
// proves its work in one to two seconds.
const Grace = 3 * time.Second

// longestTraffic bounds a stretch of traffic, and maxPools its rows.
const (
	longestTraffic = 10 * time.Minute
	maxPools       = 500
)

// Traffic is what was asked for of one pool in a stretch of time, in requests.
type Traffic struct {
	// Pool is empty for requests that name none, and Whole says that the row is
	// of the whole site.
	Pool  string
	Whole bool
	// Requests that were decided; young challenges are not among them.
	Requests uint64
	// Hostile are those of them that were blocked, flagged, or challenged
	// without the challenge being met, or would have been in observe mode.
	Hostile uint64
	// Blocked, Challenged and Flagged are what was really done, of Hostile.
	Blocked, Challenged, Flagged uint64
	// Accounts made hostile requests; Sources are those accounts and, of requests
	// without an account, their networks.
	Accounts, Sources uint64
	// Orders are those requests that submit an order; the others are most of the
	// traffic and seldom refused.
	Orders, HostileOrders, OrderAccounts, OrderSources uint64
	// Degraded were decided without the shared counters.
	Degraded uint64
}

// Share is the hostile share of the requests, 0 without any.
func (t Traffic) Share() float64 {
	if t.Requests == 0 {
		return 0
	}
	return float64(t.Hostile) / float64(t.Requests)
}

// A challenge is met by a pass that its source (the account, or without one the
// network) shows later in the stretch.
const traffic = `
WITH
seen AS (
	SELECT time, pool, kind = 'order.submit' AS submit, account, if(account != '', account, concat('net:', subnet)) AS source, passed, degraded,
		disposition = 'refused' AND action = 'block' AS blocked,
		disposition = 'refused' AND action = 'challenge' AS challenged,
		action = 'flag' AS flagged,
		observed IN ('block', 'challenge', 'flag') AS would
	FROM events FINAL
	WHERE site = {site:String} AND time >= {from:DateTime64(3, 'UTC')} AND time < {to:DateTime64(3, 'UTC')}
		AND disposition != '' AND kind != 'beacon'
),
met AS (SELECT source, max(time) AS at FROM seen WHERE passed GROUP BY source),
judged AS (
	SELECT s.pool AS pool, s.submit AS submit, s.account AS account, s.source AS source, s.degraded AS degraded,
		s.blocked AS blocked, s.flagged AS flagged,
		s.challenged AND m.at < s.time AS unmet,
		s.challenged AND m.at >= s.time AS proven,
		s.challenged AND m.at < s.time AND s.time >= {young:DateTime64(3, 'UTC')} AS open,
		NOT open AND NOT proven AND (blocked OR flagged OR unmet OR s.would) AS hostile
	FROM seen AS s
	LEFT JOIN met AS m ON m.source = s.source
)
SELECT pool, grouping(pool) AS whole, countIf(NOT open) AS requests, countIf(hostile) AS hostile_requests,
	countIf(hostile AND blocked), countIf(hostile AND unmet), countIf(hostile AND flagged),
	uniqExactIf(account, hostile AND account != ''), uniqExactIf(source, hostile),
	countIf(submit AND NOT open), countIf(submit AND hostile), uniqExactIf(account, submit AND hostile AND account != ''),
	uniqExactIf(source, submit AND hostile), countIf(degraded)
FROM judged
GROUP BY GROUPING SETS ((pool), ())
ORDER BY whole DESC, hostile_requests DESC, pool
LIMIT {limit:UInt32}
`

// Traffic gives the requests of a stretch of at most ten minutes by pool, the
// row of the whole site first, then the pools with most hostile requests, at
// most 500.
func (r *Reader) Traffic(ctx context.Context, site string, over Stretch) ([]Traffic, error) {
	params, err := over.params(site, longestTraffic)
	if err != nil {
		return nil, err
	}
	params = append(params, clickhouse.DateNamed("young", over.To.Add(-Grace).UTC(), clickhouse.MilliSeconds), clickhouse.Named("limit", maxPools+1))
	return database.Read(ctx, r.conn, "the traffic", traffic, params, func(rows driver.Rows, t *Traffic) error {
		var whole uint64
		err := rows.Scan(&t.Pool, &whole, &t.Requests, &t.Hostile, &t.Blocked, &t.Challenged, &t.Flagged, &t.Accounts, &t.Sources,
			&t.Orders, &t.HostileOrders, &t.OrderAccounts, &t.OrderSources, &t.Degraded)
		t.Whole = whole != 0
		return err
	})
}

// Usual is what a pool's traffic is like at an hour of the day.
type Usual struct {
	Pool  string
	Whole bool
	// Days are those of the last seven on which there was any.
	Days uint64
	// Requests and Hostile are the sums over those days' hours.
	Requests, Hostile uint64
	// Orders are those that submitted one.
	Orders, HostileOrders uint64
}

// The usual needs no exactness: repeats and bare intents stay in, and challenges
// that were met later count, which makes it higher than it was, never lower.
const usual = `
SELECT pool, grouping(pool) AS whole, uniqExact(toDate(time)), count(), countIf(hostile), countIf(submit), countIf(submit AND hostile)
FROM (SELECT site, time, kind, pool, kind = 'order.submit' AS submit,
	(disposition = 'refused' AND action IN ('block', 'challenge')) OR action = 'flag' OR observed IN ('block', 'challenge', 'flag') AS hostile
	FROM events)
WHERE site = {site:String} AND kind != 'beacon' AND arrayExists(
	d -> time >= {from:DateTime64(3, 'UTC')} - toIntervalDay(d) AND time < {to:DateTime64(3, 'UTC')} - toIntervalDay(d), [1, 2, 3, 4, 5, 6, 7])
	AND time >= {from:DateTime64(3, 'UTC')} - toIntervalDay(7) AND time < {to:DateTime64(3, 'UTC')} - toIntervalDay(1)
GROUP BY GROUPING SETS ((pool), ())
ORDER BY whole DESC, count() DESC, pool
LIMIT {limit:UInt32}
`

// Usual gives what the hour around now was like on the seven days before.
func (r *Reader) Usual(ctx context.Context, site string, now time.Time) ([]Usual, error) {
	params, err := Stretch{From: now.Add(-30 * time.Minute), To: now.Add(30 * time.Minute)}.params(site, time.Hour)
	if err != nil {
		return nil, err
	}
	params = append(params, clickhouse.Named("limit", maxPools+1))
	return database.Read(ctx, r.conn, "the usual traffic", usual, params, func(rows driver.Rows, u *Usual) error {
		var whole uint64
		err := rows.Scan(&u.Pool, &whole, &u.Days, &u.Requests, &u.Hostile, &u.Orders, &u.HostileOrders)
		u.Whole = whole != 0
		return err
	})
}
