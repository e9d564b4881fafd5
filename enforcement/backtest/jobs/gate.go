package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fairgate/enforcement/ledger"
	"fairgate/rules"
	"fairgate/rules/life"
)

// Gate asks, before a ruleset is published, for a backtest of exactly that
// version over at least yesterday's traffic, and objects where it harms more
// people than the budget. Where yesterday had no traffic none is asked for, and
// one over another period is judged if there is one. Its author cannot propose
// such a version; what was put forward otherwise a second person may publish all
// the same.
type Gate struct {
	jobs   *Service
	budget float64
	loc    *time.Location
}

var _ life.Gate = (*Gate)(nil)

// DefaultBudget is the share of human accounts that a ruleset may harm.
const DefaultBudget = 0.001

// NewGate returns the gate of a budget, a share above 0; days are the venue's.
func (s *Service) NewGate(budget float64, loc *time.Location) *Gate {
	return &Gate{jobs: s, budget: budget, loc: loc}
}

// Check implements life.Gate. A ledger that cannot be read is an objection, not
// an error: rules must be changeable while it is away.
func (g *Gate) Check(ctx context.Context, _, next *rules.Program) ([]life.Objection, error) {
	y, m, d := g.jobs.o.Now().In(g.loc).Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, g.loc)
	from, to := time.Date(y, m, d-1, 0, 0, 0, 0, g.loc), today
	extent, err := g.jobs.source.Extent(ctx, from, to)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return unknown("The ledger cannot be read now, so it is not known whom version %s would harm on yesterday's traffic.", next.Version()), nil
	}
	if extent.Events == 0 { // nobody came; what is known of other days counts
		job, err := g.jobs.Latest(ctx, next.Version())
		if errors.Is(err, ErrNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return g.judge(job), nil
	}
	job, err := g.jobs.Covering(ctx, next.Version(), extent.First, extent.Last.Add(time.Millisecond))
	if errors.Is(err, ErrNotFound) {
		return objection("There is no finished backtest of version %s over yesterday's traffic (%s to %s); run one first.",
			next.Version(), extent.First.In(g.loc).Format(time.DateTime), extent.Last.In(g.loc).Format(time.DateTime)), nil
	}
	if err != nil {
		return nil, err
	}
	return g.judge(job), nil
}

// judge compares a backtest's figures with the budget: by their point estimate
// where enough people are labelled; where not, a single person newly blocked is
// too many, and so is a share above the budget of accounts with evidence of a
// person. Without a label and without evidence nobody is taken for a person: the
// result's notes tell the second person that labels were too few.
func (g *Gate) judge(job Job) []life.Objection {
	r := job.Result
	if r == nil {
		return nil
	}
	figure, what := r.New.FalsePositive, "block"
	if newly := r.NewlyHarmed; r.Against != nil && newly.Value > figure.Value {
		figure, what = newly, "newly block"
	}
	switch {
	case figure.Enough && figure.Value > g.budget:
		over := objection("Version %s would %s %s, more than the budget of %s (backtest %s).",
			job.Version, what, people(figure), percent(g.budget), job.ID)
		over[0].Harm = &life.Harm{People: figure.Numerator, Of: figure.Denominator, Low: figure.Low, High: figure.High, Limit: g.budget}
		return over
	case !figure.Enough && r.Against != nil && r.NewlyBlocked.Human > 0:
		return objection("Version %s would newly block %d of the only %d people that are labelled (backtest %s).",
			job.Version, r.NewlyBlocked.Human, r.NewlyHarmed.Denominator, job.ID)
	case !figure.Enough && r.Against == nil && figure.Numerator > 0:
		return objection("Version %s would block %d of the only %d people that are labelled (backtest %s).",
			job.Version, figure.Numerator, figure.Denominator, job.ID)
	case !figure.Enough && r.Evident != nil && r.Evident.Share() > g.budget:
		return objection("Version %s would newly block %d accounts that a person stands behind by the evidence there is (checked in, cleared, or long known and never flagged), of %d that tried to book: at least %s of people, more than the budget of %s. Only %d people are labelled (backtest %s).",
			job.Version, r.Evident.People, r.Evident.Tried, percent(r.Evident.Share()), percent(g.budget), figure.Denominator, job.ID)
	default:
		return nil
	}
}

func people(f ledger.Figure) string {
	return fmt.Sprintf("%d of %d people (%s, 95 %% interval %s to %s)", f.Numerator, f.Denominator, percent(f.Value), percent(f.Low), percent(f.High))
}

func percent(share float64) string { return fmt.Sprintf("%.3g %%", 100*share) }

// objection bars the proposal: another condition, another action or another
// backtest lifts it.
func objection(format string, args ...any) []life.Objection {
	o := unknown(format, args...)
	o[0].Bars = true
	return o
}

// unknown objects to what its author can do nothing about.
func unknown(format string, args ...any) []life.Objection {
	return []life.Objection{{Kind: life.ObjectionBudget, Text: fmt.Sprintf(format, args...), Overridable: true}}
}
