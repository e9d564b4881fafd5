package backtest

import (
	"context"
	"fmt"

	"fairgate/enforcement/ledger"
)

// People knows of which accounts there is evidence that a person stands behind
// them, although nobody labelled them: checked in at the venue, cleared, or long
// known and never flagged (enforcement/budget). Implementations are safe for
// concurrent use.
type People interface {
	// People counts those of the accounts.
	People(ctx context.Context, site string, accounts []string) (int, error)
}

// Evident is how many of the accounts that are newly blocked, and that nobody
// labelled a person or a scalper, have evidence of a person. It stands in for
// the figures by label where too few are labelled.
type Evident struct {
	People uint64 `json:"people" doc:"Newly blocked, with evidence of a person"`
	Asked  uint64 `json:"asked" doc:"Newly blocked without a label: at most the first 10,000"`
	// Tried are all accounts that tried to book. As people are no more than
	// these, People by Tried is the least share of people that is harmed.
	Tried uint64 `json:"tried"`
}

// Share is the least share of people that is newly blocked.
func (e *Evident) Share() float64 {
	if e.Tried == 0 {
		return 0
	}
	return float64(e.People) / float64(max(e.Tried, e.People))
}

// evidence asks for evidence and says in the report what came of it. That it
// cannot be had must not cost the run.
func (c *comparison) evidence(ctx context.Context, r *Comparison) {
	if figure := r.New.FalsePositive; !figure.Enough {
		r.Notes = append(r.Notes, fmt.Sprintf("Too few people are labelled (%d, of at least %d) to say how many the new version harms.",
			figure.Denominator, ledger.MinLabels))
	}
	if c.o.People == nil {
		return
	}
	bySite, out := map[string][]string{}, &Evident{Tried: r.Tried.Number}
	for id, one := range c.tally.evident {
		if a := c.tally.accounts[id]; a.next == blocked && a.against < blocked {
			bySite[one.site] = append(bySite[one.site], one.account)
			out.Asked++
		}
	}
	for site, accounts := range bySite {
		n, err := c.o.People.People(ctx, site, accounts)
		if err != nil {
			r.Notes = append(r.Notes, fmt.Sprintf("Evidence of the people among the %d newly blocked could not be read: %v.", out.Asked, err))
			return
		}
		out.People += uint64(max(n, 0))
	}
	r.Evident = out
	if out.Asked > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf(
			"Of %d newly blocked accounts without a label %d have evidence of a person: checked in, cleared, or long known and never flagged.",
			out.Asked, out.People))
	}
}
