package enforcement

import (
	"context"
	"fmt"
	"time"

	"fairgate/ingest"
	"fairgate/rules"
)

// Challenged is one result of an account.
type Challenged struct {
	Site    string
	Account string
	Time    time.Time // of the event
	Result  ChallengeResult
}

// Challenges takes the results of challenges; *hints.Service is one.
type Challenges interface {
	// Challenged notes results. A repeat changes nothing.
	Challenged(ctx context.Context, results []Challenged) error
}

// challenged is what the verdict tells of a challenge. In observe mode nobody
// was asked; an exception leaves no hit that challenges.
func (p *plan) challenged() (c Challenged, ok bool) {
	v := p.verdict
	c = Challenged{Site: v.Site, Account: v.Subject.Account, Time: v.Time}
	switch {
	case c.Account == "" || v.Observe:
		return c, false
	case v.Kind == ingest.KindChallengeFailed:
		c.Result = ChallengeWrong
	case v.Stage != rules.StageInline:
		return c, false
	case v.Decision == ingest.Challenge:
		c.Result = ChallengeUnmet
	case v.Action == ingest.Challenge && (v.Decision == ingest.Allow || v.Decision == ingest.Flag):
		c.Result = ChallengeMet
	default:
		return c, false
	}
	return c, true
}

// note hands the results of challenges on.
func (e *Enforcer) note(ctx context.Context, plans []*plan) error {
	if e.options.Challenges == nil {
		return nil
	}
	var results []Challenged
	for _, p := range plans {
		if c, ok := p.challenged(); ok {
			results = append(results, c)
		}
	}
	if len(results) == 0 {
		return nil
	}
	if err := e.options.Challenges.Challenged(ctx, results); err != nil {
		return fmt.Errorf("note %d results of challenges: %w", len(results), err)
	}
	return nil
}
