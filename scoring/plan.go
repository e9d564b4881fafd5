package scoring

import (
	"slices"
	"time"

	"fairgate/ingest"
	"fairgate/rules"
)

// minLimit is the least number of members that a series keeps. It is far above
// what a person does, so that ratios of counts stay exact for people, and
// bounds what one attacker can make the store remember.
const minLimit = 256

// ratioLimit is the same for what a ratio is made of: beyond it the ratio is
// one of lower bounds.
const ratioLimit = 1024

// otherLimit is the same for the events that are not a feature's: only the last
// one matters, and a few more for late events.
const otherLimit = 8

// plan is a program together with what must be counted for it, worked out for
// every kind of event and every stage. It is immutable.
type plan struct {
	program *rules.Program
	byKind  map[ingest.Kind]*kindPlan
	other   *kindPlan // kinds that nobody declared
	// size is how many values the counters fill: the program's features first,
	// then what the composed ones are made of.
	size     int
	composed []composed
}

// composed is a feature that is worked out of several numbers of its own.
type composed struct {
	slot   int
	inline bool
	parts  []int // in the vector of values
	// least is what the last part must reach at least, and most what it must
	// not reach; 0: nothing is asked.
	least, most float64
}

// kindPlan says what each stage does about events of one kind.
type kindPlan struct {
	inline, outcome, async []group
}

// group is what one entity of the event is touched with.
type group struct {
	entity rules.Entity
	mark   bool
	reads  bool          // something is read of it
	keep   time.Duration // the longest of the entity's series, of all stages
	uses   []use
}

// use is one series of an entity, as one stage uses it for one kind of event.
type use struct {
	program *rules.Program // whose filter it is
	series  *Series
	slots   []slot
	// write says that this stage is the writer of the series and that the kind
	// is counted; filter is the slot whose Where has the last word.
	write  bool
	filter int
	of     rules.Field
	other  bool // what the filter does not take is counted
}

// slot says which place in the vector of values gets which read.
type slot struct{ read, value int }

// newPlan works out what p needs.
func newPlan(p *rules.Program) *plan {
	all := seriesOf(p)
	out := &plan{
		program: p, byKind: make(map[ingest.Kind]*kindPlan), other: kindPlanOf(p, all, ""), size: len(p.Features()),
	}
	for _, k := range ingest.Kinds() {
		out.byKind[k] = kindPlanOf(p, all, k)
	}
	features := p.Features()
	for i := range features {
		f := &features[i]
		n := len(partsOf(f, i))
		if n < 2 {
			continue
		}
		c := composed{slot: i, inline: f.Stage == rules.StageInline}
		for range n {
			c.parts = append(c.parts, out.size)
			out.size++
		}
		switch {
		case f.Aggregate == rules.AggChange:
			c.least = f.Reach().Seconds()
		case !f.Bucketed():
			c.most = float64(p.Limit())
		}
		out.composed = append(out.composed, c)
	}
	return out
}

// finish works out the features that are made of several numbers, and leaves
// of the values those of the program's features. What is kept in-line stays as
// it is where screening has found it already.
func (p *plan) finish(values []float64, screened bool) []float64 {
	for _, c := range p.composed {
		if screened && c.inline {
			continue
		}
		last := values[c.parts[len(c.parts)-1]]
		values[c.slot] = rules.NoValue
		if last >= c.least && (c.most == 0 || last < c.most) {
			values[c.slot] = rules.Quotient(values[c.parts[0]], values[c.parts[1]])
		}
	}
	n := len(p.program.Features())
	p.program.Derive(values[:n])
	return values[:n:n]
}

func (p *plan) kind(k ingest.Kind) *kindPlan {
	if kp, ok := p.byKind[k]; ok {
		return kp
	}
	return p.other
}

// shared is a series and the parts of features that are read from it.
type shared struct {
	definition
	series Series // without Reads
	parts  []target
}

// target is a part and where in the vector of values its number goes.
type target struct {
	part
	into int
}

// seriesOf groups what the program's features are made of into series, in the
// order in which they are declared.
func seriesOf(p *rules.Program) []*shared {
	var list []*shared
	byDefinition := map[definition]*shared{}
	features := p.Features()
	next := len(features)
	for i := range features {
		parts := partsOf(&features[i], i)
		for _, one := range parts {
			into := i
			if len(parts) > 1 {
				into = next
				next++
			}
			s := byDefinition[one.definition]
			if s == nil {
				s = &shared{definition: one.definition, series: one.series()}
				byDefinition[one.definition] = s
				list = append(list, s)
			}
			s.parts = append(s.parts, target{part: one, into: into})
			s.series.Keep = max(s.series.Keep, one.read.Window+one.read.Before)
			if s.series.Limit > 0 {
				s.series.Limit = max(s.series.Limit, limitFor(p, &features[i]))
			}
		}
	}
	return list
}

// series is one for the definition, not read yet.
func (d definition) series() Series {
	s := Series{ID: d.id(), Shape: d.shape, Stage: d.stage}
	switch {
	case d.shape == ShapeBuckets:
		s.Bucket = rules.BucketWidth(d.window)
	case d.shape == ShapeSpans:
	case d.other:
		s.Limit = otherLimit
	default:
		s.Limit = minLimit
	}
	return s
}

// limitFor is how many members a feature needs: twice its largest threshold,
// within what the program allows. (One more than the threshold would be enough
// for the rule; the rest is for those who read the evidence.) As every event of
// a sum adds at least one, so many events do for it, too.
func limitFor(p *rules.Program, f *rules.Feature) int {
	least := 0
	for _, r := range p.Features() {
		if r.Aggregate == rules.AggRatio && (string(r.Of) == f.Name || r.Over == f.Name) {
			least = min(ratioLimit, p.Limit())
		}
	}
	switch f.Aggregate {
	case rules.AggCount, rules.AggDistinct, rules.AggSum:
		threshold := int(min(p.MaxThreshold(f.Name), float64(p.Limit())))
		return max(least, threshold+1, min(2*threshold, p.Limit()))
	case rules.AggShare:
		return p.Limit()
	default:
		return 0
	}
}

func kindPlanOf(p *rules.Program, all []*shared, k ingest.Kind) *kindPlan {
	features := p.Features()
	inline := slices.Clone(p.Reads(rules.StageInline, k))
	var async []int
	for _, i := range p.Reads(rules.StageAsync, k) {
		// The in-line values reach the asynchronous stage with the event.
		if features[i].Stage == rules.StageInline {
			inline = append(inline, i)
		} else {
			async = append(async, i)
		}
	}
	out := &kindPlan{async: groupsOf(p, all, k, rules.StageAsync, async)}
	if !k.Told() { // else it met neither screening nor recording
		out.inline = groupsOf(p, all, k, rules.StageInline, inline)
		out.outcome = groupsOf(p, all, k, rules.StageOutcome, nil)
	}
	return out
}

// entities is the order in which an event's entities are touched. Pairs come
// after everything that they can be made of.
func entities(all []*shared) []rules.Entity {
	list := []rules.Entity{
		rules.EntityAccount, rules.EntityDevice, rules.EntitySession, rules.EntityIP, rules.EntitySubnet,
		rules.EntityASN, rules.EntityDocument, rules.EntityPhone, rules.EntityPool, rules.EntityCluster, rules.EntityFamily,
		rules.EntityPhoneBlock, rules.EntityPayee, rules.EntityChannel,
	}
	for _, s := range all {
		if !slices.Contains(list, s.entity) {
			list = append(list, s.entity)
		}
	}
	return list
}

// marked reports whether enforcement leaves marks on such entities: a pool and a
// channel are nobody, a cluster and a family are conclusions, who pays is typed,
// and a pair follows its parts.
func marked(e rules.Entity) bool {
	switch e {
	case rules.EntityPool, rules.EntityCluster, rules.EntityFamily, rules.EntityPhoneBlock, rules.EntityPayee,
		rules.EntityChannel:
		return false
	default:
		return e.Valid()
	}
}

// groupsOf lists what a stage touches for a kind, given the slots it reads.
func groupsOf(p *rules.Program, all []*shared, k ingest.Kind, stage rules.Stage, reads []int) []group {
	var groups []group
	followed := map[rules.Entity]bool{} // by a pair that is read
	for _, s := range all {
		if a, b, pair := s.entity.Parts(); pair && len(useOf(s, reads).slots) > 0 {
			followed[a], followed[b] = true, true
		}
	}
	for _, entity := range entities(all) {
		g := group{entity: entity}
		mark := stage == rules.StageInline || followed[entity] // enforcement wants every mark in-line
		for _, s := range all {
			if s.entity != entity {
				continue
			}
			g.keep = max(g.keep, s.series.Keep)
			u := useOf(s, reads)
			u.program = p
			u.write = s.stage == stage && s.takes(p.Features()[u.filter].Events, k)
			if u.write || len(u.slots) > 0 {
				g.uses = append(g.uses, u)
			}
			if len(u.slots) > 0 { // a clearing hides some of what is read
				mark, g.reads = true, true
			}
		}
		g.mark = mark && marked(entity)
		if g.mark || len(g.uses) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

// takes reports whether the series can count events of the kind, given the
// kinds of its features; the filter has the last word.
func (d definition) takes(events []ingest.Kind, k ingest.Kind) bool {
	if d.other {
		return d.where != "" || !slices.Contains(events, k)
	}
	return len(events) == 0 || slices.Contains(events, k)
}

// useOf is the series with those of its reads that are asked for. Features
// with the same window and aggregate share a read.
func useOf(s *shared, reads []int) use {
	series := s.series
	u := use{series: &series, filter: s.parts[0].feature, of: s.of, other: s.other}
	for _, t := range s.parts {
		if !slices.Contains(reads, t.feature) {
			continue
		}
		at := slices.Index(series.Reads, t.read)
		if at < 0 {
			at = len(series.Reads)
			series.Reads = append(series.Reads, t.read)
		}
		u.slots = append(u.slots, slot{read: at, value: t.into})
	}
	return u
}
