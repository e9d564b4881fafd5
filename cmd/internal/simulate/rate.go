package simulate

import "math"

// Rate is a share with its counts and its 95 % interval.
type Rate struct {
	Numerator   int     `json:"numerator"`
	Denominator int     `json:"denominator"`
	Value       float64 `json:"value"`
	Low         float64 `json:"low"`
	High        float64 `json:"high"`
}

func rate(n, d int) Rate {
	r := Rate{Numerator: n, Denominator: d}
	if d > 0 {
		r.Value = float64(n) / float64(d)
	}
	r.Low, r.High = wilson(n, d)
	return r
}

// z95 is the standard normal's 97.5th percentile.
const z95 = 1.959963984540054

// wilson is the score interval of a share at 95 % (E. B. Wilson, Journal of the
// American Statistical Association 22, 1927): of nothing, all is possible.
func wilson(n, d int) (low, high float64) {
	if d == 0 {
		return 0, 1
	}
	p, m := float64(n)/float64(d), float64(d)
	centre := (p + z95*z95/(2*m)) / (1 + z95*z95/m)
	half := z95 / (1 + z95*z95/m) * math.Sqrt(p*(1-p)/m+z95*z95/(4*m*m))
	return max(0, centre-half), min(1, centre+half)
}
