package normal

import (
	"fmt"
	"math"
	"strconv"

	"fairgate/enforcement/ledger/metrics"
)

// step is one value and how many accounts of each class have it as their most
// extreme.
type step struct {
	value                          float64
	human, clean, suspect, scalper uint64
}

// distribution is one feature's most extreme values by account, the most
// extreme first.
type distribution struct {
	feature   string
	direction Direction
	steps     []step
}

// suggest looks for the threshold that catches most while the expected rate
// among ordinary accounts stays within the budget.
//
// The expected rate is (k+1)/(n+1) where k of n ordinary accounts are beyond
// it: the threshold is chosen from the same accounts as those counted, and the
// chance that the next account is beyond the (k+1)-th most extreme value of n
// is that, whatever the distribution (less where values are tied). The plain
// k/n would be too good, above all at k = 0. Source: S. S. Wilks,
// "Determination of sample sizes for setting tolerance limits", Annals of
// Mathematical Statistics 12 (1941) 91–96.
func (d distribution) suggest(p Population, budget float64) Suggestion {
	out := Suggestion{Feature: d.feature, Direction: d.direction}
	var all, hit step
	for _, s := range d.steps {
		all.add(s)
	}
	out.WithValue = all.human + all.clean
	if out.Why = tooFew(p.Ordinary, out.WithValue, budget); out.Why != "" {
		return out
	}
	// A threshold at a step's value hits what lies beyond the step.
	for i, s := range d.steps {
		next := hit
		next.add(s)
		if i == len(d.steps)-1 || expected(next.human+next.clean, p.Ordinary) > budget {
			out.at(s.value, hit, p, budget)
			break
		}
		hit = next
	}
	return out
}

// tooFew says what is missing for a budget, or nothing.
func tooFew(ordinary, withValue uint64, budget float64) string {
	need := max(metrics.MinLabels, uint64(math.Ceil(1/budget-1e-9))-1)
	switch {
	case ordinary < need:
		return fmt.Sprintf("not enough data: %d ordinary accounts, at least %d are needed for a budget of %s",
			ordinary, need, Percent(budget))
	case withValue == 0:
		return "not enough data: the feature had no value for any ordinary account"
	default:
		return ""
	}
}

func expected(beyond, of uint64) float64 { return float64(beyond+1) / float64(of+1) }

// at fills in what a threshold does.
func (s *Suggestion) at(threshold float64, hit step, p Population, budget float64) {
	s.Enough, s.Threshold = true, threshold
	number := strconv.FormatFloat(threshold, 'f', -1, 64)
	s.When = s.Feature + " > " + number
	if s.Direction == Below {
		s.When = "known(" + s.Feature + ") and " + s.Feature + " < " + number
	}
	s.Expected = expected(hit.human+hit.clean, p.Ordinary)
	s.FalsePositive = figure(hit.human+hit.clean, p.Ordinary)
	s.Human, s.Caught, s.Suspects = figure(hit.human, p.Human), figure(hit.scalper, p.Scalper), figure(hit.suspect, p.Suspect)
	s.Proven = s.FalsePositive.High <= budget
}

func (s *step) add(t step) {
	s.human += t.human
	s.clean += t.clean
	s.suspect += t.suspect
	s.scalper += t.scalper
}

// figure is a share of accounts.
func figure(part, of uint64) metrics.Figure { return metrics.NewFigure(part, of, of) }

// Percent writes a share as a percentage with up to three decimals.
func Percent(share float64) string {
	return strconv.FormatFloat(math.Round(share*1e5)/1e3, 'f', -1, 64) + " %"
}
