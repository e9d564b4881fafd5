package digest

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"fairgate/enforcement/ledger/database"
)

// content is what an hour's events come to: how many there are of known
// accounts, and the sum of the hashes of all that goes into a row.
type content struct{ events, checksum uint64 }

// built is a published build of an hour.
type built struct {
	hour  time.Time
	build uint64
	content
}

// checkedDay is the day under which the time of the last whole look is kept.
func checkedDay() time.Time { return time.Unix(0, 0).UTC() }

// Refresh condenses the finished hours of which the ledger holds something else
// than was condensed, the newest days first, and tells how many those were.
func (b *Builder) Refresh(ctx context.Context) (int, error) {
	// Condensing is not to take the ledger from those who ask it.
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(clickhouse.Settings{"max_threads": 1}))
	if err := b.sweep(ctx); err != nil {
		return 0, err
	}
	began := b.opts.Now()
	held, err := b.stamps(ctx)
	if err != nil {
		return 0, fmt.Errorf("compare the condensed hours with the ledger: %w", err)
	}
	known, err := b.known(ctx)
	if err != nil {
		return 0, fmt.Errorf("compare the condensed hours with the ledger: %w", err)
	}
	finished := began.UTC().Add(-b.opts.Grace).Truncate(time.Hour)
	due := map[time.Time]string{}
	for day, s := range held {
		text := s.String()
		if end := day.AddDate(0, 0, 1); end.After(finished) {
			text += "." + finished.Format("15") // hours of this day will still finish
		}
		if known[day] != text && day.Before(finished) {
			due[day] = text
		}
	}
	hours, err := b.refreshDays(ctx, due, finished)
	if err != nil {
		return hours, err
	}
	for day := range known {
		if _, there := held[day]; !there && !day.Equal(checkedDay()) {
			if err := b.forget(ctx, day); err != nil {
				return hours, err
			}
		}
	}
	return hours, b.note(ctx, checkedDay(), "checked", began)
}

// progressEvery is how often a long refresh says how far it is.
const progressEvery = 10 * time.Second

func (b *Builder) refreshDays(ctx context.Context, due map[time.Time]string, finished time.Time) (hours int, err error) {
	defer b.measures.waiting.Set(0)
	told := b.opts.Now()
	for i, day := range newestFirst(due) {
		b.measures.waiting.Set(float64(len(due) - i))
		n, err := b.refreshDay(ctx, day, finished)
		hours += n
		if err != nil {
			return hours, fmt.Errorf("condense %s: %w", day.Format(time.DateOnly), err)
		}
		if err := b.note(ctx, day, due[day], b.opts.Now()); err != nil {
			return hours, err
		}
		if now := b.opts.Now(); now.Sub(told) >= progressEvery {
			told = now
			b.opts.Logger.InfoContext(ctx, "condensing the ledger's hours", "day", day.Format(time.DateOnly), "hours", hours, "days_left", len(due)-i-1)
		}
	}
	return hours, nil
}

// refreshDay condenses the finished hours of a day that differ.
func (b *Builder) refreshDay(ctx context.Context, day, finished time.Time) (int, error) {
	end := day.AddDate(0, 0, 1)
	if end.After(finished) {
		end = finished
	}
	held, err := b.contents(ctx, day, end)
	if err != nil {
		return 0, err
	}
	published, err := b.published(ctx, day, end)
	if err != nil {
		return 0, err
	}
	var stale []built
	var events uint64
	count := 0
	flush := func() error {
		if len(stale) == 0 {
			return nil
		}
		if err := b.build(ctx, stale); err != nil {
			return err
		}
		count += len(stale)
		stale, events = nil, 0
		return nil
	}
	for hour := day; hour.Before(end); hour = hour.Add(time.Hour) {
		old, there := published[hour]
		if there && old.content == held[hour] {
			continue
		}
		if there {
			b.retired = append(b.retired, old)
		}
		if events > 0 && events+held[hour].events > b.opts.Chunk {
			if err := flush(); err != nil {
				return count, err
			}
		}
		stale = append(stale, built{hour: hour, content: held[hour]})
		events += held[hour].events
	}
	return count, flush()
}

// contentsText hashes what buildText reads.
const contentsText = `
SELECT toStartOfHour(time) AS hour, count(), sum(cityHash64(
	site, id, time, account, kind, pool, day, order_id, order_state, disposition, action, status, rules, passed))
FROM events FINAL
WHERE time >= {from:DateTime64(3, 'UTC')} AND time < {to:DateTime64(3, 'UTC')} AND account != ''
GROUP BY hour
`

func (b *Builder) contents(ctx context.Context, from, to time.Time) (map[time.Time]content, error) {
	list, err := database.Read(ctx, b.conn, "what the hours hold", contentsText, bounds(from, to), func(rows driver.Rows, h *built) error {
		return rows.Scan(&h.hour, &h.events, &h.checksum)
	})
	out := map[time.Time]content{}
	for _, h := range list {
		out[h.hour.UTC()] = h.content
	}
	return out, err
}

const publishedText = `
SELECT hour, build, events, checksum FROM digest_hours FINAL
WHERE hour >= {from:DateTime64(3, 'UTC')} AND hour < {to:DateTime64(3, 'UTC')}
`

func (b *Builder) published(ctx context.Context, from, to time.Time) (map[time.Time]built, error) {
	list, err := database.Read(ctx, b.conn, "the condensed hours", publishedText, bounds(from, to), func(rows driver.Rows, h *built) error {
		return rows.Scan(&h.hour, &h.build, &h.events, &h.checksum)
	})
	out := map[time.Time]built{}
	for _, h := range list {
		h.hour = h.hour.UTC()
		out[h.hour] = h
	}
	return out, err
}

// bounds are a period for a query; ClickHouse keeps milliseconds.
func bounds(from, to time.Time) []any {
	return []any{
		clickhouse.DateNamed("from", from.UTC(), clickhouse.MilliSeconds),
		clickhouse.DateNamed("to", to.UTC(), clickhouse.MilliSeconds),
	}
}
