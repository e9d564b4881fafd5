package digest

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// RowsOf are the columns of a row as an expression over events: they are those
// of metrics' queries, which read events and condensed rows alike.
// The weight is 0 for what was refused with a block or a challenge, 1 for what
// else was asked of an order but only to read it, and 2 for the rest.
const RowsOf = `
	e.site AS site, e.account AS account, e.kind AS kind, e.time AS time, e.id AS id, e.pool AS pool,
	e.kind = 'order.submit' AS submit,
	toUInt8(e.disposition = 'refused' AND e.action = 'block') AS blocked,
	toUInt8(e.disposition = 'refused' AND e.action = 'challenge') AS challenged,
	toUInt8(e.disposition != 'refused') AS reached,
	toUInt8(submit AND e.disposition = 'forwarded' AND e.status BETWEEN 200 AND 299) AS accepted,
	toUInt8(submit AND e.disposition = 'forwarded' AND e.status BETWEEN 300 AND 499) AS declined,
	toUInt8(e.passed) AS passed,
	if(submit, e.day, '') AS day, if(accepted, e.order_id, '') AS order_id, if(accepted, e.order_state, '') AS said,
	if(blocked, e.rules, []) AS fired,
	toUInt8(multiIf(blocked OR challenged, 0, startsWith(e.kind, 'order.') AND e.kind != 'order.read', 1, 2)) AS weight
`

const buildText = `
INSERT INTO digest_rows (site, weight, hour, account, kind, pool, day, order_id, said, fired,
	blocked, challenged, reached, accepted, declined, passed, first, last, last_id, build)
SELECT site, weight, toStartOfHour(time) AS hour, account, kind, pool, day, order_id, said, fired,
	blocked, challenged, reached, accepted, declined, passed, min(time), (max((time, id)) AS latest).1, latest.2, {build:UInt64}
FROM (
	SELECT` + RowsOf + `
	FROM events AS e FINAL
	WHERE e.time >= {from:DateTime64(3, 'UTC')} AND e.time < {to:DateTime64(3, 'UTC')}
		AND toUnixTimestamp(toStartOfHour(e.time)) IN (%s) AND e.account != ''
)
GROUP BY site, weight, hour, account, kind, pool, day, order_id, said, fired, blocked, challenged, reached, accepted, declined, passed
`

// build condenses hours of one day and publishes them. What was there before
// stays readable until then, and is removed with the next look.
func (b *Builder) build(ctx context.Context, hours []built) error {
	number := uint64(max(b.opts.Now().UnixMicro(), 0))
	var list, values []string
	for _, h := range hours {
		list = append(list, strconv.FormatInt(h.hour.Unix(), 10))
		values = append(values, fmt.Sprintf("('%s', %d, %d, %d)", h.hour.Format(time.DateTime), number, h.events, h.checksum))
	}
	params := append(bounds(hours[0].hour, hours[len(hours)-1].hour.Add(time.Hour)),
		clickhouse.Named("build", number))
	if err := b.conn.Exec(ctx, fmt.Sprintf(buildText, strings.Join(list, ", ")), params...); err != nil {
		return err
	}
	if err := b.conn.Exec(ctx, "INSERT INTO digest_hours (hour, build, events, checksum) VALUES "+strings.Join(values, ", ")); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	b.measures.hours.Add(float64(len(hours)))
	return nil
}

// sweep removes the rows of builds that were replaced before this look.
func (b *Builder) sweep(ctx context.Context) error {
	for len(b.retired) > 0 {
		old := b.retired[0]
		err := b.conn.Exec(ctx, "DELETE FROM digest_rows WHERE hour = {hour:DateTime('UTC')} AND build <= {build:UInt64}",
			clickhouse.DateNamed("hour", old.hour, clickhouse.Seconds), clickhouse.Named("build", old.build))
		if err != nil {
			return fmt.Errorf("remove a replaced build: %w", err)
		}
		b.retired = b.retired[1:]
	}
	return nil
}
