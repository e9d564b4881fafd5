package enforcement

import (
	"context"
	"maps"
	"sync/atomic"
	"time"

	"fairgate/ingest"
	"fairgate/rules"
)

// Curb is the set of rules that were turned down: where they would block they
// ask for a challenge. The zero value, and nil, curbs nothing. It is safe for
// concurrent use; enforcement/budget keeps it.
type Curb struct {
	rules atomic.Pointer[map[string]struct{}]
}

// Set makes these the rules that are turned down and reports whether that
// changed anything.
func (c *Curb) Set(ids []string) (changed bool) {
	next := make(map[string]struct{}, len(ids))
	for _, id := range ids {
		next[id] = struct{}{}
	}
	old := c.rules.Swap(&next)
	return old == nil && len(next) > 0 || old != nil && !maps.Equal(*old, next)
}

// On reports whether the rule may only challenge.
func (c *Curb) On(rule string) bool {
	if c == nil {
		return false
	}
	curbed := c.rules.Load()
	if curbed == nil || len(*curbed) == 0 {
		return false // as nearly always
	}
	_, on := (*curbed)[rule]
	return on
}

// Sighting is what a verdict tells about the account behind its event.
type Sighting struct {
	Site    string
	Account string
	Cluster string // empty: none is known
	EventID string
	Time    time.Time // of the event
	Ruleset string
	// Flagged says that a rule's flag or block acted on the event.
	Flagged bool
	// Challenge is what became of a challenge that the event was asked for.
	Challenge ChallengeResult
	// Blocks are the rules whose block acted on the event, each once.
	Blocks []string
}

// ChallengeResult is what became of a challenge.
type ChallengeResult string

// Results of a challenge; empty: none was asked for.
const (
	ChallengeUnmet ChallengeResult = "unmet" // asked for, the event carried no pass
	ChallengeMet   ChallengeResult = "met"
	ChallengeWrong ChallengeResult = "wrong" // an answer was wrong; there is no request
)

// Valid reports whether r is a known result, or none.
func (r ChallengeResult) Valid() bool {
	return r == "" || r == ChallengeUnmet || r == ChallengeMet || r == ChallengeWrong
}

// Budget guards people from a rule that misfires; *budget.Service is one.
type Budget interface {
	// Spend notes who was seen and whom rules blocked, before the blocks are
	// carried out, and turns a rule down that goes beyond its budget: the Curb
	// says so when it returns. A repeat changes nothing.
	Spend(ctx context.Context, seen []Sighting) error
}

// sighting is what the plan tells about its account; ok is false where none is
// known. hits are those that act, the excused ones left out.
func (p *plan) sighting(hits []ingest.Hit) (s Sighting, ok bool) {
	v := p.verdict
	if v.Subject.Account == "" {
		return Sighting{}, false
	}
	s = Sighting{
		Site: v.Site, Account: v.Subject.Account, Cluster: v.Subject.Cluster, EventID: v.EventID, Time: v.Time,
		Ruleset: v.Ruleset,
	}
	blocked := map[string]bool{}
	for _, h := range hits {
		switch h.Action {
		case ingest.Flag:
			s.Flagged = true
		case ingest.Block:
			s.Flagged = true
			if p.blocks(h) && !blocked[h.Rule] {
				blocked[h.Rule] = true
				s.Blocks = append(s.Blocks, h.Rule)
			}
		case ingest.Challenge:
			if v.Stage == rules.StageInline {
				s.Challenge = ChallengeMet
			}
		case ingest.Allow:
		}
	}
	if v.Decision == ingest.Challenge {
		s.Challenge = ChallengeUnmet
	}
	return s, true
}

// blocks reports whether a block of the verdict has an effect: the edge
// refused the request, or an entry is asked for.
func (p *plan) blocks(h ingest.Hit) bool {
	if p.verdict.Decision == ingest.Block {
		return true
	}
	for _, d := range p.denials {
		if d.Rule == h.Rule && d.Target == targetOf(h) {
			return true
		}
	}
	return false
}

// curbed gives the plan with every block of a rule that is turned down as a
// challenge, which asks for no entry.
func (p *plan) curbed(c *Curb) *plan {
	milder := *p
	milder.hits, milder.denials, milder.from = make([]ingest.Hit, len(p.hits)), nil, nil
	for i, h := range p.hits {
		if h.Action == ingest.Block && c.On(h.Rule) {
			h.Action, h.TTL = ingest.Challenge, 0
		}
		milder.hits[i] = h
	}
	for i, from := range p.from {
		if milder.hits[from].Action == ingest.Block {
			milder.denials, milder.from = append(milder.denials, p.denials[i]), append(milder.from, from)
		}
	}
	return &milder
}
