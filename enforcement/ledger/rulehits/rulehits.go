// Package rulehits tells from the ledger whom each rule hit, for the list of
// rules, and finds events to try a rule on. It reads through the database user
// that cannot write and owns no table; the quality figures of the whole gate
// are enforcement/ledger/metrics'.
package rulehits

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"fairgate/enforcement/ledger"
	"fairgate/enforcement/ledger/database"
	"fairgate/ingest"
)

// ErrInvalid says that something asked for is out of bounds.
var ErrInvalid = errors.New("invalid question")

// Bounds of what is looked at.
const (
	MaxPeriod  = 190 * 24 * time.Hour
	MaxSamples = 100
)

// Reader answers. It is safe for concurrent use.
type Reader struct{ conn database.Conn }

// Open prepares to read from the ClickHouse that client names; its user needs
// no more than to select. No connection is made yet.
func Open(client *clickhouse.Options) (*Reader, error) {
	conn, err := database.Open(client)
	if err != nil {
		return nil, err
	}
	return &Reader{conn: conn}, nil
}

// Close gives the connections up.
func (r *Reader) Close() error {
	return r.conn.Close()
}

// Rule is whom one rule hit in a period, in distinct accounts.
type Rule struct {
	Rule string `json:"rule"`
	// Accounts that it acted on; Shadow those that it would have while in shadow
	// or outside the canary's share.
	Accounts uint64 `json:"accounts"`
	Shadow   uint64 `json:"shadow_accounts"`
	// Humans and Scalpers are those of either that are labelled so.
	Humans   uint64 `json:"humans"`
	Scalpers uint64 `json:"scalpers"`
	// FalsePositive is people that it hit ÷ people that tried to book or were hit.
	FalsePositive ledger.Figure `json:"false_positive_rate"`
	Last          time.Time     `json:"last_hit_at,omitzero"`
}

// byRule counts distinct accounts, so that a row that is there twice changes
// nothing and FINAL is not needed. What a person said of an account outweighs
// what only hints at it.
const byRule = `
WITH label AS (
	SELECT account, argMax(value, (source NOT IN ('outcome', 'challenge'), time, id)) AS value
	FROM labels WHERE site = {site:String} GROUP BY account
),
hit AS (
	SELECT account, time, arrayJoin(arrayConcat(
		arrayMap(r -> (r, false), arrayFilter(r -> NOT has(shadow_rules, r), rules)), arrayMap(r -> (r, true), shadow_rules))) AS of
	FROM verdicts
	WHERE site = {site:String} AND time >= {from:DateTime64(3, 'UTC')} AND time < {to:DateTime64(3, 'UTC')}
		AND account != '' AND (notEmpty(rules) OR notEmpty(shadow_rules))
)
SELECT
	toString(hit.of.1) AS rule,
	uniqExactIf(hit.account, NOT hit.of.2), uniqExactIf(hit.account, hit.of.2),
	uniqExactIf(hit.account, label.value = 'human'), uniqExactIf(hit.account, label.value = 'scalper'),
	uniqExactIf(hit.account, label.value = 'human' AND hit.account NOT IN (` + triedHumans + `)),
	max(hit.time)
FROM hit LEFT JOIN label ON label.account = hit.account
GROUP BY rule ORDER BY rule LIMIT 5000`

// tried are the accounts that tried to book.
const triedHumans = `
	SELECT account FROM events
	WHERE site = {site:String} AND time >= {from:DateTime64(3, 'UTC')} AND time < {to:DateTime64(3, 'UTC')}
		AND kind = 'order.submit' AND account != ''`

// people are the labelled humans among them.
const people = `
WITH label AS (
	SELECT account, argMax(value, (source NOT IN ('outcome', 'challenge'), time, id)) AS value
	FROM labels WHERE site = {site:String} GROUP BY account
)
SELECT uniqExact(account) FROM label WHERE value = 'human' AND account IN (` + triedHumans + `)`

// Rules tells whom each rule hit from a moment (inclusive) to another
// (exclusive). Rules that hit nobody are left out. It fails with ErrInvalid, or
// when the ledger cannot be read.
func (r *Reader) Rules(ctx context.Context, site string, from, to time.Time) ([]Rule, error) {
	if !to.After(from) || to.Sub(from) > MaxPeriod {
		return nil, fmt.Errorf("%w: the period from %s to %s must be longer than nothing and at most %s",
			ErrInvalid, from.Format(time.RFC3339), to.Format(time.RFC3339), MaxPeriod)
	}
	params := []any{
		clickhouse.Named("site", site), clickhouse.DateNamed("from", from.UTC(), clickhouse.MilliSeconds),
		clickhouse.DateNamed("to", to.UTC(), clickhouse.MilliSeconds),
	}
	var humans uint64
	if err := r.conn.QueryRow(ctx, people, params...).Scan(&humans); err != nil {
		return nil, fmt.Errorf("count people: %w", err)
	}
	return database.Read(ctx, r.conn, "whom rules hit", byRule, params, func(rows driver.Rows, one *Rule) error {
		var beyond uint64 // people who were hit before they could try
		err := rows.Scan(&one.Rule, &one.Accounts, &one.Shadow, &one.Humans, &one.Scalpers, &beyond, &one.Last)
		one.Last = one.Last.UTC()
		one.FalsePositive = ledger.NewFigure(one.Humans, humans+beyond, humans+beyond)
		return err
	})
}

// Asked selects events to try a rule on; empty fields take everything.
type Asked struct {
	Action ingest.Action // of the decision
	Rule   string        // that fired
	Kind   ingest.Kind
	From   time.Time // inclusive
	To     time.Time // exclusive
	Limit  int       // 1 to MaxSamples
}

// Sample is one event, as a list shows it.
type Sample struct {
	ID      string        `json:"id"`
	Time    time.Time     `json:"time"`
	Kind    ingest.Kind   `json:"kind"`
	Action  ingest.Action `json:"action"`
	Account string        `json:"account,omitempty"`
	Rules   []string      `json:"rules"`
	Score   float64       `json:"score"`
}

const samples = `
SELECT id, time, toString(kind), toString(action), account, arrayMap(r -> toString(r), rules), score
FROM events
WHERE site = {site:String} AND time >= {from:DateTime64(3, 'UTC')} AND time < {to:DateTime64(3, 'UTC')}
	AND ({action:String} = '' OR action = {action:String})
	AND ({rule:String} = '' OR has(rules, {rule:String}))
	AND ({kind:String} = '' OR kind = {kind:String})
	AND action != ''
ORDER BY time DESC, id DESC LIMIT 1 BY id LIMIT {limit:UInt32}`

// Samples finds the latest events, the newest first. It fails with ErrInvalid,
// or when the ledger cannot be read.
func (r *Reader) Samples(ctx context.Context, site string, q Asked) ([]Sample, error) {
	if q.Limit < 1 || q.Limit > MaxSamples || !q.To.After(q.From) || q.To.Sub(q.From) > MaxPeriod {
		return nil, fmt.Errorf("%w: limit %d must be 1 to %d, and the period end after it begins", ErrInvalid, q.Limit, MaxSamples)
	}
	params := []any{
		clickhouse.Named("site", site), clickhouse.DateNamed("from", q.From.UTC(), clickhouse.MilliSeconds),
		clickhouse.DateNamed("to", q.To.UTC(), clickhouse.MilliSeconds), clickhouse.Named("action", string(q.Action)),
		clickhouse.Named("rule", q.Rule), clickhouse.Named("kind", string(q.Kind)), clickhouse.Named("limit", fmt.Sprint(q.Limit)),
	}
	return database.Read(ctx, r.conn, "events to try a rule on", samples, params, func(rows driver.Rows, one *Sample) error {
		err := rows.Scan(&one.ID, &one.Time, (*string)(&one.Kind), (*string)(&one.Action), &one.Account, &one.Rules, &one.Score)
		one.Time = one.Time.UTC()
		return err
	})
}
