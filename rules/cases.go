package rules

import (
	"fmt"
	"time"

	"fairgate/ingest"
)

// CaseResult is how one example of a rule came out.
type CaseResult struct {
	Rule     string
	Case     string // its name or, without one, its place in the list
	MustFire bool
	Fired    bool
	// Detail says what went wrong, or is empty.
	Detail string
}

// OK reports that the rule did what the case asks for.
func (r CaseResult) OK() bool { return r.Fired == r.MustFire }

// RunCases runs the examples of every rule, drafts and retired rules included.
// A rule is judged from the case alone: fields that are not given are empty,
// features that are not given are NoValue, and an entity whose key the case
// does not give cannot be acted on. Those of a band are judged from the scores
// of all rules that are neither drafts nor retired.
func RunCases(p *Program) []CaseResult {
	all := p.everything()
	var out []CaseResult
	for i := range p.ruleset.Rules {
		r := &p.ruleset.Rules[i]
		for n, c := range r.Cases.MustFire {
			out = append(out, all.runCase(r, c, n, true))
		}
		for n, c := range r.Cases.MustNotFire {
			out = append(out, all.runCase(r, c, n, false))
		}
	}
	for i := range p.ruleset.Bands {
		b := &p.ruleset.Bands[i]
		for n, c := range b.Cases.MustFire {
			out = append(out, p.runBandCase(b, c, n, true))
		}
		for n, c := range b.Cases.MustNotFire {
			out = append(out, p.runBandCase(b, c, n, false))
		}
	}
	return out
}

func (p *Program) compileEverything() *Program {
	rs := *p.ruleset
	rs.Bands = nil // their examples ask for the sum alone
	rs.Rules = append([]Rule(nil), rs.Rules...)
	for i := range rs.Rules {
		rs.Rules[i].Mode, rs.Rules[i].Share = ModeLive, 0
	}
	return compile(&rs, p.options, &problems{}, &pace{}) // it was checked as a whole already
}

func (p *Program) runCase(r *Rule, c Case, n int, must bool) CaseResult {
	out := CaseResult{Rule: r.ID, Case: c.Name, MustFire: must}
	if out.Case == "" {
		out.Case = fmt.Sprintf("number %d", n+1)
	}
	own := p.rules[r.ID]
	e := caseEvent(c, p.loc)
	ev := NewEvaluator()
	ev.load(p, e, p.caseValues(c))
	holds := meet(r.Events, []ingest.Kind{c.Kind}) && own.when(ev)
	out.Fired = holds && ev.key(r.On) != ""
	if out.OK() {
		return out
	}
	out.Detail = "fired, and must not"
	if must {
		out.Detail = "did not fire, and must"
	}
	if holds && !out.Fired {
		out.Detail = fmt.Sprintf("condition holds, but the case gives no %s to act on", r.On)
	}
	return out
}

func (p *Program) noValues() []float64 {
	values := make([]float64, len(p.features))
	for i := range values {
		values[i] = NoValue
	}
	return values
}

// caseEvent makes the event that a case describes. Its time, where the case
// sets none, is noon of a Monday.
func caseEvent(c Case, loc *time.Location) *ingest.Event {
	e := &ingest.Event{ID: "case", Time: time.Date(2026, 1, 5, 12, 0, 0, 0, loc).UTC(), Kind: c.Kind}
	for _, f := range Fields() {
		if v, ok := c.Event[f.Name]; ok {
			f.set(e, v, loc)
		}
	}
	return e
}
