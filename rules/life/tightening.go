package life

import (
	"time"

	"fairgate/ingest"
	"fairgate/rules"
)

// Limits of break-glass.
const (
	// BreakGlass is for how long one person alone may tighten a rule.
	BreakGlass = time.Hour
	// renewal is for how long the person who tightened a rule may not do so
	// again alone.
	renewal = 24 * time.Hour
	// maxTightenings bounds how many rules of a ruleset may be tightened at once.
	maxTightenings = 8
	// afterglow is the longest that a challenge of an asynchronous rule stands
	// after the tightening that caused it. Those of in-line rules end at once.
	afterglow = 10 * time.Minute
)

// Tightening is break-glass: for at most an hour one rule is live and
// challenges, whatever the published document says, and then by itself no
// longer. It only ever tightens: where the document makes the rule act as
// sharply for everybody, it does nothing.
//
// A canary that blocks its share of the accounts challenges everybody
// meanwhile, its share included.
type Tightening struct {
	ID      string    `json:"id"`
	Ruleset string    `json:"ruleset"`
	Rule    string    `json:"rule"`
	By      string    `json:"by"`
	Reason  string    `json:"reason"`
	Begun   time.Time `json:"begun_at"`
	Ends    time.Time `json:"ends_at"`
	// Ended is when it was recorded as over; zero while it runs.
	Ended     time.Time `json:"ended_at,omitzero"`
	EndedBy   string    `json:"ended_by,omitempty"` // empty: it ran out
	EndReason string    `json:"end_reason,omitempty"`
}

// Running reports whether the tightening is in force at this time. It needs no
// record of its end, so that it ends in every process, with or without the
// store.
func (t *Tightening) Running(now time.Time) bool {
	return t.Ended.IsZero() && now.Before(t.Ends)
}

// Apply gives the text that is in force: the published one with the running
// tightenings over it, in their order. Those whose rule is gone or acts as
// sharply by itself do nothing.
func Apply(text []byte, tightenings []Tightening, now time.Time) ([]byte, error) {
	for i := range tightenings {
		t := &tightenings[i]
		if !t.Running(now) {
			continue
		}
		rs, err := rules.Decode("", text)
		if err != nil {
			return nil, err
		}
		r := ruleOf(rs, t.Rule)
		if r == nil || !tightens(r) {
			continue
		}
		if text, err = Edit(text, t.Rule, tighter(r)); err != nil {
			return nil, err
		}
	}
	return text, nil
}

// tightens reports whether break-glass can do anything for the rule. Retired
// rules return through shadow only.
func tightens(r *rules.Rule) bool {
	switch r.Mode {
	case rules.ModeLive:
		return r.Action.Severity() < ingest.Challenge.Severity()
	case rules.ModeRetired:
		return false
	default:
		return true
	}
}

// tighter is what break-glass makes of the rule.
func tighter(r *rules.Rule) Patch {
	live, challenge, ttl := rules.ModeLive, ingest.Challenge, time.Duration(0)
	if r.Stage == rules.StageAsync {
		ttl = min(r.TTL, afterglow)
	}
	return Patch{Mode: &live, Action: &challenge, TTL: &ttl}
}

// ruleOf finds a rule by its id, or nil.
func ruleOf(rs *rules.Ruleset, id string) *rules.Rule {
	for i := range rs.Rules {
		if rs.Rules[i].ID == id {
			return &rs.Rules[i]
		}
	}
	return nil
}
