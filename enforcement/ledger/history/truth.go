package history

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"fairgate/enforcement"
	"fairgate/enforcement/backtest"
	"fairgate/rules"
)

// latest gives one row an account: its latest label that counts (the quality
// figures' definition, enforcement/ledger/metrics). Hints that do not suffice are
// none.
const latest = `SELECT CAST(l.site AS String), l.account, CAST(argMax(l.value, (l.source NOT IN ('outcome', 'challenge'), l.time, l.id)) AS String)
FROM labels AS l FINAL
WHERE ({immature:UInt8} = 1 OR l.visit_day <= toDate32({mature:String})) AND ({site:String} = '' OR l.site = {site:String})
GROUP BY l.site, l.account
HAVING NOT argMax(l.value = 'unknown' AND l.source IN ('outcome', 'challenge'), (l.source NOT IN ('outcome', 'challenge'), l.time, l.id))`

// Labels implements backtest.Source.
func (r *Reader) Labels(ctx context.Context, label func(site, account string, value enforcement.LabelValue)) error {
	var site, account, value proto.ColStr
	immature := "0"
	if r.o.IncludeImmature {
		immature = "1"
	}
	params := map[string]string{
		"site": r.o.Site, "immature": immature, "mature": r.o.Now().Add(-r.o.Maturity).UTC().Format(time.DateOnly),
	}
	err := r.each(ctx, latest, params, proto.Results{{Data: &site}, {Data: &account}, {Data: &value}}, func(i int) {
		label(site.Row(i), account.Row(i), enforcement.LabelValue(value.Row(i)))
	})
	if err != nil {
		return fmt.Errorf("read labels: %w", err)
	}
	return nil
}

// MaxClearings is how many clearings and unblockings one run takes into
// account, the latest ones.
const MaxClearings = 1_000_000

// cleared lists when people cleared an account, and when blocks were lifted.
// An unblocking at the very time of a clearing on the same site is part of it.
const cleared = `SELECT toUnixTimestamp64Milli(at) AS ms, entity, key, whole FROM (
	SELECT time AS at, CAST('account' AS String) AS entity, account AS key, toUInt8(1) AS whole
	FROM labels FINAL
	WHERE value = 'human' AND source IN ('review', 'appeal') AND time < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
	UNION ALL
	SELECT a.time AS at, CAST(a.entity AS String) AS entity, a.key AS key, toUInt8((toString(a.site), a.time) IN (
		SELECT toString(site), time FROM labels WHERE value = 'human' AND source IN ('review', 'appeal'))) AS whole
	FROM actions AS a FINAL
	WHERE a.kind = 'unblock' AND a.time < fromUnixTimestamp64Milli({to:Int64}, 'UTC')
) ORDER BY ms DESC LIMIT {most:UInt64}`

// Clearings implements backtest.Source.
func (r *Reader) Clearings(ctx context.Context, to time.Time) ([]backtest.Clearing, error) {
	var at proto.ColInt64
	var entity, key proto.ColStr
	var whole proto.ColUInt8
	var list []backtest.Clearing
	params := map[string]string{"to": format(to.UnixMilli()), "most": format(MaxClearings)}
	err := r.each(ctx, cleared, params, proto.Results{{Data: &at}, {Data: &entity}, {Data: &key}, {Data: &whole}}, func(i int) {
		list = append(list, backtest.Clearing{
			At: time.UnixMilli(at[i]).UTC(), Target: enforcement.Target{Entity: rules.Entity(entity.Row(i)), Key: key.Row(i)},
			Whole: whole[i] == 1,
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read clearings: %w", err)
	}
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list, nil
}
