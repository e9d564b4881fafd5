package enforcement

import (
	"fairgate/ingest"
	"fairgate/rules"
)

// ListRule is the prefix of the rule name of a hit that is a list entry; the
// entry's id follows.
const ListRule = "list:"

// facts is what precedence is decided from: one event, the rules that fired,
// the decoded marks of its entities, whether it carried a pass that is good and
// was never used before, and the rules that are turned down.
type facts struct {
	event *ingest.Event
	hits  []ingest.Hit
	marks map[Target]Mark
	pass  bool
	curb  *Curb
}

// ruling is what decide found: the action with its reason class, every hit
// (those that may not act are marked as shadow), and whether a pass met a
// challenge that was asked for.
type ruling struct {
	action ingest.Action
	reason ingest.Reason
	hits   []ingest.Hit
	passed bool
}

// decide applies precedence. An exception removes only its own rule's matches
// for its own target, and an event from before its target was cleared cannot
// act on that target; what is removed stays on record as shadow. Then manual
// deny > rule block > unpassed challenge > flag > allow. A pass satisfies
// challenges only, and not the one of a rule that asks because of this pass.
func decide(f facts) ruling {
	manual, standing := f.listed()
	hits := append(manual, standing...)
	for _, h := range f.hits {
		switch {
		case h.Shadow, !h.Action.Valid(), f.excused(h.Rule, targetOf(h)):
			h.Shadow = true
		case h.Action == ingest.Block && (!Blockable(rules.Entity(h.Entity)) || f.curb.On(h.Rule)):
			h.Action = ingest.Challenge
		}
		hits = append(hits, h)
	}
	settleBands(hits, 0)
	r := ruling{action: ingest.Allow, hits: hits}
	for _, h := range hits {
		switch {
		case h.Shadow:
		case h.Action == ingest.Challenge && f.pass && !h.Again:
			r.passed = true
		case h.Action.Severity() > r.action.Severity():
			r.action, r.reason = h.Action, h.Reason
		}
	}
	switch r.action {
	case ingest.Allow, ingest.Flag:
		r.reason = ingest.ReasonNone
	case ingest.Challenge, ingest.Block:
		if r.reason == ingest.ReasonNone || !r.reason.Valid() {
			r.reason = ingest.ReasonPace
		}
	}
	return r
}

// excused reports whether a match of the rule for the target must not act on
// this event.
func (f facts) excused(rule string, t Target) bool {
	mark, ok := f.marks[t]
	if !ok {
		return false
	}
	if mark.clearedAfter(f.event.Time) {
		return true
	}
	for _, e := range mark.Entries {
		if e.Kind == EntryException && e.Rule == rule && e.stands(f.event.Site, f.event.Time) {
			return true
		}
	}
	return false
}

// listed turns the deny entries that concern the event into hits, manual ones
// apart from those that a rule made. An entry that a rule made is a match of
// that rule: exceptions and clearing remove it. An operator's entry yields to
// neither.
func (f facts) listed() (manual, standing []ingest.Hit) {
	if len(f.marks) == 0 {
		return nil, nil // as for nearly everybody
	}
	for _, t := range Targets(f.event.Subject, f.event.Client) {
		mark, ok := f.marks[t]
		if !ok {
			continue
		}
		for _, e := range mark.Entries {
			if e.Kind != EntryDeny || !e.stands(f.event.Site, f.event.Time) {
				continue
			}
			hit := ingest.Hit{
				Rule: ListRule + e.ID, Action: ingest.Block, Reason: e.Reason,
				Entity: string(t.Entity), Key: t.Key,
			}
			if hit.Reason == ingest.ReasonNone {
				hit.Reason = ingest.ReasonReview
			}
			switch {
			case e.Source == EntryByHand && !deniable(t.Entity),
				e.Source == EntryByRule && !Blockable(t.Entity):
				hit.Action = ingest.Challenge
			}
			if e.Source == EntryByHand {
				manual = append(manual, hit)
				continue
			}
			hit.Shadow = f.excused(e.Rule, t)
			standing = append(standing, hit)
		}
	}
	return manual, standing
}

// targetOf is whom a hit is about.
func targetOf(h ingest.Hit) Target { return Target{Entity: rules.Entity(h.Entity), Key: h.Key} }
