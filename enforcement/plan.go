package enforcement

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
)

// maxFeatures bounds the feature values that a finding keeps.
const maxFeatures = 64

// errPoison is wrapped by the errors of verdicts that no retry can mend.
var errPoison = errors.New("verdict cannot be enforced")

// plan is what one verdict asks for, before exceptions are looked at.
type plan struct {
	verdict scoring.Verdict
	hits    []ingest.Hit // that act
	// denials[i] comes from hits[from[i]].
	denials []Denial
	from    []int
	// late says that the event made or touched an order, which must go if its
	// account turns out to be blocked.
	late bool
	// banded says that exceptions decide which score band acts.
	banded bool
}

// acts reports whether there is anything to do.
func (p *plan) acts() bool { return len(p.hits) > 0 || p.late }

// planOf reads what a verdict asks for. In observe mode, and for shadow hits,
// that is nothing.
func planOf(v scoring.Verdict) (*plan, error) {
	switch {
	case v.EventID == "" || v.Time.IsZero() || v.Site == "":
		return nil, fmt.Errorf("%w: event_id %q, time %v and site %q must be set", errPoison, v.EventID, v.Time, v.Site)
	case v.Stage != rules.StageInline && v.Stage != rules.StageAsync:
		return nil, fmt.Errorf("%w: stage %q", errPoison, v.Stage)
	}
	p := &plan{verdict: v}
	if v.Observe {
		return p, nil
	}
	var weak []ingest.Hit
	for _, h := range v.Hits {
		if h.Shadow || isList(h.Rule) {
			continue
		}
		if !h.Action.Valid() || h.Rule == "" {
			return nil, fmt.Errorf("%w: hit of rule %q with action %q", errPoison, h.Rule, h.Action)
		}
		if h.Action == ingest.Allow {
			weak = append(weak, h)
			continue
		}
		p.hits = append(p.hits, h)
		d, ok := denialOf(v, h)
		if !ok {
			continue
		}
		if err := d.Validate(); err != nil {
			return nil, fmt.Errorf("%w: %w", errPoison, err)
		}
		p.denials, p.from = append(p.denials, d), append(p.from, len(p.hits)-1)
	}
	if len(p.hits) > 0 {
		// Weak signals are evidence beside what acts, and nothing without it.
		p.hits = append(p.hits, weak...)
	}
	p.banded = v.Stage == rules.StageAsync && banded(p.hits)
	refused := v.Decision == ingest.Challenge || v.Decision == ingest.Block
	p.late = v.Kind.Order() && v.Order.ID != "" && v.Subject.Account != "" && !refused
	return p, nil
}

// isList reports whether a hit is a list entry: what stands already.
func isList(rule string) bool { return len(rule) >= len(ListRule) && rule[:len(ListRule)] == ListRule }

// denialOf is the list entry that a hit asks for: a block that is to stand, on
// a target that the event itself proved.
func denialOf(v scoring.Verdict, h ingest.Hit) (Denial, bool) {
	if h.Action != ingest.Block || h.TTL <= 0 {
		return Denial{}, false
	}
	target := targetOf(h)
	for _, t := range proven(v.Subject) {
		if t != target {
			continue
		}
		d := Denial{
			Site: v.Site, Target: target, Source: EntryByRule, Rule: h.Rule, Ruleset: v.Ruleset, Class: h.Reason,
			Actor: ActorEnforcer, EventID: v.EventID, At: v.Time, TTL: time.Duration(h.TTL) * time.Second,
			Repeat: h.Repeat,
		}
		if target.Entity != rules.EntityAccount {
			d.Account = v.Subject.Account
		}
		return d, true
	}
	return Denial{}, false
}

// finding is what the verdict adds to a case, with the hits that are not
// excused; ok is false where nothing is left or nobody is known.
func (p *plan) finding(hits []ingest.Hit) (f Finding, ok bool) {
	v := p.verdict
	target, ok := subjectOf(v, hits)
	if !ok {
		return Finding{}, false
	}
	f = Finding{
		Site: v.Site, Target: target, EventID: v.EventID, Stage: v.Stage, Time: v.Time, Kind: v.Kind,
		Order: v.Order.ID, Receipt: v.Receipt, Ruleset: v.Ruleset, Score: v.Score, Hits: hits,
		Features: map[string]float64{},
	}
	if v.Subject.ClusterSize > 1 { // of one it is no group
		f.Cluster = v.Subject.Cluster
	}
	for i, value := range v.Snapshot.Values {
		if i < len(v.Snapshot.Names) && value != rules.NoValue && len(f.Features) < maxFeatures {
			f.Features[v.Snapshot.Names[i]] = value
		}
	}
	return f, true
}

// subjectOf is whose case a verdict belongs to: the account; where none is
// known, the device or session that a hit names. What strangers share has no
// case.
func subjectOf(v scoring.Verdict, hits []ingest.Hit) (Target, bool) {
	if !slices.ContainsFunc(hits, func(h ingest.Hit) bool { return h.Action != ingest.Allow }) {
		return Target{}, false
	}
	if v.Subject.Account != "" {
		return Target{Entity: rules.EntityAccount, Key: v.Subject.Account}, true
	}
	for _, h := range hits {
		if t := targetOf(h); Blockable(t.Entity) && t.Key != "" {
			return t, true
		}
	}
	return Target{}, false
}

// sweep is the request to take back what the account behind the event holds.
func (p *plan) sweep(cause Denial) Sweep {
	v := p.verdict
	s := Sweep{
		Site: v.Site, Account: v.Subject.Account, Target: cause.Target, Rule: cause.Rule, Ruleset: cause.Ruleset,
		EventID: v.EventID, Receipt: v.Receipt, Class: cause.Class, At: v.Time,
	}
	return s
}

// considered is the decision as the audit sample sees it: what an account asked
// to book, or was refused. In observe mode it counts as let through.
func (p *plan) considered() (c Considered, ok bool) {
	v := p.verdict
	action := v.Decision
	if v.Stage == rules.StageAsync {
		action = v.Action
	}
	refused := action == ingest.Challenge || action == ingest.Block
	if v.Subject.Account == "" || (!v.Kind.Order() && !refused) || (v.Stage == rules.StageAsync && len(p.hits) == 0) {
		return Considered{}, false
	}
	c = Considered{
		Site: v.Site, Account: v.Subject.Account, EventID: v.EventID, Time: v.Time, Action: action, Score: v.Score,
	}
	if day, err := time.Parse(time.DateOnly, v.Order.Day); err == nil {
		c.VisitDay = day
	}
	return c, true
}
