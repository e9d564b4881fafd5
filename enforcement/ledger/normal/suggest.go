package normal

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"fairgate/enforcement/ledger/metrics"
	"fairgate/ingest"
)

// Direction is on which side of a threshold a rule fires.
type Direction string

// Directions.
const (
	Above Direction = "above" // feature > threshold
	Below Direction = "below" // known(feature) and feature < threshold
)

// Valid reports whether d is known.
func (d Direction) Valid() bool { return d == Above || d == Below }

// DefaultBudget is the share of ordinary accounts that a threshold may hit
// where nothing else is said.
const DefaultBudget = 0.001

// MaxBudget is the highest share that can be asked for.
const MaxBudget = 0.5

// Suggestion is one threshold for one feature.
type Suggestion struct {
	Feature   string    `json:"feature"`
	Direction Direction `json:"direction"`
	// Enough is false where the data cannot carry the budget; Why says what is
	// missing, and there is no threshold then.
	Enough bool   `json:"enough"`
	Why    string `json:"why,omitempty"`
	// Threshold is the one that catches most within the budget; When is the
	// condition as a rule has it.
	Threshold float64 `json:"threshold"`
	When      string  `json:"when,omitempty"`
	// Expected is the rate at which new ordinary accounts are expected to be
	// hit. FalsePositive is the observed one, of the ordinary accounts, with
	// its 95 % interval; Human the same of those labelled human alone.
	Expected      float64        `json:"expected_rate"`
	FalsePositive metrics.Figure `json:"false_positive_rate"`
	Human         metrics.Figure `json:"labelled_human_rate"`
	// Proven says that the whole interval is within the budget.
	Proven bool `json:"proven"`
	// Caught are the accounts labelled scalper that it would hit, Suspects the
	// unlabelled ones that something was held against already.
	Caught   metrics.Figure `json:"labelled_scalpers_caught"`
	Suspects metrics.Figure `json:"suspects_hit"`
	// WithValue are the ordinary accounts for which the feature had a value.
	WithValue uint64 `json:"with_value"`
}

// Suggestions are the thresholds of a period.
type Suggestions struct {
	Period     metrics.Period `json:"period"` // in whole hours
	Kind       ingest.Kind    `json:"kind,omitempty"`
	Route      string         `json:"route,omitempty"`
	Budget     float64        `json:"budget"`
	Population Population     `json:"population"`
	// Suggestions are sorted by feature, above before below.
	Suggestions []Suggestion `json:"suggestions"`
}

// histogram gives how many accounts of each class have a value as their
// highest and as their lowest.
const histogram = common + `
SELECT feature, direction, extreme, countIf(class = 'human'), countIf(class = 'clean'), countIf(class = 'suspect'), countIf(class = 'scalper')
FROM (
	SELECT v.feature AS feature, s.class AS class, direction,
		if(direction = 'above', v.high, v.low) AS exact,
		exact <= 0 OR isInfinite(exact) OR (exact < 1000 AND exact = trunc(exact)) AS whole,
		floor(log10(if(whole, 1., exact))) - 2. AS exponent,
		multiIf(whole, exact,
			exponent < 0 AND direction = 'above', ceil(exact * pow(10., -exponent)) / pow(10., -exponent),
			exponent < 0, floor(exact * pow(10., -exponent)) / pow(10., -exponent),
			direction = 'above', ceil(exact / pow(10., exponent)) * pow(10., exponent),
			floor(exact / pow(10., exponent)) * pow(10., exponent)) AS extreme
	FROM (
		SELECT feature, account, max(n.high) AS high, min(n.low) AS low
		FROM normal_values AS n
		WHERE site = {site:String} AND ({feature:String} = '' OR feature = {feature:String}) AND bucket < {sample:UInt8}
			AND ({kind:String} = '' OR kind = {kind:String}) AND ({route:String} = '' OR route = {route:String})
			AND hour >= {from:DateTime64(3, 'UTC')} AND hour < {to:DateTime64(3, 'UTC')}
			AND (hour, build) IN (SELECT hour, build FROM published)
		GROUP BY feature, account
	) AS v
	INNER JOIN sorted AS s ON s.account = v.account
	ARRAY JOIN ['above', 'below'] AS direction
)
GROUP BY feature, direction, extreme
ORDER BY feature, direction, extreme
LIMIT 1000000
`

// Suggest proposes thresholds that hit at most the budget of the ordinary
// accounts: for the query's feature, or for each there is. It fails with
// ErrInvalidQuery, or when the ledger cannot be read.
func (r *Reader) Suggest(ctx context.Context, q Query, budget float64) (Suggestions, error) {
	q, err := q.whole()
	if !(budget > 0 && budget <= MaxBudget) {
		err = errors.Join(err, fmt.Errorf("%w: budget %g is not above 0 and at most %g", ErrInvalidQuery, budget, MaxBudget))
	}
	if err != nil {
		return Suggestions{}, err
	}
	params, share, err := r.params(ctx, q)
	if err != nil {
		return Suggestions{}, fmt.Errorf("suggest thresholds: %w", err)
	}
	out := Suggestions{Period: q.Period, Kind: q.Kind, Route: q.Route, Budget: budget, Suggestions: []Suggestion{}}
	if out.Population, err = r.population(ctx, params, share); err != nil {
		return Suggestions{}, fmt.Errorf("suggest thresholds: %w", err)
	}
	all, err := r.distributions(ctx, params)
	if err != nil {
		return Suggestions{}, fmt.Errorf("suggest thresholds: %w", err)
	}
	if len(all) == 0 && q.Feature != "" { // say so, rather than nothing
		all = []distribution{{feature: q.Feature, direction: Above}, {feature: q.Feature, direction: Below}}
	}
	for _, d := range all {
		out.Suggestions = append(out.Suggestions, d.suggest(out.Population, budget))
	}
	return out, nil
}

func (r *Reader) distributions(ctx context.Context, params []any) (_ []distribution, err error) {
	rows, err := r.conn.Query(ctx, histogram, params...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var all []distribution
	for rows.Next() {
		var feature, direction string
		var s step
		if err := rows.Scan(&feature, &direction, &s.value, &s.human, &s.clean, &s.suspect, &s.scalper); err != nil {
			return nil, err
		}
		last := len(all) - 1
		if last < 0 || all[last].feature != feature || all[last].direction != Direction(direction) {
			all = append(all, distribution{feature: feature, direction: Direction(direction)})
			last++
		}
		all[last].steps = append(all[last].steps, s)
	}
	for i := range all {
		if all[i].direction == Above { // most extreme first
			slices.Reverse(all[i].steps)
		}
	}
	return all, rows.Err()
}
