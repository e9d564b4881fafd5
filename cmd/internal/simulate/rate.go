package simulate

import "fairgate/enforcement/ledger"

// Rate is a share with its counts and its 95 % interval (ledger.Wilson).
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
	r.Low, r.High = ledger.Wilson(uint64(n), uint64(d)) //nolint:gosec // counts are never negative
	return r
}
