package digest

import (
	"context"
	"errors"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"fairgate/enforcement/ledger/database"
)

// Stretch is a stretch of time: From inclusive, To exclusive.
type Stretch struct{ From, To time.Time }

// Covered says what of a period is condensed.
type Covered struct {
	// Whole is from the first whole hour of the period to its last; empty where
	// nothing is condensed.
	Whole Stretch
	// Plain are the stretches whose events must be read, in order. They may
	// overlap condensed hours: a row counts once however often it is read.
	Plain []Stretch
	// AsOf is when the condensed hours were last compared with the ledger; zero
	// where nothing is condensed.
	AsOf time.Time
}

// maxPlain bounds the stretches of an answer.
const maxPlain = 16

const coverText = `
SELECT hour, (SELECT max(at) FROM digest_days WHERE day = toDate(0)) AS at
FROM digest_hours FINAL
WHERE hour >= {from:DateTime64(3, 'UTC')} AND hour < {to:DateTime64(3, 'UTC')}
ORDER BY hour
`

// unknownTable is ClickHouse's code for a table that is not there.
const unknownTable = 60

// Cover tells what of a period is condensed. Where the tables do not exist,
// because no ledger of this version has run yet, nothing is.
func Cover(ctx context.Context, conn database.Conn, from, to time.Time) (Covered, error) {
	from, to = from.UTC(), to.UTC()
	all := Covered{Plain: []Stretch{{from, to}}}
	first, last := from.Truncate(time.Hour), to.Truncate(time.Hour)
	if first.Before(from) {
		first = first.Add(time.Hour)
	}
	if !first.Before(last) {
		return all, nil
	}
	var asOf time.Time
	hours, err := database.Read(ctx, conn, "the condensed hours", coverText, bounds(first, last), func(rows driver.Rows, hour *time.Time) error {
		return rows.Scan(hour, &asOf)
	})
	var refused *clickhouse.Exception
	if errors.As(err, &refused) && refused.Code == unknownTable {
		return all, nil
	}
	if err != nil || len(hours) == 0 {
		return all, err
	}
	return Covered{Whole: Stretch{first, last}, Plain: between(from, to, hours), AsOf: asOf.UTC()}, nil
}

// between are the stretches of a period outside the given hours, which are in
// order. The closest are joined where there are too many.
func between(from, to time.Time, hours []time.Time) []Stretch {
	var out []Stretch
	at := from
	for _, hour := range hours {
		if hour = hour.UTC(); hour.After(at) {
			out = append(out, Stretch{at, hour})
		}
		at = hour.Add(time.Hour)
	}
	if to.After(at) {
		out = append(out, Stretch{at, to})
	}
	for len(out) > maxPlain {
		closest := 1
		for i := 2; i < len(out); i++ {
			if out[i].From.Sub(out[i-1].To) < out[closest].From.Sub(out[closest-1].To) {
				closest = i
			}
		}
		out[closest-1].To = out[closest].To
		out = append(out[:closest], out[closest+1:]...)
	}
	return out
}
