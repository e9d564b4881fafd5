package live

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"fairgate/enforcement/ledger/database"
)

// Bucket is the stretch of time in which a rule's blocks are counted, and Day
// how many of them its norm has.
const (
	Bucket = 10 * time.Minute
	Day    = int(24 * time.Hour / Bucket)
)

// Blocks are how many sources (accounts, or where there is none networks and
// devices) a rule blocked, by bucket.
type Blocks struct {
	Rule string
	// Counts begin a day before the present bucket, which is the last: Day+1
	// of them, the oldest first.
	Counts []uint64
	// Known says that the rule already fired a day before that.
	Known bool
}

// RuleBlocks is what rules blocked in the last day, and how many sources the
// site saw, in the same buckets.
type RuleBlocks struct {
	Seen  []uint64
	Rules []Blocks
}

const maxBuckets = 200_000

// Blocks of the gateway are in the events, those that enforcement made from
// wider features in the actions.
const ruleBlocks = `
SELECT rule, bucket, uniqExact(source) FROM (
	SELECT arrayJoin(rules) AS rule, toUInt32(intDiv(toUnixTimestamp64Milli(time) - {start:Int64}, {bucket:Int64})) AS bucket,
		multiIf(account != '', account, device != '', device, subnet) AS source
	FROM events
	WHERE site = {site:String} AND time >= {from:DateTime64(3, 'UTC')} AND time < {to:DateTime64(3, 'UTC')} AND action = 'block'
	UNION ALL
	SELECT rule, toUInt32(intDiv(toUnixTimestamp64Milli(time) - {start:Int64}, {bucket:Int64})) AS bucket, key AS source
	FROM actions
	WHERE site = {site:String} AND time >= {from:DateTime64(3, 'UTC')} AND time < {to:DateTime64(3, 'UTC')}
		AND kind = 'block' AND actor = 'enforcer' AND rule != ''
)
WHERE NOT startsWith(rule, 'list:')
GROUP BY rule, bucket
LIMIT {limit:UInt32}
`

const seenSources = `
SELECT toUInt32(intDiv(toUnixTimestamp64Milli(time) - {start:Int64}, {bucket:Int64})) AS bucket,
	uniq(multiIf(account != '', account, device != '', device, subnet))
FROM events
WHERE site = {site:String} AND time >= {from:DateTime64(3, 'UTC')} AND time < {to:DateTime64(3, 'UTC')} AND kind != 'beacon'
GROUP BY bucket
`

const knownRules = `
SELECT DISTINCT arrayJoin(rules) AS rule FROM events
WHERE site = {site:String} AND time >= {from:DateTime64(3, 'UTC')} AND time < {to:DateTime64(3, 'UTC')} AND notEmpty(rules)
LIMIT 10000
`

// RuleBlocks counts what every rule blocked in the last ten minutes and in each
// ten minutes of the 24 hours before. Rules that blocked nothing are left out.
func (r *Reader) RuleBlocks(ctx context.Context, site string, now time.Time) (RuleBlocks, error) {
	over := Last(now.UTC().Truncate(time.Millisecond), time.Duration(Day+1)*Bucket)
	params, err := over.params(site, 25*time.Hour)
	if err != nil {
		return RuleBlocks{}, err
	}
	before, err := Stretch{From: over.From.Add(-24 * time.Hour), To: over.From}.params(site, 25*time.Hour)
	if err != nil {
		return RuleBlocks{}, err
	}
	params = append(params, clickhouse.Named("start", over.From.UnixMilli()), clickhouse.Named("bucket", Bucket.Milliseconds()), clickhouse.Named("limit", maxBuckets))
	type cell struct {
		rule   string
		bucket uint32
		n      uint64
	}
	seen, err := database.Read(ctx, r.conn, "the sources seen", seenSources, params, func(rows driver.Rows, c *cell) error { return rows.Scan(&c.bucket, &c.n) })
	if err != nil {
		return RuleBlocks{}, err
	}
	cells, err := database.Read(ctx, r.conn, "the rules' blocks", ruleBlocks, params, func(rows driver.Rows, c *cell) error { return rows.Scan(&c.rule, &c.bucket, &c.n) })
	if err != nil {
		return RuleBlocks{}, err
	}
	known, err := database.Read(ctx, r.conn, "the rules known", knownRules, before, func(rows driver.Rows, rule *string) error { return rows.Scan(rule) })
	if err != nil {
		return RuleBlocks{}, err
	}
	out := RuleBlocks{Seen: make([]uint64, Day+1)}
	put := func(into []uint64, c cell) error {
		if int(c.bucket) >= len(into) {
			return fmt.Errorf("read the rules' blocks: bucket %d of %d", c.bucket, len(into))
		}
		into[c.bucket] = c.n
		return nil
	}
	for _, c := range seen {
		if err := put(out.Seen, c); err != nil {
			return out, err
		}
	}
	counts := map[string][]uint64{}
	for _, c := range cells {
		if counts[c.rule] == nil {
			counts[c.rule] = make([]uint64, Day+1)
			out.Rules = append(out.Rules, Blocks{Rule: c.rule, Counts: counts[c.rule], Known: slices.Contains(known, c.rule)})
		}
		if err := put(counts[c.rule], c); err != nil {
			return out, err
		}
	}
	slices.SortFunc(out.Rules, func(a, b Blocks) int {
		if a.Rule < b.Rule {
			return -1
		}
		return 1
	})
	return out, nil
}
