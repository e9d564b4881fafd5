package rules

import (
	"time"

	"fairgate/ingest"
)

// Repeat says how long the block of a repeat offender stands: the second block
// of the same target by the same rule within Within stands for TTL[0], the
// third for TTL[1], and those after the last step for as long as that. The
// first stands for the rule's own TTL. Blocks that a person lifted, and those
// from before the target was cleared, are not counted.
type Repeat struct {
	Within time.Duration   `yaml:"within" json:"within"`
	TTL    []time.Duration `yaml:"ttl" json:"ttl"`
}

// Limits of an escalation.
const (
	MaxRepeatWithin = 365 * 24 * time.Hour
	MaxRepeatSteps  = 8
)

// IsZero reports that nothing escalates.
func (r Repeat) IsZero() bool { return r.Within == 0 && len(r.TTL) == 0 }

// hit is the escalation as hits carry it, nil for none. It is made once, when
// the rule is compiled, and shared by every hit.
func (r Repeat) hit() *ingest.Repeat {
	if r.IsZero() {
		return nil
	}
	out := &ingest.Repeat{Within: int64(r.Within / time.Second)}
	for _, ttl := range r.TTL {
		out.TTL = append(out.TTL, int64(ttl/time.Second))
	}
	return out
}

// validateRepeat reports an escalation that cannot do what it says.
func validateRepeat(r *Rule, at string, c *problems) {
	at += "repeat"
	switch x := r.Repeat; {
	case x.IsZero():
		return
	case r.Action != ingest.Block:
		c.add(at, r.ID, "has no meaning for action %s: only blocks stand", r.Action)
		return
	case r.TTL <= 0:
		c.add(at, r.ID, "needs a ttl for the first block")
		return
	case len(x.TTL) == 0:
		c.add(at+".ttl", r.ID, "is missing: a list of how long the second block stands, the third, …")
		return
	case len(x.TTL) > MaxRepeatSteps:
		c.add(at+".ttl", r.ID, "has %d steps, at most %d", len(x.TTL), MaxRepeatSteps)
		return
	case x.Within <= 0 || x.Within > MaxRepeatWithin || x.Within%time.Second != 0:
		c.add(at+".within", r.ID, "%s must be whole seconds up to %s", x.Within, MaxRepeatWithin)
		return
	}
	most := MaxTTL
	if r.On.shared() {
		most = MaxSharedTTL
	}
	// Before the block of step i, i+1 earlier ones have stood, one after the
	// other; the first must have begun within the period.
	before, stood := r.TTL, r.TTL
	for i, ttl := range r.Repeat.TTL {
		field := indexed(at+".ttl", i)
		switch {
		case ttl > most || ttl%time.Second != 0:
			c.add(field, r.ID, "%s must be whole seconds up to %s", FormatDuration(ttl), FormatDuration(most))
		case ttl <= before:
			c.add(field, r.ID, "%s must be longer than the %s before it", FormatDuration(ttl), FormatDuration(before))
		case stood >= r.Repeat.Within:
			c.add(field, r.ID, "is never reached: the blocks before it stand for %s, and only those that began within %s count",
				FormatDuration(stood), FormatDuration(r.Repeat.Within))
		}
		before, stood = ttl, stood+ttl
	}
}
