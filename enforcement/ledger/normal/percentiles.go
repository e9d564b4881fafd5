package normal

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"fairgate/enforcement/ledger/metrics"
	"fairgate/ingest"
)

// By is what percentiles are given for, one row each.
type By string

// What percentiles can be given for.
const (
	ByFeature By = "feature" // the whole period; the only one without a feature
	ByHour    By = "hour"    // of the day in the venue's zone, 0 to 23
	ByDay     By = "day"     // in the venue's zone
	ByRoute   By = "route"
	ByKind    By = "kind"
)

// Valid reports whether b is known.
func (b By) Valid() bool {
	switch b {
	case ByFeature, ByHour, ByDay, ByRoute, ByKind:
		return true
	default:
		return false
	}
}

// expression is what a row is named by, in SQL.
func (b By) expression() string {
	switch b {
	case ByHour:
		return "leftPad(toString(toHour(toTimeZone(hour, {zone:String}))), 2, '0')"
	case ByDay:
		return "toString(toDate(toTimeZone(hour, {zone:String})))"
	case ByRoute:
		return "route"
	case ByKind:
		return "kind"
	default:
		return "feature"
	}
}

// Levels are the percentiles that are given.
func Levels() []float64 { return []float64{1, 5, 25, 50, 75, 90, 95, 99, 99.9} }

// Percentile is a value that Level percent of the accounts do not exceed.
type Percentile struct {
	Level float64 `json:"level"`
	Value float64 `json:"value"`
}

// Row are the percentiles of one hour, day, route, kind or feature.
type Row struct {
	Of string `json:"of"`
	// Accounts are the ordinary ones for which the feature had a value.
	Accounts uint64 `json:"accounts"`
	// Enough is false below metrics.MinLabels accounts: the row must then be
	// shown as "not enough data".
	Enough bool `json:"enough"`
	// High are the percentiles of each account's highest value, Low of its
	// lowest. Levels with less than one account beyond them are left out.
	High []Percentile `json:"high"`
	Low  []Percentile `json:"low"`
}

// Behaviour is how ordinary accounts behaved.
type Behaviour struct {
	Period     metrics.Period `json:"period"` // in whole hours
	Zone       string         `json:"zone"`
	Feature    string         `json:"feature,omitempty"`
	Kind       ingest.Kind    `json:"kind,omitempty"`
	Route      string         `json:"route,omitempty"`
	By         By             `json:"by"`
	Population Population     `json:"population"`
	Rows       []Row          `json:"rows"`
	// Cut says that there are more rows than are given.
	Cut bool `json:"cut"`
}

// maxRows bounds the rows of an answer.
const maxRows = 1000

// percentiles needs two expressions: what a row is named by, and the levels.
const percentiles = common + `
SELECT slot, count() AS accounts, quantilesExact(%[2]s)(high) AS highs, quantilesExact(%[2]s)(low) AS lows
FROM (
	SELECT %[1]s AS slot, account, max(v.high) AS high, min(v.low) AS low
	FROM normal_values AS v
	WHERE site = {site:String} AND ({feature:String} = '' OR feature = {feature:String}) AND bucket < {sample:UInt8}
		AND ({kind:String} = '' OR kind = {kind:String}) AND ({route:String} = '' OR route = {route:String})
		AND hour >= {from:DateTime64(3, 'UTC')} AND hour < {to:DateTime64(3, 'UTC')}
		AND (hour, build) IN (SELECT hour, build FROM published)
	GROUP BY slot, account
)
WHERE account IN (SELECT account FROM sorted WHERE class IN ('human', 'clean'))
GROUP BY slot
ORDER BY slot
LIMIT %[3]d
`

// Percentiles tells how ordinary accounts behaved in a period. It fails with
// ErrInvalidQuery, or when the ledger cannot be read.
func (r *Reader) Percentiles(ctx context.Context, q Query, by By) (Behaviour, error) {
	q, err := q.whole()
	if !by.Valid() {
		err = errors.Join(err, fmt.Errorf("%w: by %q is none of feature, hour, day, route, kind", ErrInvalidQuery, by))
	}
	if q.Feature == "" && by != ByFeature {
		err = errors.Join(err, fmt.Errorf("%w: by %s needs a feature", ErrInvalidQuery, by))
	}
	if err != nil {
		return Behaviour{}, err
	}
	params, share, err := r.params(ctx, q)
	if err != nil {
		return Behaviour{}, fmt.Errorf("normal behaviour: %w", err)
	}
	out := Behaviour{Period: q.Period, Zone: r.o.Zone, Feature: q.Feature, Kind: q.Kind, Route: q.Route, By: by}
	if out.Population, err = r.population(ctx, params, share); err != nil {
		return Behaviour{}, fmt.Errorf("normal behaviour: %w", err)
	}
	if out.Rows, err = r.rows(ctx, by, params); err != nil {
		return Behaviour{}, fmt.Errorf("normal behaviour: %w", err)
	}
	if len(out.Rows) > maxRows {
		out.Rows, out.Cut = out.Rows[:maxRows], true
	}
	return out, nil
}

func (r *Reader) rows(ctx context.Context, by By, params []any) (_ []Row, err error) {
	rows, err := r.conn.Query(ctx, fmt.Sprintf(percentiles, by.expression(), fractions(), maxRows+1), params...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	out := []Row{}
	for rows.Next() {
		var row Row
		var highs, lows []float64
		if err := rows.Scan(&row.Of, &row.Accounts, &highs, &lows); err != nil {
			return nil, err
		}
		row.Enough = row.Accounts >= metrics.MinLabels
		row.High, row.Low = levels(highs, row.Accounts, up), levels(lows, row.Accounts, down)
		out = append(out, row)
	}
	return out, rows.Err()
}

// fractions are the levels as SQL has them.
func fractions() string {
	all := make([]string, 0, len(Levels()))
	for _, level := range Levels() {
		all = append(all, strconv.FormatFloat(level/100, 'g', -1, 64))
	}
	return strings.Join(all, ", ")
}

// levels pairs the values with their levels, as far as the number of accounts
// carries them.
func levels(values []float64, accounts uint64, round func(float64) float64) []Percentile {
	out := []Percentile{}
	for i, level := range Levels() {
		if beyond := min(level, 100-level) / 100 * float64(accounts); i < len(values) && beyond >= 1-1e-9 {
			out = append(out, Percentile{Level: level, Value: round(values[i])})
		}
	}
	return out
}

// up and down round to three significant digits; whole numbers below 1,000
// stay as they are.
func up(v float64) float64   { return digits(v, math.Ceil) }
func down(v float64) float64 { return digits(v, math.Floor) }

func digits(v float64, whole func(float64) float64) float64 {
	if v <= 0 || math.IsInf(v, 0) || math.IsNaN(v) || (v < 1000 && v == math.Trunc(v)) {
		return v
	}
	exponent := math.Floor(math.Log10(v)) - 2
	if exponent < 0 { // dividing by a whole power of ten leaves the nearest float
		scale := math.Pow(10, -exponent)
		return whole(v*scale) / scale
	}
	scale := math.Pow(10, exponent)
	return whole(v/scale) * scale
}
