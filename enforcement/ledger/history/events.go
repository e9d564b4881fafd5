package history

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"fairgate/enforcement/backtest"
	"fairgate/ingest"
)

var _ backtest.Source = (*Reader)(nil)

// where selects a period's rows, and a site's if one is named.
const where = `WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC')
	AND time < fromUnixTimestamp64Milli({to:Int64}, 'UTC') AND ({site:String} = '' OR site = {site:String})`

// Extent implements backtest.Source. Repeats that ClickHouse has not merged yet
// are counted: it serves for progress only.
func (r *Reader) Extent(ctx context.Context, from, to time.Time) (backtest.Extent, error) {
	var count proto.ColUInt64
	var first, last proto.ColInt64
	params := between(from.UnixMilli(), to.UnixMilli())
	params["site"] = r.o.Site
	err := r.each(ctx, `SELECT count(), toUnixTimestamp64Milli(min(time)), toUnixTimestamp64Milli(max(time)) FROM events `+where, params,
		proto.Results{{Data: &count}, {Data: &first}, {Data: &last}}, func(int) {})
	if err != nil {
		return backtest.Extent{}, fmt.Errorf("look how far the ledger goes: %w", err)
	}
	if len(count) == 0 || count[0] == 0 {
		return backtest.Extent{}, nil
	}
	return backtest.Extent{Events: count[0], First: time.UnixMilli(first[0]).UTC(), Last: time.UnixMilli(last[0]).UTC()}, nil
}

// each runs a query and calls row for every row in results.
func (r *Reader) each(ctx context.Context, statement string, params map[string]string, results proto.Results, row func(i int)) error {
	native, err := r.query(ctx, statement, params)
	if err != nil {
		return err
	}
	for rows, err := range blocks(native, results) {
		if err != nil {
			return err
		}
		for i := range rows {
			row(i)
		}
	}
	return nil
}

// piece is a part of the period, in milliseconds; to is not part of it.
type piece struct{ from, to int64 }

// fetched is a piece's answer.
type fetched struct {
	native []byte
	err    error
}

// Events implements backtest.Source.
func (r *Reader) Events(ctx context.Context, from, to time.Time, needs backtest.Needs, spare backtest.Spare) iter.Seq2[[]ingest.Event, error] {
	return func(yield func([]ingest.Event, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		pieces, site, err := r.pieces(ctx, from.UnixMilli(), to.UnixMilli())
		if err != nil {
			yield(nil, fmt.Errorf("plan the reading of history: %w", err))
			return
		}
		t := newTableau(needs.Field)
		answers := r.fetch(ctx, t.statement(site), site, pieces)
		last := ""
		for answer := range answers {
			if answer.err != nil {
				yield(nil, fmt.Errorf("read history: %w", answer.err))
				return
			}
			for events, err := range t.events(answer.native, &last, spare) {
				if !yield(events, err) || err != nil {
					return
				}
			}
		}
		if err := ctx.Err(); err != nil {
			yield(nil, err)
		}
	}
}

// statement asks for one piece. Repeats lie side by side, the most complete
// first. Where one site is named, the order is the table's own.
func (t *tableau) statement(site string) string {
	filter := ""
	if site != "" {
		filter = " AND site = {site:String}"
	}
	return "SELECT " + t.list() + ` FROM events
	WHERE time >= fromUnixTimestamp64Milli({from:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({to:Int64}, 'UTC')` + filter + `
	ORDER BY time, id, completeness DESC`
}

// fetch reads one piece ahead of the receiver. The channel is closed after the
// last piece, after an error, and when ctx ends.
func (r *Reader) fetch(ctx context.Context, statement, site string, pieces []piece) <-chan fetched {
	out := make(chan fetched)
	go func() {
		defer close(out)
		for _, p := range pieces {
			params := between(p.from, p.to)
			if site != "" {
				params["site"] = site
			}
			native, err := r.query(ctx, statement, params)
			select {
			case out <- fetched{native, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return out
}

// pieces cuts a period so that each piece has about as many rows as one answer
// should, and finds the one site there is, or "" for several.
func (r *Reader) pieces(ctx context.Context, from, to int64) (list []piece, site string, err error) {
	var minute proto.ColInt64
	var count proto.ColUInt64
	var lowest, highest proto.ColStr
	params := between(from, to)
	params["site"] = r.o.Site
	several, open, rows := false, piece{from: from}, uint64(0)
	statement := `SELECT intDiv(toUnixTimestamp64Milli(time), 60000) AS minute, count(), CAST(min(site) AS String), CAST(max(site) AS String)
	FROM events ` + where + ` GROUP BY minute ORDER BY minute`
	most := uint64(r.o.Piece) //nolint:gosec // positive
	err = r.each(ctx, statement, params, proto.Results{{Data: &minute}, {Data: &count}, {Data: &lowest}, {Data: &highest}}, func(i int) {
		a, b := lowest.Row(i), highest.Row(i)
		several = several || a != b || (site != "" && site != a)
		site = a
		start, end := max(minute[i]*60_000, from), min((minute[i]+1)*60_000, to)
		if rows > 0 && rows+count[i] > most {
			open.to = start
			list, open, rows = append(list, open), piece{from: start}, 0
		}
		open.to, rows = end, rows+count[i]
		for parts := int64(min(rows/most, uint64(end-start))); parts > 1; parts-- { //nolint:gosec // both are small and positive
			cut := open.from + (end-open.from)/parts
			list, open = append(list, piece{open.from, cut}), piece{cut, end}
		}
	})
	if rows > 0 {
		list = append(list, open)
	}
	if several {
		site = ""
	}
	return list, site, err
}

// format writes a number of milliseconds.
func format(ms int64) string { return strconv.FormatInt(ms, 10) }
