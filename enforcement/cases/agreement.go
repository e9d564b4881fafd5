package cases

import (
	"context"
	"errors"
	"fmt"

	"fairgate/enforcement"
)

// Agreement says how well two people agree who judged the same accounts, neither
// knowing the other's opinion.
type Agreement struct {
	Pairs int `json:"pairs"`
	Same  int `json:"same"`
	// Percent is how many of the pairs agree; Kappa is how far beyond chance they
	// do: 1 is always, 0 as by chance. Both are 0 without pairs.
	Percent float64 `json:"percent"`
	Kappa   float64 `json:"kappa"`
}

// AgreementOf computes the agreement of pairs of opinions, counted by the first
// and the second one's value.
//
// Source: J. Cohen, "A coefficient of agreement for nominal scales", Educational
// and Psychological Measurement 20 (1960) 37–46. Where all of both are the same
// value chance alone would agree, and kappa is 1.
func AgreementOf(pairs map[[2]enforcement.LabelValue]int) Agreement {
	var a Agreement
	first, second := map[enforcement.LabelValue]float64{}, map[enforcement.LabelValue]float64{}
	for pair, n := range pairs {
		a.Pairs += n
		if pair[0] == pair[1] {
			a.Same += n
		}
		first[pair[0]] += float64(n)
		second[pair[1]] += float64(n)
	}
	if a.Pairs == 0 {
		return a
	}
	n := float64(a.Pairs)
	observed, chance := float64(a.Same)/n, 0.0
	for _, value := range []enforcement.LabelValue{enforcement.LabelHuman, enforcement.LabelScalper, enforcement.LabelUnknown} {
		chance += first[value] / n * second[value] / n
	}
	a.Percent, a.Kappa = 100*observed, 1
	if chance < 1 {
		a.Kappa = (observed - chance) / (1 - chance)
	}
	return a
}

// SampleCount says how far the judging of a stratum has come.
type SampleCount struct {
	Stratum Stratum `json:"stratum"`
	Drawn   int     `json:"drawn"`
	Judged  int     `json:"judged"` // at least once
	Waiting int     `json:"waiting"`
}

// SampleStanding is how the audit sample stands.
type SampleStanding struct {
	Strata    []SampleCount `json:"strata"`
	Agreement Agreement     `json:"agreement"`
}

// Sample counts what was drawn at a site and how its reviewers agree.
func (s *Service) Sample(ctx context.Context, site string) (standing SampleStanding, err error) {
	standing.Strata = []SampleCount{}
	rows, err := s.db.Read.QueryContext(ctx, `SELECT stratum, COUNT(*), SUM(CASE WHEN state <> 'open' THEN 1 ELSE 0 END),
 SUM(CASE WHEN state <> 'done' THEN 1 ELSE 0 END) FROM audit_sample WHERE site = $1 GROUP BY stratum ORDER BY stratum`, site)
	if err != nil {
		return standing, fmt.Errorf("count the audit sample: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var c SampleCount
		if err := rows.Scan(&c.Stratum, &c.Drawn, &c.Judged, &c.Waiting); err != nil {
			return standing, fmt.Errorf("count the audit sample: %w", err)
		}
		standing.Strata = append(standing.Strata, c)
	}
	if err := rows.Err(); err != nil {
		return standing, fmt.Errorf("count the audit sample: %w", err)
	}
	pairs, err := s.pairs(ctx, site)
	standing.Agreement = AgreementOf(pairs)
	return standing, err
}

// pairs counts the opinions about accounts that two people judged, by the first
// and the second one's.
func (s *Service) pairs(ctx context.Context, site string) (pairs map[[2]enforcement.LabelValue]int, err error) {
	rows, err := s.db.Read.QueryContext(ctx, `SELECT a.value, b.value, COUNT(*) FROM audit_sample s
 JOIN opinions a ON a.subject = s.id
 JOIN opinions b ON b.subject = s.id AND (a.at < b.at OR (a.at = b.at AND a.reviewer < b.reviewer))
 WHERE s.site = $1 AND s.twice = 1 GROUP BY a.value, b.value`, site)
	if err != nil {
		return nil, fmt.Errorf("count pairs of opinions: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	pairs = map[[2]enforcement.LabelValue]int{}
	for rows.Next() {
		var pair [2]enforcement.LabelValue
		var n int
		if err := rows.Scan(&pair[0], &pair[1], &n); err != nil {
			return nil, fmt.Errorf("count pairs of opinions: %w", err)
		}
		pairs[pair] = n
	}
	return pairs, rows.Err()
}
