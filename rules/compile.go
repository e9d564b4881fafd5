package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"
	"time"

	"github.com/expr-lang/expr/ast"

	"fairgate/ingest"
)

// DefaultLimit is how many events or values a series keeps, and so the largest
// number that a count may be compared with.
const DefaultLimit = 4096

// Options adjust compilation. The zero value is usable.
type Options struct {
	// Limit is the largest number a count or distinct feature may be compared
	// with; 0 means DefaultLimit. It must be the limit of the counters.
	Limit int
	// Location is the venue's time zone; nil means UTC+8.
	Location *time.Location
	// Pause, if set, is called every 200 µs or so while a document is loaded
	// (reading a thousand rules takes a tenth of a second), so that a process
	// that serves visitors meanwhile can let them go first: runtime.Gosched.
	Pause func()
}

// Program is a compiled ruleset. It is immutable and safe for concurrent use.
type Program struct {
	version  string
	ruleset  *Ruleset
	options  Options
	loc      *time.Location
	features []Feature
	names    []string
	filters  []filter
	rules    map[string]*compiled
	bands    []*band // the lowest first
	byKind   map[ingest.Kind]*dispatch
	other    *dispatch // kinds that nobody declared
	derived  []derived // each after those it is made of
	max      map[string]float64
	pool     *sync.Pool // of *Evaluator, for filters
	// everything is the same ruleset with every rule live, compiled when it is
	// first asked for: examples, lint and explanations speak of all rules.
	everything func() *Program
}

// filter says which events a feature counts.
type filter struct {
	kinds uint64 // bit i: ingest.Kinds()[i]; 0: every kind
	where truth  // nil: all
}

// compiled is a rule that may be evaluated.
type compiled struct {
	rule   *Rule
	when   truth
	gates  []gate // what must hold for when to
	tree   ast.Node
	reads  []int // slots
	fields []string
	bounds []bound
	seed   uint64         // of the canary hash
	repeat *ingest.Repeat // shared by all its hits
	again  bool           // see Match.Again
}

// Compile checks a whole ruleset and makes a Program of it. The error joins a
// *Problem for everything found. Compile keeps a copy of rs whose slices and
// maps must not be changed afterwards; empty stages and modes get their
// defaults.
func Compile(rs *Ruleset, o Options) (*Program, error) {
	c := &problems{file: rs.file, lines: rs.lines}
	p := compile(rs, o, c, &pace{pause: o.Pause})
	if err := c.err(); err != nil {
		return nil, err
	}
	return p, nil
}

// compile reports into c; the program is of use only if nothing was reported.
func compile(source *Ruleset, o Options, c *problems, pace *pace) *Program {
	if o.Limit <= 0 {
		o.Limit = DefaultLimit
	}
	if o.Location == nil {
		o.Location = time.FixedZone("UTC+8", 8*60*60)
	}
	rs := withDefaults(source)
	validate(rs, c)
	p := &Program{
		ruleset: rs, options: o, loc: o.Location,
		rules: map[string]*compiled{}, max: map[string]float64{},
		pool: &sync.Pool{New: func() any { return NewEvaluator() }},
	}
	v := newVocabulary(rs.Features, false)
	trees := make([]ast.Node, len(rs.Rules))
	needed := make([]bool, len(rs.Features))
	for i := range rs.Rules {
		pace.step()
		trees[i] = p.checkRule(i, v, needed, c)
	}
	for i := range rs.Bands {
		validateCases(rs.Bands[i].rule(), indexed("bands", i)+".", v, c)
	}
	rs.needParts(needed)
	slots := p.assignSlots(needed)
	p.compileFilters(slots, c)
	if len(c.list) > 0 {
		return nil
	}
	p.deriveOrder(slots)
	for i, tree := range trees {
		if r := &rs.Rules[i]; r.Mode.Active() {
			pace.step()
			p.rules[r.ID] = p.compileRule(r, tree, v, slots, c, indexed("rules", i)+".when")
		}
	}
	p.compileBands()
	p.dispatch(pace)
	data, err := pace.canonical(rs)
	if err != nil {
		c.add("", "", "cannot be written in canonical form: %v", err)
		return nil
	}
	sum := sha256.Sum256(data)
	p.version = hex.EncodeToString(sum[:6])
	p.everything = sync.OnceValue(p.compileEverything)
	return p
}

func withDefaults(source *Ruleset) *Ruleset {
	rs := *source
	rs.Features, rs.Rules, rs.Bands = slices.Clone(rs.Features), slices.Clone(rs.Rules), slices.Clone(rs.Bands)
	for i := range rs.Features {
		if rs.Features[i].Stage == "" {
			rs.Features[i].Stage = StageInline
		}
		if rs.Features[i].Aggregate == AggChange && rs.Features[i].Before == 0 {
			rs.Features[i].Before = DefaultBefore
		}
		rs.Features[i].Entity = rs.Features[i].Entity.canonical()
	}
	for i := range rs.Rules {
		if rs.Rules[i].Stage == "" {
			rs.Rules[i].Stage = StageInline
		}
		if rs.Rules[i].Mode == "" {
			rs.Rules[i].Mode = ModeLive
		}
	}
	for i := range rs.Bands {
		if rs.Bands[i].Stage == "" {
			rs.Bands[i].Stage = StageInline
		}
		if rs.Bands[i].Mode == "" {
			rs.Bands[i].Mode = ModeLive
		}
	}
	return &rs
}

// checkRule type-checks one condition, marks the features that it needs, and
// compares its thresholds with what the counters can tell.
func (p *Program) checkRule(i int, v *vocabulary, needed []bool, c *problems) ast.Node {
	r, at := &p.ruleset.Rules[i], indexed("rules", i)+"."
	vocab := *v
	vocab.afterResponse = r.Stage == StageAsync
	validateCases(r, at, v, c)
	tree, err := vocab.check(r.When)
	if err == nil {
		_, err = (&builder{vocabulary: &vocab, slot: func(i int) int { return i }}).condition(tree)
	}
	if err != nil {
		c.add(at+"when", r.ID, "%v", err)
		return nil
	}
	features, fields := vocab.namesIn(tree)
	for field, message := range map[string]string{"messages.zh": r.Messages.ZH, "messages.en": r.Messages.EN} {
		for _, name := range placeholders(message) {
			i, ok := vocab.features[name]
			if (!ok || !slices.Contains(features, i)) && !slices.Contains(fields, name) {
				c.add(at+field, r.ID, "{%s} is not something that the rule reads", clip(name))
			}
		}
	}
	for _, f := range features {
		if r.Mode.Active() {
			needed[f] = true
		}
	}
	for _, b := range vocab.bounds(tree) {
		f, ok := vocab.features[b.name]
		if !ok || !p.ruleset.Features[f].Aggregate.counts() {
			continue
		}
		p.max[b.name] = max(p.max[b.name], b.constant)
		if b.constant > float64(p.options.Limit) && !p.ruleset.Features[f].Bucketed() {
			c.add(at+"when", r.ID, "%s is compared with %s, but counters keep at most %d", b.name, formatNumber(b.constant), p.options.Limit)
		}
	}
	return tree
}

// assignSlots gives the needed features their places, in the order in which
// they are declared.
func (p *Program) assignSlots(needed []bool) map[int]int {
	slots := map[int]int{}
	for i, need := range needed {
		if need {
			slots[i] = len(p.features)
			p.features = append(p.features, p.ruleset.Features[i])
			p.names = append(p.names, p.ruleset.Features[i].Name)
		}
	}
	return slots
}

func (p *Program) compileFilters(slots map[int]int, c *problems) {
	p.filters = make([]filter, len(p.features))
	for i := range p.ruleset.Features {
		f := &p.ruleset.Features[i]
		out := filter{kinds: kindMask(f.Events)}
		var fields []string
		if f.Where != "" {
			v := newVocabulary(nil, f.Stage != StageInline)
			tree, err := v.check(f.Where)
			if err == nil {
				_, fields = v.namesIn(tree)
				out.where, err = (&builder{vocabulary: v}).condition(tree)
			}
			if err != nil {
				c.add(indexed("features", i)+".where", f.Name, "%v", err)
			}
		}
		validateKeys(f, fields, indexed("features", i)+".", c)
		if slot, ok := slots[i]; ok {
			p.filters[slot] = out
		}
	}
}

func (p *Program) compileRule(r *Rule, tree ast.Node, v *vocabulary, slots map[int]int, c *problems, at string) *compiled {
	b := &builder{vocabulary: v, slot: func(i int) int { return slots[i] }}
	when, err := b.condition(tree)
	if err != nil {
		c.add(at, r.ID, "%v", err)
		return nil
	}
	features, fields := v.namesIn(tree)
	out := &compiled{
		rule: r, when: when, gates: b.gates(tree), tree: tree, fields: fields, bounds: v.bounds(tree), seed: hashText(fnvOffset, r.ID),
		repeat: r.Repeat.hit(), again: readsPass(fields),
	}
	for _, f := range features {
		out.reads = append(out.reads, slots[f])
	}
	slices.Sort(out.reads)
	return out
}

// Version is the first 12 hexadecimal digits of SHA-256 over the canonical
// document (JSON with the defaults applied).
func (p *Program) Version() string { return p.version }

// Ruleset is the document, with the defaults applied. It must not be changed.
func (p *Program) Ruleset() *Ruleset { return p.ruleset }

// Features lists the features that some active rule (live, canary or shadow)
// reads. The index of a feature is its slot in every vector of values. The
// list must not be changed.
func (p *Program) Features() []Feature { return p.features }

// Names lists the names of Features, shared by every snapshot of the program.
// It must not be changed.
func (p *Program) Names() []string { return p.names }

// Limit is the largest number that a count may be compared with.
func (p *Program) Limit() int { return p.options.Limit }

// MaxThreshold is the largest constant that any rule compares the count,
// distinct or sum feature with; 0 where none does. Unless the feature is
// bucketed, its value must be exact up to it.
func (p *Program) MaxThreshold(feature string) float64 { return p.max[feature] }
