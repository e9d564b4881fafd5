package digest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"fairgate/enforcement/ledger/database"
)

// stamp is the state of one day's data parts: the number of the last block
// that was inserted into the day, and of the last deletion. Merging changes
// neither, and nothing else changes the day's rows.
type stamp struct{ block, mutation int64 }

func (s stamp) String() string {
	return strconv.FormatInt(s.block, 10) + "." + strconv.FormatInt(s.mutation, 10)
}

// partsText reads no column that holds anything: the names come from the parts.
const partsText = `SELECT DISTINCT _part FROM events`

// stamps are those of all days in the ledger.
func (b *Builder) stamps(ctx context.Context) (map[time.Time]stamp, error) {
	names, err := database.Read(ctx, b.conn, "the parts of the events", partsText, nil, func(rows driver.Rows, name *string) error { return rows.Scan(name) })
	if err != nil {
		return nil, err
	}
	days := map[time.Time]stamp{}
	for _, name := range names {
		day, s, err := parsePart(name)
		if err != nil {
			return nil, err
		}
		old := days[day]
		days[day] = stamp{max(old.block, s.block), max(old.mutation, s.mutation)}
	}
	return days, nil
}

// parsePart reads a part's name: partition, first and last block, level and,
// after a mutation, its number, separated by underscores.
func parsePart(name string) (day time.Time, s stamp, err error) {
	fields := strings.Split(name, "_")
	if len(fields) < 4 {
		return day, s, fmt.Errorf("the name of part %q has not four fields", name)
	}
	if day, err = time.Parse("20060102", fields[0]); err != nil {
		return day, s, fmt.Errorf("the name of part %q begins with no day: %w", name, err)
	}
	if s.block, err = strconv.ParseInt(fields[2], 10, 64); err != nil {
		return day, s, fmt.Errorf("the name of part %q has no last block: %w", name, err)
	}
	if len(fields) > 4 {
		if s.mutation, err = strconv.ParseInt(fields[4], 10, 64); err != nil {
			return day, s, fmt.Errorf("the name of part %q has no mutation: %w", name, err)
		}
	}
	return day, s, nil
}

// seenDay is a day as it was when its hours were last compared.
type seenDay struct{ day, stamp string }

const knownText = `SELECT toString(day), stamp FROM digest_days FINAL WHERE stamp != ''`

// known are the stamps of the days as they were last compared.
func (b *Builder) known(ctx context.Context) (map[time.Time]string, error) {
	list, err := database.Read(ctx, b.conn, "the condensed days", knownText, nil, func(rows driver.Rows, d *seenDay) error {
		return rows.Scan(&d.day, &d.stamp)
	})
	if err != nil {
		return nil, err
	}
	out := map[time.Time]string{}
	for _, d := range list {
		day, err := time.Parse(time.DateOnly, d.day)
		if err != nil {
			return nil, fmt.Errorf("read the condensed days: %w", err)
		}
		out[day] = d.stamp
	}
	return out, nil
}

const noteText = `INSERT INTO digest_days (day, stamp, at) VALUES ({day:Date}, {stamp:String}, {at:DateTime64(6, 'UTC')})`

// note keeps a day's stamp, as of a moment.
func (b *Builder) note(ctx context.Context, day time.Time, text string, at time.Time) error {
	err := b.conn.Exec(ctx, noteText, clickhouse.Named("day", day.Format(time.DateOnly)), clickhouse.Named("stamp", text),
		clickhouse.DateNamed("at", at.UTC(), clickhouse.MicroSeconds))
	if err != nil {
		return fmt.Errorf("note that %s is condensed: %w", day.Format(time.DateOnly), err)
	}
	return nil
}

// forget drops what is condensed of a day that the ledger has dropped.
func (b *Builder) forget(ctx context.Context, day time.Time) error {
	from, to := clickhouse.DateNamed("from", day, clickhouse.Seconds), clickhouse.DateNamed("to", day.AddDate(0, 0, 1), clickhouse.Seconds)
	for _, statement := range []string{
		"DELETE FROM digest_hours WHERE hour >= {from:DateTime('UTC')} AND hour < {to:DateTime('UTC')}",
		"ALTER TABLE digest_rows DROP PARTITION " + day.Format("20060102"),
	} {
		if err := b.conn.Exec(ctx, statement, from, to); err != nil {
			return fmt.Errorf("drop what is condensed of %s: %w", day.Format(time.DateOnly), err)
		}
	}
	return b.note(ctx, day, "", b.opts.Now())
}

// newestFirst are the days of a map, the newest first.
func newestFirst[V any](days map[time.Time]V) []time.Time {
	list := slices.SortedFunc(maps.Keys(days), time.Time.Compare)
	slices.Reverse(list)
	return list
}
