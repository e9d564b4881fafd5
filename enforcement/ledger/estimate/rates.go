package estimate

import (
	"fairgate/enforcement"
	"fairgate/enforcement/ledger"
)

// Account is a number of alike labelled accounts of a period, each one a unit of
// the audit sample.
type Account struct {
	Count uint64 // how many; 0 is 1
	Label enforcement.LabelValue
	// Probability is with which it was to be sampled, above 0 and at most 1.
	Probability float64
	// Share is which part of the account the unit stands for, 1 divided by the
	// weeks of the period in which it was active; 0 is 1.
	Share float64
	// Attempted says that it tried to book, or, unless it is a scalper, was harmed
	// before it could.
	Attempted, Harmed, Challenged bool
	// Kept says that it kept a ticket.
	Kept bool
	// Intents counts its intents that stock and booking rules did not refuse,
	// Intercepted those of them that Fairgate kept from succeeding; in parts
	// where several accounts share one.
	Intents, Intercepted float64
}

// Rates are the quality figures as an audit sample estimates them.
type Rates struct {
	FalsePositive ledger.Figure `json:"false_positive_rate"`
	Challenged    ledger.Figure `json:"challenged_human_rate"`
	Miss          ledger.Figure `json:"miss_rate"`
	Interception  ledger.Figure `json:"interception_rate"`
	// Unknown is the share of the accounts that tried to book of which nobody
	// can say whether a person stands behind them.
	Unknown ledger.Figure `json:"unknown_rate"`
}

// RatesOf estimates the figures of a period from the sampled accounts whose
// labels are mature. Rows that no sample can hold are left out.
func RatesOf(accounts []Account) Rates {
	var harmed, challenged, missed, intents, unknown []Unit
	for _, a := range accounts {
		count, share := max(a.Count, 1), a.Share
		if share <= 0 || share > 1 {
			share = 1
		}
		add := func(to []Unit, part float64, event bool) []Unit {
			u := Unit{Count: count, Probability: a.Probability, X: part * share}
			if event {
				u.Y = u.X
			}
			return append(to, u)
		}
		if a.Attempted {
			unknown = add(unknown, 1, a.Label == enforcement.LabelUnknown)
		}
		switch {
		case a.Label == enforcement.LabelHuman && a.Attempted:
			harmed, challenged = add(harmed, 1, a.Harmed), add(challenged, 1, a.Challenged)
		case a.Label == enforcement.LabelScalper && a.Attempted:
			missed = add(missed, 1, a.Kept)
		}
		if a.Label == enforcement.LabelScalper && a.Intents > 0 {
			intents = append(intents, Unit{
				Count: count, Probability: a.Probability, X: a.Intents * share, Y: a.Intercepted * share,
			})
		}
	}
	return Rates{
		FalsePositive: figure(harmed), Challenged: figure(challenged), Miss: figure(missed),
		Interception: figure(intents), Unknown: figure(unknown),
	}
}

// figure is a share in the form in which all figures are given: its counts are
// those of the sampled units, its value and interval the population's.
func figure(units []Unit) ledger.Figure {
	e := Ratio(units)
	return ledger.Figure{
		Numerator: e.Events, Denominator: e.Units, Value: e.Value, Low: e.Low, High: e.High,
		Effective: e.Effective, Enough: e.Units >= ledger.MinLabels,
	}
}
