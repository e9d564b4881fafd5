package rules

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"fairgate/ingest"
)

// maxSamples is how many situations lint looks at for one rule.
const maxSamples = 20_000

// A situation is one assignment of values to what rules read: a vector of
// numbers (features in document order, then fields; truth values are 0 and 1)
// and one of texts (fields). No event is made: setting and reading one costs
// fifty times as much.

// linter is what all rules of a program are tried with. It is immutable.
type linter struct {
	own, all *Program // as it is, and with every rule live
	words    *vocabulary
	fields   []EventField
	series   []string // of every feature: what it counts, apart from the window
	trials   []*trial // in document order
}

// trial is a rule as lint tries it.
type trial struct {
	*compiled
	when truth
	// slots are the numbers that the condition reads, names beginning with has_
	// left out; texts the texts.
	slots, texts []int
	opaque       bool // a pattern is involved, for which no texts can be made up
}

// newLinter compiles every condition for trying.
func newLinter(own *Program) (*linter, error) {
	l := &linter{own: own, all: own.everything(), fields: Fields()}
	l.words = newVocabulary(l.all.ruleset.Features, true)
	for i := range l.all.ruleset.Features {
		l.series = append(l.series, seriesOf(&l.all.ruleset.Features[i]))
	}
	for i, f := range l.fields {
		slot := l.slotOf(i)
		f.text = func(ev *Evaluator) string { return ev.texts[i] }
		f.number = func(ev *Evaluator) float64 { return ev.values[slot] }
		f.truth = func(ev *Evaluator) bool { return ev.values[slot] != 0 }
		l.words.fields[f.Name] = &f
	}
	for i := range l.all.ruleset.Rules {
		c := l.all.rules[l.all.ruleset.Rules[i].ID]
		when, err := (&builder{vocabulary: l.words, slot: func(i int) int { return i }}).condition(c.tree)
		if err != nil {
			return nil, err // it compiled before
		}
		t := &trial{compiled: c, when: when, opaque: collectTexts(c.tree, map[string][]any{})}
		t.slots, _ = l.words.namesIn(c.tree)
		for i, f := range l.fields {
			switch {
			case !slices.Contains(c.fields, f.Name) || strings.HasPrefix(f.Name, "has_"):
			case f.Type == TypeText:
				t.texts = append(t.texts, i)
			default:
				t.slots = append(t.slots, l.slotOf(i))
			}
		}
		l.trials = append(l.trials, t)
	}
	return l, nil
}

// slotOf is the place of a field among the numbers.
func (l *linter) slotOf(field int) int { return len(l.all.ruleset.Features) + field }

// workbench is where one goroutine tries rules.
type workbench struct {
	*linter
	done <-chan struct{}
	ev   *Evaluator
}

func (l *linter) workbench(ctx context.Context) *workbench {
	b := &workbench{linter: l, done: ctx.Done(), ev: NewEvaluator()}
	b.ev.values = make([]float64, l.slotOf(len(l.fields)))
	b.ev.texts = make([]string, len(l.fields))
	return b
}

// ended reports that nobody waits any more.
func (b *workbench) ended() bool {
	select {
	case <-b.done:
		return true
	default:
		return false
	}
}

// variable is something that a rule reads, with the values worth trying.
type variable struct {
	slot, text int // one of them is -1
	numbers    []float64
	texts      []string
}

func (v *variable) size() int { return max(len(v.numbers), len(v.texts)) }

// space is everything that lint tries for one rule or two.
type space struct {
	*workbench
	variables []variable
	longer    [][2]int // slots: the first counts at least what the second does
	present   [][2]int // slot of has_x and text of x: the first says whether the second is there
	accepted  [3]int   // slots of accepted and status and text of disposition; -1: not read
	complete  bool     // every combination is tried
}

// space finds the boundary values of what the rules read: around every
// constant, between neighbouring constants, and at the ends of the range.
func (b *workbench) space(rules ...*trial) *space {
	s := &space{workbench: b}
	b.clear()
	constants := map[string][]float64{}
	texts := map[string][]any{}
	var slots []int
	var names []string
	for _, t := range rules {
		for _, x := range t.bounds {
			constants[x.name] = append(constants[x.name], x.constant)
		}
		collectTexts(t.tree, texts)
		features, fields := b.words.namesIn(t.tree)
		slots, names = append(slots, features...), append(names, fields...)
	}
	slices.Sort(slots)
	features := b.all.ruleset.Features
	for _, slot := range slices.Compact(slots) {
		f := &features[slot]
		s.variables = append(s.variables, variable{
			slot: slot, text: -1, numbers: around(constants[f.Name], reach(f, b.all.options.Limit), wholeFeature(f), NoValue),
		})
	}
	for i := range b.fields {
		f := &b.fields[i]
		switch {
		case !slices.Contains(names, f.Name):
		case f.Type == TypeText:
			s.variables = append(s.variables, variable{slot: -1, text: i, texts: fieldTexts(f, texts[f.Name], rules[0].rule)})
		case f.Type == TypeBool:
			s.variables = append(s.variables, variable{slot: b.slotOf(i), text: -1, numbers: []float64{0, 1}})
		default:
			s.variables = append(s.variables, variable{slot: b.slotOf(i), text: -1, numbers: fieldNumbers(f, constants[f.Name])})
		}
	}
	size := 1
	for i := range s.variables {
		size = min(size*s.variables[i].size(), maxSamples+1)
	}
	s.complete = size <= maxSamples
	s.relate()
	return s
}

// clear makes the vectors say nothing.
func (b *workbench) clear() {
	for i := range b.ev.values {
		b.ev.values[i] = 0
		if i < len(b.all.ruleset.Features) {
			b.ev.values[i] = NoValue
		}
	}
	clear(b.ev.texts)
}

// relate finds what cannot be: a longer window over the same events that
// counts fewer of them, and fields that contradict each other.
func (s *space) relate() {
	place := map[string]int{}
	for _, v := range s.variables {
		if v.text >= 0 {
			place[s.fields[v.text].Name] = v.text
		} else if i := v.slot - s.slotOf(0); i >= 0 {
			place[s.fields[i].Name] = v.slot
		}
	}
	at := func(name string) int {
		if slot, ok := place[name]; ok {
			return slot
		}
		return -1
	}
	for _, name := range []string{"account", "device"} {
		if has, text := at("has_"+name), at(name); has >= 0 && text >= 0 {
			s.present = append(s.present, [2]int{has, text})
		}
	}
	s.accepted = [3]int{at("accepted"), at("status"), at("disposition")}
	features := s.all.ruleset.Features
	for _, a := range s.variables {
		for _, b := range s.variables {
			if a.slot < 0 || b.slot < 0 || max(a.slot, b.slot) >= len(features) || a.slot == b.slot {
				continue
			}
			x, y := &features[a.slot], &features[b.slot]
			if x.Aggregate.counts() && x.Window > y.Window && s.series[a.slot] == s.series[b.slot] {
				s.longer = append(s.longer, [2]int{a.slot, b.slot})
			}
		}
	}
}

func fieldTexts(f *EventField, literals []any, r *Rule) []string {
	var out []string
	if f.Name == "kind" {
		kinds := r.Events
		if len(kinds) == 0 {
			kinds = ingest.Kinds()
		}
		for _, k := range kinds {
			out = append(out, string(k))
		}
		return out
	}
	for _, s := range literals {
		if s, ok := s.(string); ok {
			out = append(out, s)
		}
	}
	if f.Name == "disposition" {
		out = append(out, string(ingest.DispositionForwarded))
	}
	return append(out, "", "something else")
}

// fieldRange is what a numeric field can be: from low to high, or nothing.
func fieldRange(name string) (low, high, nothing float64, whole bool) {
	switch name {
	case "hour":
		return 0, 23, 0, true
	case "minute":
		return 0, 59, 0, true
	case "second":
		return 0, 59.999, 0, false
	case "weekday":
		return 1, 7, 1, true
	case "documents":
		return 0, ingest.MaxDocuments + 1, 0, true
	case "positions":
		return 0, math.MaxInt32, 0, true
	case "cluster_size", "cluster_growth", "cluster_confirmed":
		return 0, math.MaxInt32, 0, true
	case "asn":
		return 0, math.MaxUint32, 0, true
	case "status":
		return 0, 599, 0, true
	case "days_ahead":
		return 0, 36500, NoValue, true
	case "device_age_seconds":
		return 0, math.MaxInt32, NoValue, false
	default:
		return 0, math.MaxInt32, 0, false
	}
}

func fieldNumbers(f *EventField, constants []float64) []float64 {
	low, high, nothing, whole := fieldRange(f.Name)
	if f.Name == "status" {
		constants = append(constants, 200) // what accepted asks for
	}
	return slices.DeleteFunc(around(constants, high, whole, nothing), func(v float64) bool { return v < low && v != nothing })
}

// try visits situations until visit returns false: all combinations where
// there are few enough, otherwise a sample that is the same every time. Visit
// finds the situation in the workbench's vectors.
func (s *space) try(visit func() bool) {
	pick := make([]int, len(s.variables))
	for i := range s.variables {
		s.set(i, 0)
	}
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a repeatable sample, no secret
	for n := 0; ; n++ {
		switch {
		case n&1023 == 0 && s.ended(), !s.complete && n == maxSamples:
			return
		case !s.complete:
			for i := range s.variables {
				s.set(i, random.IntN(s.variables[i].size()))
			}
		}
		if s.possible() && !visit() {
			return
		}
		if s.complete && !s.next(pick) {
			return
		}
	}
}

// next moves on to the next combination.
func (s *space) next(pick []int) bool {
	for i := range pick {
		if pick[i]++; pick[i] < s.variables[i].size() {
			s.set(i, pick[i])
			return true
		}
		pick[i] = 0
		s.set(i, 0)
	}
	return false
}

func (s *space) set(i, value int) {
	if v := &s.variables[i]; v.slot >= 0 {
		s.ev.values[v.slot] = v.numbers[value]
	} else {
		s.ev.texts[v.text] = v.texts[value]
	}
}

func (s *space) possible() bool {
	for _, pair := range s.longer {
		if s.ev.values[pair[0]] < s.ev.values[pair[1]] {
			return false
		}
	}
	for _, pair := range s.present {
		if (s.ev.values[pair[0]] != 0) != (s.ev.texts[pair[1]] != "") {
			return false
		}
	}
	if accepted, status, disposition := s.accepted[0], s.accepted[1], s.accepted[2]; accepted >= 0 {
		taken := status < 0 || (s.ev.values[status] >= 200 && s.ev.values[status] < 300)
		reached := disposition < 0 || s.ev.texts[disposition] == string(ingest.DispositionForwarded)
		if yes := s.ev.values[accepted] != 0; yes != (taken && reached) && (yes || (status >= 0 && disposition >= 0)) {
			return false
		}
	}
	return true
}

// around lists the values at which a comparison with one of the constants can
// change, from 0 to high, and nothing.
func around(constants []float64, high float64, whole bool, nothing float64) []float64 {
	list := []float64{nothing, 0, high}
	slices.Sort(constants)
	for i, c := range constants {
		list = append(list, c-1, c, c+1)
		if i > 0 {
			list = append(list, (constants[i-1]+c)/2)
		}
		if !whole {
			list = append(list, c-c/1000, c+c/1000, c/2)
		}
	}
	if whole {
		for i, v := range list {
			list[i] = math.Round(v)
		}
	}
	slices.SortFunc(list, cmp.Compare)
	list = slices.Compact(list)
	return slices.DeleteFunc(list, func(v float64) bool { return (v < 0 || v > high) && v != nothing })
}
