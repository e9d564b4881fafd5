package ledger

import "math"

// MinLabels is the number of labelled accounts on a figure's side under which
// the answer is "not enough data".
const MinLabels = 30

// Figure is a share with its counts and its interval.
type Figure struct {
	Numerator   uint64  `json:"numerator"`
	Denominator uint64  `json:"denominator"`
	Value       float64 `json:"value"` // 0 when the denominator is 0
	// Low and High bound the 95 % interval; 0 and 1 without data.
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	// Effective is how many equally likely units a weighted estimate is worth; 0
	// where nothing was weighted.
	Effective float64 `json:"effective,omitempty"`
	// Enough is false where fewer than MinLabels labelled accounts stand
	// behind the figure: then it must be shown as "not enough data".
	Enough bool `json:"enough"`
}

// NewFigure computes a plain share with its Wilson interval; accounts is how many labelled accounts stand
// behind it.
func NewFigure(numerator, denominator, accounts uint64) Figure {
	f := Figure{Numerator: numerator, Denominator: denominator, Enough: accounts >= MinLabels}
	if denominator > 0 {
		f.Value = float64(numerator) / float64(denominator)
	}
	f.Low, f.High = Wilson(numerator, denominator)
	return f
}

// z95 is the 0.975 quantile of the standard normal distribution.
const z95 = 1.959963984540054

// Wilson returns the 95 % score interval of a proportion of successes in
// trials: 0 and 1 when there are none. It keeps its coverage for small counts
// and for shares near 0 and 1, where the textbook interval collapses.
//
// Source: E. B. Wilson, "Probable inference, the law of succession, and
// statistical inference", JASA 22 (1927) 209–212.
func Wilson(successes, trials uint64) (low, high float64) {
	if trials == 0 {
		return 0, 1
	}
	n, p := float64(trials), float64(min(successes, trials))/float64(trials)
	denominator := 1 + z95*z95/n
	centre := (p + z95*z95/(2*n)) / denominator
	half := z95 / denominator * math.Sqrt(p*(1-p)/n+z95*z95/(4*n*n))
	low, high = max(0, centre-half), min(1, centre+half)
	// At the ends the bound is the end itself; rounding must not move it.
	if successes == 0 {
		low = 0
	}
	if successes >= trials {
		high = 1
	}
	return low, high
}
