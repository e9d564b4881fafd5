package metrics

import "fairgate/enforcement/ledger"

// MinLabels is the number of labelled accounts on a figure's side under which
// the answer is "not enough data".
const MinLabels = ledger.MinLabels

// Figure is a share with its counts and its interval.
type Figure = ledger.Figure

// NewFigure computes a share with its interval; accounts is how many accounts
// stand behind it.
func NewFigure(numerator, denominator, accounts uint64) Figure {
	return ledger.NewFigure(numerator, denominator, accounts)
}
