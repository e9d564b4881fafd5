package scoring

import (
	"slices"
	"time"

	"fairgate/ingest"
	"fairgate/rules"
)

// scratch is the working memory of one event in one stage. The touch is built
// in arenas; a slice into an arena stays valid when the arena grows.
type scratch struct {
	touch   Touch
	series  []SeriesTouch
	uses    []*use // of each SeriesTouch
	members []string
	keys    []string
	numbers []float64
	matches []rules.Match
	ev      *rules.Evaluator
	portion portion
}

func newScratch() *scratch { return &scratch{ev: rules.NewEvaluator()} }

// build makes the touch of e from the groups. Entities that the event does not
// name are left out.
func (s *scratch) build(e *ingest.Event, groups []group) {
	s.touch.EventID, s.touch.Time = e.ID, e.Time
	s.members = append(s.members, e.ID)
	id := s.members[:1:1]
	for i := range groups {
		g := &groups[i]
		first := len(s.keys)
		s.keys = rules.AppendKeys(s.keys, g.entity, e)
		nth := 0
		for k := first; k < len(s.keys); k++ {
			if slices.Contains(s.keys[first:k], s.keys[k]) {
				continue // the same document twice
			}
			if s.portion.has(s.keys[k]) {
				s.buildEntity(e, g, s.keys[k], id, nth)
			} else if g.mark { // what pairs follow
				s.touch.Entities = append(s.touch.Entities, EntityTouch{Entity: g.entity, Key: s.keys[k], ReadMark: true, Keep: g.keep})
			}
			nth++
		}
	}
}

func (s *scratch) buildEntity(e *ingest.Event, g *group, key string, id []string, nth int) {
	first := len(s.series)
	for i := range g.uses {
		u := &g.uses[i]
		st := SeriesTouch{Series: u.series}
		if u.write && u.program.Where(u.filter, e) != u.other {
			s.add(&st, u, e, id)
		}
		if len(st.Members) == 0 && len(u.slots) == 0 {
			continue
		}
		from := len(s.numbers)
		for range u.series.Reads {
			s.numbers = append(s.numbers, rules.NoValue)
		}
		st.Values = s.numbers[from:len(s.numbers):len(s.numbers)]
		s.series = append(s.series, st)
		s.uses = append(s.uses, u)
	}
	if g.mark || len(s.series) > first {
		et := EntityTouch{
			Entity: g.entity, Key: key, ReadMark: g.mark, Keep: g.keep,
			Series: s.series[first:len(s.series):len(s.series)],
		}
		if a, b, pair := g.entity.Parts(); pair && g.reads {
			et.Follows = [2]int{s.place(a, nth), s.place(b, nth)}
		}
		s.touch.Entities = append(s.touch.Entities, et)
	}
}

// add says what the event adds to a series.
func (s *scratch) add(st *SeriesTouch, u *use, e *ingest.Event, id []string) {
	switch {
	case u.series.Shape == ShapeValues:
		from := len(s.members)
		s.members = rules.AppendValues(s.members, u.of, e)
		st.Members = s.members[from:len(s.members):len(s.members)]
		return
	case u.of != "": // a sum
		if st.Amount = rules.Amount(u.of, e); st.Amount == 0 {
			return // what adds nothing must not push out what does
		}
	default:
		st.Amount = 1
	}
	st.Members = id
}

// place is where the touch has the entity, counted from one; 0 where it is not
// followed. Of documents it is the nth, as a pair's keys are in their order.
func (s *scratch) place(entity rules.Entity, nth int) int {
	if entity != rules.EntityDocument {
		nth = 0
	}
	for i := range s.touch.Entities {
		if et := &s.touch.Entities[i]; et.Entity == entity && et.ReadMark {
			if nth == 0 {
				return i + 1
			}
			nth--
		}
	}
	return 0
}

// fill puts what was read into its places in values, a vector of plan.size. Of
// an entity with several keys it is the largest value.
func (s *scratch) fill(values []float64) {
	next := 0
	for i := range s.touch.Entities {
		for j := range s.touch.Entities[i].Series {
			for _, sl := range s.uses[next].slots {
				values[sl.value] = max(values[sl.value], s.touch.Entities[i].Series[j].Values[sl.read])
			}
			next++
		}
	}
}

// reset lets go of the event and keeps the room.
func (s *scratch) reset() {
	clear(s.touch.Entities)
	clear(s.series)
	clear(s.uses)
	clear(s.members)
	clear(s.keys)
	clear(s.matches)
	*s = scratch{
		touch:  Touch{Entities: s.touch.Entities[:0]},
		series: s.series[:0], uses: s.uses[:0], members: s.members[:0], keys: s.keys[:0],
		numbers: s.numbers[:0], matches: s.matches[:0], ev: s.ev, portion: s.portion,
	}
}

// noValues is a vector of n features that have nothing to say.
func noValues(n int) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = rules.NoValue
	}
	return values
}

// hitsOf appends the matches to hits.
func hitsOf(hits []ingest.Hit, matches []rules.Match) []ingest.Hit {
	if len(matches) == 0 {
		return hits
	}
	hits = slices.Grow(hits, len(matches))
	for _, m := range matches {
		hits = append(hits, ingest.Hit{
			Rule: m.Rule.ID, Action: actionOf(m.Rule), Entity: string(m.Rule.On), Key: m.Key,
			Score: m.Rule.Score, TTL: int64(m.Rule.TTL / time.Second), Repeat: m.Repeat, Reason: m.Rule.Reason,
			From: m.From, Again: m.Again, Shadow: m.Shadow,
		})
	}
	return hits
}

// actionOf is what a rule asks the edge to do: nothing, where it is a weak
// signal that only scores.
func actionOf(r *rules.Rule) ingest.Action {
	if r.Action == rules.ActionScore {
		return ingest.Allow
	}
	return r.Action
}
