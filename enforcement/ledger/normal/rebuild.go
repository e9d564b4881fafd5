package normal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// state is what the ledger holds of one hour, and so what a build of it was
// made from: events with an account, those of them whose outcome is known, and
// asynchronous verdicts.
type state struct{ events, complete, verdicts uint64 }

type siteHour struct {
	site string
	hour time.Time
}

const eventStates = `
SELECT e.site, toStartOfHour(e.time) AS at, count() AS events, countIf(e.completeness > 0) AS complete
FROM events AS e FINAL
WHERE e.time >= {from:DateTime64(3, 'UTC')} AND e.time < {to:DateTime64(3, 'UTC')} AND e.account != ''
GROUP BY e.site, at
`

const verdictStates = `
SELECT v.site, toStartOfHour(v.time) AS at, count() AS verdicts
FROM verdicts AS v FINAL
WHERE v.time >= {from:DateTime64(3, 'UTC')} AND v.time < {to:DateTime64(3, 'UTC')} AND v.account != '' AND v.stage = 'async'
GROUP BY v.site, at
`

const builtStates = `
SELECT h.site, h.hour, h.events, h.complete, h.verdicts
FROM normal_hours AS h FINAL
WHERE h.hour >= {from:DateTime64(3, 'UTC')} AND h.hour < {to:DateTime64(3, 'UTC')}
`

// Refresh rebuilds the hours from from to to of which the ledger holds
// something else than was built, and tells how many those were.
func (b *Builder) Refresh(ctx context.Context, from, to time.Time) (int, error) {
	from = from.UTC().Truncate(time.Hour)
	held, built := map[siteHour]state{}, map[siteHour]state{}
	for _, step := range []struct {
		query string
		into  map[siteHour]state
		scan  func(*state) []any
	}{
		{eventStates, held, func(s *state) []any { return []any{&s.events, &s.complete} }},
		{verdictStates, held, func(s *state) []any { return []any{&s.verdicts} }},
		{builtStates, built, func(s *state) []any { return []any{&s.events, &s.complete, &s.verdicts} }},
	} {
		if err := b.states(ctx, step.query, from, to, step.into, step.scan); err != nil {
			return 0, fmt.Errorf("compare normal behaviour with the ledger: %w", err)
		}
	}
	for at := range built { // an hour of which everything was erased
		if _, ok := held[at]; !ok {
			held[at] = state{}
		}
	}
	count := 0
	for at, s := range held {
		old, again := built[at]
		if again && old == s {
			continue
		}
		if err := b.build(ctx, at, s, again); err != nil {
			return count, fmt.Errorf("build normal behaviour of %s, %s: %w", at.site, at.hour.Format(time.RFC3339), err)
		}
		b.measures.hours.Inc()
		count++
	}
	return count, nil
}

func (b *Builder) states(ctx context.Context, query string, from, to time.Time, into map[siteHour]state, scan func(*state) []any) (err error) {
	rows, err := b.conn.Query(ctx, query, bounds(from, to)...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var at siteHour
		var hour time.Time
		var s state
		if err := rows.Scan(append([]any{&at.site, &hour}, scan(&s)...)...); err != nil {
			return err
		}
		at.hour = hour.UTC()
		old := into[at]
		into[at] = state{old.events + s.events, old.complete + s.complete, old.verdicts + s.verdicts}
	}
	return rows.Err()
}

// buildValues takes an account's highest and lowest value of each feature in
// an hour. In-line features are in the event, and again, with those of the
// asynchronous stage, in its verdict, which does not name the route.
const buildValues = `
INSERT INTO normal_values (site, feature, bucket, kind, route, hour, account, high, low, build)
SELECT {site:String}, feature, sipHash64(account) % 64, kind, route, {from:DateTime64(3, 'UTC')}, account,
	max(value), min(value), {build:UInt64}
FROM (
	SELECT kind, route, account, feature, value
	FROM (
		SELECT e.kind AS kind, e.route AS route, e.account AS account, e.snapshot_names AS names, e.snapshot_values AS numbers
		FROM events AS e FINAL
		WHERE e.site = {site:String} AND e.time >= {from:DateTime64(3, 'UTC')} AND e.time < {to:DateTime64(3, 'UTC')}
			AND e.account != '' AND NOT e.degraded
		UNION ALL
		SELECT v.kind AS kind, s.route AS route, v.account AS account, v.snapshot_names AS names, v.snapshot_values AS numbers
		FROM (
			SELECT event_id, kind, account, snapshot_names, snapshot_values FROM verdicts FINAL
			WHERE site = {site:String} AND time >= {from:DateTime64(3, 'UTC')} AND time < {to:DateTime64(3, 'UTC')}
				AND account != '' AND stage = 'async'
		) AS v
		INNER JOIN (
			SELECT id, route FROM events FINAL
			WHERE site = {site:String} AND time >= {from:DateTime64(3, 'UTC')} AND time < {to:DateTime64(3, 'UTC')} AND NOT degraded
		) AS s ON s.id = v.event_id
	)
	ARRAY JOIN names AS feature, numbers AS value
	WHERE value >= 0
)
GROUP BY feature, kind, route, account
`

// buildAccounts notes who made requests in an hour, and whether anything was
// held against them.
const buildAccounts = `
INSERT INTO normal_accounts (site, bucket, hour, kind, route, account, events, hit, build)
SELECT {site:String}, sipHash64(e.account) % 64, {from:DateTime64(3, 'UTC')}, e.kind, e.route, e.account, count(),
	max(notEmpty(e.rules) OR e.action NOT IN ('', 'allow') OR e.observed NOT IN ('', 'allow') OR e.id IN (
		SELECT v.event_id FROM verdicts AS v FINAL
		WHERE v.site = {site:String} AND v.time >= {from:DateTime64(3, 'UTC')} AND v.time < {to:DateTime64(3, 'UTC')} AND notEmpty(v.rules)
	)), {build:UInt64}
FROM events AS e FINAL
WHERE e.site = {site:String} AND e.time >= {from:DateTime64(3, 'UTC')} AND e.time < {to:DateTime64(3, 'UTC')} AND e.account != ''
GROUP BY e.kind, e.route, e.account
`

const publish = `
INSERT INTO normal_hours (site, hour, build, events, complete, verdicts)
VALUES ({site:String}, {from:DateTime64(3, 'UTC')}, {build:UInt64}, {events:UInt64}, {complete:UInt64}, {verdicts:UInt64})
`

// build makes one hour and publishes it. What was there before, if it is built
// again, stays readable until then, and is removed afterwards.
func (b *Builder) build(ctx context.Context, at siteHour, s state, again bool) error {
	number := uint64(max(b.opts.Now().UnixMicro(), 0))
	params := append(bounds(at.hour, at.hour.Add(time.Hour)),
		clickhouse.Named("site", at.site), clickhouse.Named("build", number),
		clickhouse.Named("events", s.events), clickhouse.Named("complete", s.complete), clickhouse.Named("verdicts", s.verdicts))
	statements := []string{buildValues, buildAccounts, publish}
	if again {
		const old = " WHERE site = {site:String} AND hour = {from:DateTime64(3, 'UTC')} AND build < {build:UInt64}"
		statements = append(statements, "DELETE FROM normal_values"+old, "DELETE FROM normal_accounts"+old)
	}
	for _, statement := range statements {
		if err := b.conn.Exec(ctx, statement, params...); err != nil {
			return err
		}
	}
	return nil
}

// bounds are a period for a query; ClickHouse keeps milliseconds.
func bounds(from, to time.Time) []any {
	return []any{
		clickhouse.DateNamed("from", from.UTC(), clickhouse.MilliSeconds),
		clickhouse.DateNamed("to", to.UTC(), clickhouse.MilliSeconds),
	}
}
