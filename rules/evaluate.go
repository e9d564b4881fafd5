package rules

import (
	"errors"
	"fmt"
	"slices"

	"fairgate/ingest"
)

// Which selects the rules that Evaluate runs.
type Which string

// The two halves of the active rules; every active rule is in exactly one of
// them for a given event.
const (
	// Acting are the live rules, and the canary rules for the share of
	// accounts that they are tried on.
	Acting Which = "acting"
	// Shadow are the shadow rules, and the canary rules for everybody else.
	Shadow Which = "shadow"
)

// Match is a rule that fired.
type Match struct {
	Rule *Rule // must not be changed
	// Key is the key of the entity Rule.On.
	Key    string
	Shadow bool // recorded, never acted on
	// From is where the band begins that was reached; 0: it is a rule.
	From float64
	// Repeat is the rule's escalation, nil for none. It must not be changed.
	Repeat *ingest.Repeat
	// Again says that the rule looks at how the last challenge was met: the pass
	// that it looks at does not meet the challenge that it asks for.
	Again bool
}

// ErrValues says that the vector of values is not one of this program.
var ErrValues = errors.New("feature values do not fit the program")

// dispatch holds the rules that one kind of event can meet, by stage.
type dispatch struct {
	acting, shadow map[Stage]*gateSet
	bands          map[Stage][]*band
	reads          map[Stage][]int
	bit            uint64 // of the kind in filters; 0 for kinds that nobody declared
}

func (p *Program) dispatch(pace *pace) {
	p.byKind = make(map[ingest.Kind]*dispatch)
	for _, k := range ingest.Kinds() {
		pace.step()
		p.byKind[k] = p.dispatchFor(k)
		p.byKind[k].bit = kindMask([]ingest.Kind{k})
	}
	p.other = p.dispatchFor("")
}

func (p *Program) dispatchFor(kind ingest.Kind) *dispatch {
	d := &dispatch{
		acting: map[Stage]*gateSet{}, shadow: map[Stage]*gateSet{}, bands: map[Stage][]*band{}, reads: map[Stage][]int{},
	}
	for i := range p.ruleset.Rules {
		r := &p.ruleset.Rules[i]
		c := p.rules[r.ID]
		if c == nil || !meets(r.Stage, r.Events, kind) {
			continue
		}
		if r.Mode == ModeLive || r.Mode == ModeCanary {
			addTo(d.acting, r.Stage, c)
		}
		if r.Mode == ModeShadow || r.Mode == ModeCanary {
			addTo(d.shadow, r.Stage, c)
		}
		for _, slot := range c.reads {
			if !slices.Contains(d.reads[r.Stage], slot) {
				d.reads[r.Stage] = append(d.reads[r.Stage], slot)
			}
		}
	}
	for stage, slots := range d.reads {
		d.reads[stage] = p.withParts(slots)
		slices.Sort(d.reads[stage])
	}
	for _, b := range p.bands {
		if meets(b.rule.Stage, b.rule.Events, kind) {
			d.bands[b.rule.Stage] = append(d.bands[b.rule.Stage], b)
		}
	}
	return d
}

// meets reports whether a stage's rule for these kinds of events (none: every
// kind) is ever asked about one. What is only told afterwards nobody screens.
func meets(stage Stage, events []ingest.Kind, kind ingest.Kind) bool {
	return (stage != StageInline || !kind.Told()) && (len(events) == 0 || slices.Contains(events, kind))
}

func addTo(sets map[Stage]*gateSet, stage Stage, c *compiled) {
	if sets[stage] == nil {
		sets[stage] = new(gateSet)
	}
	sets[stage].add(c)
}

func (p *Program) kind(k ingest.Kind) *dispatch {
	if d, ok := p.byKind[k]; ok {
		return d
	}
	return p.other
}

// Reads lists the slots that active rules of the stage read for events of this
// kind, shadow rules included. Other slots may be left NoValue. The list must
// not be changed.
func (p *Program) Reads(stage Stage, k ingest.Kind) []int { return p.kind(k).reads[stage] }

// Evaluate appends to out the rules of the stage that fire for e, given one
// value per feature in slot order, and returns the extended slice. A rule
// whose condition holds but whose entity has no key in this event does not
// fire; ev.Keyless lists those.
//
// After the rules come the bands that the scores add up to, the lowest first;
// see Band and Evaluator.SetScore. The highest is the one that acts.
//
// Expressions are total, so the only error is ErrValues (wrapped). Evaluate
// keeps nothing of e and values.
func (p *Program) Evaluate(
	ev *Evaluator, e *ingest.Event, values []float64, stage Stage, which Which, out []Match,
) ([]Match, error) {
	if len(values) != len(p.features) {
		return out, fmt.Errorf("%w: %d values for %d features of version %s",
			ErrValues, len(values), len(p.features), p.version)
	}
	d := p.kind(e.Kind)
	set := d.acting[stage]
	if which == Shadow {
		set = d.shadow[stage]
	}
	ev.load(p, e, values)
	first := len(out)
	if set != nil {
		ev.passed = set.pass(values, ev.passed[:0])
	} else {
		ev.passed = ev.passed[:0]
	}
	for _, at := range ev.passed {
		c := set.rules[at]
		if c.rule.Mode == ModeCanary && c.inShare(e) != (which == Acting) {
			continue
		}
		if !c.when(ev) {
			continue
		}
		key := ev.key(c.rule.On)
		if key == "" {
			ev.keyless = append(ev.keyless, c.rule)
			continue
		}
		out = append(out, Match{Rule: c.rule, Key: key, Shadow: which == Shadow, Repeat: c.repeat, Again: c.again})
	}
	if bands := d.bands[stage]; len(bands) > 0 {
		out = ev.reached(bands, out[first:], which, out)
	}
	ev.release()
	return out, nil
}

// key is Key, reusing the address that was formatted already.
func (ev *Evaluator) key(entity Entity) string {
	if entity == EntityIP {
		return ev.address()
	}
	return Key(entity, ev.e)
}

// Where reports whether the feature in slot i counts this event: its kind is
// one of the feature's and the filter holds. It does not look at whether the
// event has a key for the feature's entity.
func (p *Program) Where(i int, e *ingest.Event) bool {
	f := &p.filters[i]
	if f.kinds != 0 && f.kinds&p.kind(e.Kind).bit == 0 {
		return false
	}
	if f.where == nil {
		return true
	}
	ev := p.pool.Get().(*Evaluator)
	ev.load(p, e, nil)
	ok := f.where(ev)
	ev.release()
	p.pool.Put(ev)
	return ok
}

// kindMask is the set of kinds as bits, in the order of ingest.Kinds.
func kindMask(kinds []ingest.Kind) uint64 {
	var mask uint64
	for i, k := range ingest.Kinds() {
		if slices.Contains(kinds, k) {
			mask |= 1 << i
		}
	}
	return mask
}

// inShare says whether a canary rule acts on this event's account or, without
// one, device. The hash depends on the rule, so that different rules try
// different people, and a growing share only ever adds people. An event with
// neither is outside until the share is everybody.
func (c *compiled) inShare(e *ingest.Event) bool {
	if c.rule.Share >= 1 {
		return true
	}
	key := e.Subject.Account
	if key == "" {
		key = e.Subject.Device
	}
	if key == "" {
		return false
	}
	return float64(mix(hashText(c.seed, key))>>11)/(1<<53) < c.rule.Share
}

// FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/).
const (
	fnvOffset uint64 = 14695981039346656037
	fnvPrime  uint64 = 1099511628211
)

// hashText continues FNV-1a over s and a separator.
func hashText(h uint64, s string) uint64 {
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * fnvPrime
	}
	return (h ^ 0xff) * fnvPrime
}

// mix spreads the hash over all bits: FNV's high bits alone are not uniform
// for short keys. It is the finaliser of MurmurHash3.
func mix(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
