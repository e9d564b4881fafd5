package metrics

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"fairgate/enforcement/ledger/digest"
)

// rows stands in the queries for the period's events, alike ones as one row: the
// condensed hours, and the events of the rest.
const rows = "@rows@"

// source is what rows stand for in one answer.
type source struct {
	text   string
	params []any
	// asOf is when the condensed hours in it were last compared with the ledger;
	// zero where there are none.
	asOf time.Time
}

// query is a query's text from the source.
func (s source) query(text string) string { return strings.ReplaceAll(text, rows, s.text) }

const rowColumns = `site, weight, account, kind, pool, day, order_id, said, fired, submit,
		blocked, challenged, reached, accepted, declined, passed`

const condensedRows = `
		SELECT site, weight, account, kind, pool, day, order_id, said, fired, kind = 'order.submit' AS submit,
			blocked, challenged, reached, accepted, declined, passed, first, last, last_id
		FROM digest_rows
		WHERE hour >= {whole_from:DateTime64(3, 'UTC')} AND hour < {whole_to:DateTime64(3, 'UTC')}
			AND (hour, build) IN (SELECT hour, build FROM digest_hours FINAL
				WHERE hour >= {whole_from:DateTime64(3, 'UTC')} AND hour < {whole_to:DateTime64(3, 'UTC')})
			AND ({site:String} = '' OR site = {site:String}) AND ({pool:String} = '' OR pool = {pool:String})
		UNION ALL`

const plainRows = `
		SELECT ` + rowColumns + `, time AS first, time AS last, id AS last_id
		FROM (
			SELECT` + digest.RowsOf + `
			FROM events AS e FINAL
			WHERE (%s) AND e.account != ''
				AND ({site:String} = '' OR e.site = {site:String}) AND ({pool:String} = '' OR e.pool = {pool:String})
		)`

// source finds out what of a period is condensed. A zone whose hours are not
// those of UTC has its events read.
func (r *Reader) source(ctx context.Context, period Period, zone string) (source, error) {
	covered := digest.Covered{Plain: []digest.Stretch{{From: period.From, To: period.To}}}
	if !r.plain && wholeHours(zone, period) {
		var err error
		if covered, err = digest.Cover(ctx, r.conn, period.From, period.To); err != nil {
			return source{}, err
		}
	}
	stretches := []string{"0"}
	for _, s := range covered.Plain {
		stretches = append(stretches, fmt.Sprintf("e.time >= fromUnixTimestamp64Milli(toInt64(%d), 'UTC') AND e.time < fromUnixTimestamp64Milli(toInt64(%d), 'UTC')",
			s.From.UnixMilli(), s.To.UnixMilli()))
	}
	out := source{text: fmt.Sprintf(plainRows, strings.Join(stretches, " OR "))}
	if covered.Whole.To.After(covered.Whole.From) {
		out.text, out.asOf = condensedRows+out.text, covered.AsOf
		out.params = []any{
			clickhouse.DateNamed("whole_from", covered.Whole.From, clickhouse.MilliSeconds),
			clickhouse.DateNamed("whole_to", covered.Whole.To, clickhouse.MilliSeconds),
		}
	}
	return out, nil
}

// wholeHours says whether the hours of a zone begin with those of UTC.
func wholeHours(zone string, period Period) bool {
	where, err := time.LoadLocation(zone)
	if err != nil {
		return false
	}
	for _, at := range []time.Time{period.From, period.To} {
		if _, offset := at.In(where).Zone(); offset%3600 != 0 {
			return false
		}
	}
	return true
}
