package bench

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"fairgate/enforcement/ledger/archive"
	"fairgate/enforcement/ledger/chdb"
	"fairgate/enforcement/ledger/database"
)

// The events are made by the engine itself: a row that travels costs more than
// one that is counted out there.
//
//go:embed consolefill/*.sql
var fillTexts embed.FS

// fillChunk bounds the events of one statement.
const fillChunk = 200_000

// filler makes a scratch ledger of sessions of people and machines.
type filler struct {
	conn database.Conn
	o    ConsoleOptions
}

// fillLedger makes the days that are missing, the newest first, and tells how
// many events there are and on which day they end.
func fillLedger(ctx context.Context, engine *chdb.Supervisor, o ConsoleOptions) (events uint64, end time.Time, err error) {
	store, err := archive.Open(engine.Writer(), archive.Options{})
	if err != nil {
		return 0, end, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := store.Migrate(ctx); err != nil {
		return 0, end, err
	}
	f := filler{o: o}
	if f.conn, err = database.Open(engine.Writer()); err != nil {
		return 0, end, err
	}
	defer func() { err = errors.Join(err, f.conn.Close()) }()
	have, end, err := f.have(ctx)
	if err != nil {
		return 0, end, err
	}
	perDay := max(o.Events/o.Days, 25)
	for n := range o.Days {
		day := end.AddDate(0, 0, -n-1)
		if have[day.Format(time.DateOnly)] > 0 {
			continue
		}
		if err := f.day(ctx, day, perDay); err != nil {
			return 0, end, fmt.Errorf("fill %s: %w", day.Format(time.DateOnly), err)
		}
		_, _ = fmt.Fprintf(o.Out, "%s: %d events\n", day.Format(time.DateOnly), perDay)
	}
	if err := f.labels(ctx, end); err != nil {
		return 0, end, err
	}
	row := f.conn.QueryRow(ctx, "SELECT count() FROM events")
	return events, end, errors.Join(row.Scan(&events), row.Err())
}

// have are the events of the days that are there, and the end of the last one;
// without any it is tonight.
func (f filler) have(ctx context.Context) (map[string]uint64, time.Time, error) {
	days, end := map[string]uint64{}, time.Time{}
	rows, err := f.conn.Query(ctx, "SELECT toString(toDate(time)) AS day, count() FROM events GROUP BY day")
	if err != nil {
		return nil, end, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		var n uint64
		if err := rows.Scan(&name, &n); err != nil {
			return nil, end, err
		}
		day, err := time.Parse(time.DateOnly, name)
		if err != nil {
			return nil, end, err
		}
		days[name] = n
		if next := day.AddDate(0, 0, 1); next.After(end) {
			end = next
		}
	}
	if end.IsZero() {
		end = time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 1)
	}
	return days, end, rows.Err()
}

func (f filler) day(ctx context.Context, day time.Time, events int) error {
	params := f.params(day, day.AddDate(0, 0, 1))
	for first := 0; first < events; first += fillChunk {
		chunk := append(params, clickhouse.Named("first", first), clickhouse.Named("events", min(fillChunk, events-first)), clickhouse.Named("accounts", f.o.Accounts))
		if err := f.run(ctx, "events", chunk); err != nil {
			return err
		}
	}
	return errors.Join(f.run(ctx, "verdicts", params), f.run(ctx, "outcomes", params))
}

// labels are those of all days; made again they are the same.
func (f filler) labels(ctx context.Context, end time.Time) error {
	return f.run(ctx, "labels", append(f.params(end.AddDate(0, 0, -f.o.Days), end), clickhouse.Named("days", f.o.Days)))
}

func (f filler) params(from, to time.Time) []any {
	return []any{
		clickhouse.Named("site", benchSite), clickhouse.DateNamed("from", from, clickhouse.MilliSeconds),
		clickhouse.DateNamed("to", to, clickhouse.MilliSeconds),
	}
}

func (f filler) run(ctx context.Context, name string, params []any) error {
	text, err := fillTexts.ReadFile("consolefill/" + name + ".sql")
	if err != nil {
		return err
	}
	if err := f.conn.Exec(ctx, string(text), params...); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
