package scoring

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"fairgate/ingest"
	"fairgate/rules"
)

// minLimit is the least number of members that a series keeps. It is far above
// what a person does, so that ratios of counts stay exact for people, and
// bounds what one attacker can make the store remember.
const minLimit = 256

// plan is a program together with what must be counted for it, worked out for
// every kind of event and every stage. It is immutable.
type plan struct {
	program *rules.Program
	byKind  map[ingest.Kind]*kindPlan
	other   *kindPlan // kinds that nobody declared
}

// kindPlan says what each stage does about events of one kind.
type kindPlan struct {
	inline, outcome, async []group
}

// group is what one entity of the event is touched with.
type group struct {
	entity rules.Entity
	mark   bool
	keep   time.Duration // the longest of the entity's series, of all stages
	uses   []use
}

// use is one series of an entity, as one stage uses it for one kind of event.
type use struct {
	series *Series
	slots  []slot
	// write says that this stage is the writer of the series and that the kind
	// is counted; filter is the slot whose Where has the last word.
	write  bool
	filter int
	of     rules.Field
}

// slot says which feature gets the value of which read.
type slot struct{ read, feature int }

// definition is what makes two features share a series.
type definition struct {
	entity rules.Entity
	stage  rules.Stage
	events string
	where  string
	of     rules.Field // AggDistinct only
}

func define(f *rules.Feature) definition {
	events := make([]string, 0, len(f.Events))
	for _, k := range f.Events {
		events = append(events, string(k))
	}
	slices.Sort(events)
	d := definition{
		entity: f.Entity, stage: f.Stage, where: strings.TrimSpace(f.Where),
		events: strings.Join(slices.Compact(events), ","),
	}
	if f.Aggregate == rules.AggDistinct {
		d.of = f.Of
	}
	return d
}

// id is the first 12 hexadecimal digits of the definition's SHA-256. The
// entity is left out: it is part of the key already.
func (d definition) id() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s\n%s", d.stage, d.events, d.where, d.of))
	return hex.EncodeToString(sum[:6])
}

// newPlan works out what p needs.
func newPlan(p *rules.Program) *plan {
	all := seriesOf(p)
	out := &plan{program: p, byKind: make(map[ingest.Kind]*kindPlan), other: kindPlanOf(p, all, "")}
	for _, k := range ingest.Kinds() {
		out.byKind[k] = kindPlanOf(p, all, k)
	}
	return out
}

func (p *plan) kind(k ingest.Kind) *kindPlan {
	if kp, ok := p.byKind[k]; ok {
		return kp
	}
	return p.other
}

// shared is a series and the features that read it, by slot.
type shared struct {
	definition
	series   Series // without Reads
	features []int
}

// seriesOf groups the program's features into series, in the order in which
// they are declared.
func seriesOf(p *rules.Program) []*shared {
	var list []*shared
	byDefinition := map[definition]*shared{}
	features := p.Features()
	for i := range features {
		f := &features[i]
		d := define(f)
		s := byDefinition[d]
		if s == nil {
			s = &shared{definition: d, series: Series{ID: d.id(), Limit: minLimit, Distinct: d.of != ""}}
			byDefinition[d] = s
			list = append(list, s)
		}
		s.features = append(s.features, i)
		s.series.Keep = max(s.series.Keep, f.Window)
		s.series.Limit = max(s.series.Limit, limitFor(p, f))
	}
	return list
}

// limitFor is how many members a feature needs: twice its largest threshold,
// within what the program allows. (One more than the threshold would be enough
// for the rule; the rest is for those who read the evidence.)
func limitFor(p *rules.Program, f *rules.Feature) int {
	if f.Aggregate != rules.AggCount && f.Aggregate != rules.AggDistinct {
		return minLimit
	}
	threshold := int(min(p.MaxThreshold(f.Name), float64(p.Limit())))
	return max(threshold+1, min(2*threshold, p.Limit()))
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
	return &kindPlan{
		inline:  groupsOf(p, all, k, rules.StageInline, inline),
		outcome: groupsOf(p, all, k, rules.StageOutcome, nil),
		async:   groupsOf(p, all, k, rules.StageAsync, async),
	}
}

// entities is the order in which an event's entities are touched.
func entities() []rules.Entity {
	return []rules.Entity{
		rules.EntityAccount, rules.EntityDevice, rules.EntitySession, rules.EntityIP, rules.EntitySubnet,
		rules.EntityASN, rules.EntityDocument, rules.EntityPhone, rules.EntityPool,
	}
}

// groupsOf lists what a stage touches for a kind, given the slots it reads.
func groupsOf(p *rules.Program, all []*shared, k ingest.Kind, stage rules.Stage, reads []int) []group {
	var groups []group
	for _, entity := range entities() {
		g := group{entity: entity}
		mark := stage == rules.StageInline // enforcement wants every mark there
		for _, s := range all {
			if s.entity != entity {
				continue
			}
			g.keep = max(g.keep, s.series.Keep)
			u := useOf(p.Features(), s, reads)
			events := p.Features()[u.filter].Events
			u.write = s.stage == stage && (len(events) == 0 || slices.Contains(events, k))
			if u.write || len(u.slots) > 0 {
				g.uses = append(g.uses, u)
			}
			mark = mark || len(u.slots) > 0 // a clearing hides some of what is read
		}
		// A pool is nobody, so enforcement leaves no mark on it.
		g.mark = mark && entity != rules.EntityPool
		if g.mark || len(g.uses) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

// useOf is the series with those of its reads that are asked for. Features
// with the same window and aggregate share a read.
func useOf(features []rules.Feature, s *shared, reads []int) use {
	series := s.series
	u := use{series: &series, filter: s.features[0], of: s.of}
	for _, i := range s.features {
		if !slices.Contains(reads, i) {
			continue
		}
		r := Read{Window: features[i].Window, Aggregate: features[i].Aggregate}
		at := slices.Index(series.Reads, r)
		if at < 0 {
			at = len(series.Reads)
			series.Reads = append(series.Reads, r)
		}
		u.slots = append(u.slots, slot{read: at, feature: i})
	}
	return u
}
