package metrics

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Step is how long each point of a series is.
type Step string

// Steps. Days begin at the venue's midnight.
const (
	Hourly Step = "hour"
	Daily  Step = "day"
)

// Valid reports whether s is a known step.
func (s Step) Valid() bool { return s == Hourly || s == Daily }

// Longest is the longest period of a series: its points must fit on a page.
func (s Step) Longest() time.Duration {
	if s == Hourly {
		return 14 * 24 * time.Hour
	}
	return 190 * 24 * time.Hour
}

// ErrInvalidSeries reports a step that is not known, or a period too long for it.
var ErrInvalidSeries = errors.New("invalid series")

// SeriesFilter says which series is wanted.
type SeriesFilter struct {
	Filter
	Step Step
	// ByPool gives a series for each pool in place of one for all.
	ByPool bool
	// Zone is the venue's, by name. Default UTC.
	Zone string
}

// Point is one stretch of a series. Its figures are plain shares of the accounts
// that happen to be labelled, with intervals: single hours have too few sampled
// ones to weight them. An account counts in every stretch in which it did
// something.
type Point struct {
	At   time.Time `json:"at" doc:"When the stretch begins"`
	Pool string    `json:"pool,omitempty" doc:"Of series by pool; empty: requests that name none"`
	// FalsePositive, Challenged, Miss and Interception are as in Quality; an order
	// belongs to the stretch in which it was submitted, an intent to that of its
	// first request.
	FalsePositive Figure `json:"false_positive_rate"`
	Challenged    Figure `json:"challenged_human_rate"`
	Miss          Figure `json:"miss_rate"`
	Interception  Figure `json:"interception_rate"`
}

// Series gives the figures over time, the oldest first; stretches without
// labelled accounts are left out. It fails with ErrInvalidPeriod or
// ErrInvalidSeries, or when the ledger cannot be read.
func (r *Reader) Series(ctx context.Context, period Period, filter SeriesFilter) ([]Point, error) {
	if err := period.validate(); err != nil {
		return nil, fmt.Errorf("quality over time: %w", err)
	}
	if !filter.Step.Valid() || period.To.Sub(period.From) > filter.Step.Longest() {
		return nil, fmt.Errorf("%w: step %q (want hour or day) over %s (an hour's may have 14 days, a day's 190)", ErrInvalidSeries, filter.Step, period.To.Sub(period.From))
	}
	from, err := r.source(ctx, period, cmp.Or(filter.Zone, "UTC"))
	if err != nil {
		return nil, fmt.Errorf("quality over time: %w", err)
	}
	zone, err := time.LoadLocation(cmp.Or(filter.Zone, "UTC"))
	if err != nil {
		return nil, fmt.Errorf("%w: zone: %w", ErrInvalidSeries, err)
	}
	f, err := r.facts(ctx, from, append(r.params(period, filter.Filter), from.params...))
	if err != nil {
		return nil, fmt.Errorf("quality over time: %w", err)
	}
	points := f.tally(slots{stretch: stretches(filter.Step, zone), byPool: filter.ByPool})
	out := make([]Point, 0, len(points))
	for key, c := range points {
		out = append(out, Point{
			At: time.Unix(key.at, 0).UTC(), Pool: key.pool,
			FalsePositive: NewFigure(c.harmed, c.tried, c.tried), Challenged: NewFigure(c.challenged, c.tried, c.tried),
			Miss: NewFigure(c.kept, c.hostile, c.hostile), Interception: NewFigure(c.intercepted, c.wanted, c.hostile),
		})
	}
	slices.SortFunc(out, func(a, b Point) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Pool, b.Pool)) })
	return out, nil
}

// stretches tell when the hour or day of a moment began at the venue.
func stretches(step Step, zone *time.Location) func(instant) int64 {
	return func(at instant) int64 {
		t := time.UnixMilli(at.ms).In(zone)
		y, m, d := t.Date()
		if step == Daily {
			return time.Date(y, m, d, 0, 0, 0, 0, zone).Unix()
		}
		_, offset := t.Zone()
		local := at.ms/1000 + int64(offset)
		return local - local%3600 - int64(offset)
	}
}
