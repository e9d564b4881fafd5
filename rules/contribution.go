package rules

import (
	"fmt"
	"slices"
	"strings"

	"fairgate/ingest"
)

// Contribution is what one rule added to the sum that a band looks at.
type Contribution struct {
	Rule  string  `json:"rule"`
	Score float64 `json:"score"`
}

// contributions lists the rules that count for the band and fire for e, and
// the sum of their scores, 100 at most. p has every rule live; counts says
// which of them count.
func (p *Program) contributions(b *Band, e *ingest.Event, values []float64, counts func(*compiled) bool) ([]Contribution, float64) {
	ev := NewEvaluator()
	ev.load(p, e, values)
	var out []Contribution
	sum := 0.0
	for i := range p.ruleset.Rules {
		r := &p.ruleset.Rules[i]
		switch {
		case r.Score == 0 || !meet(r.Events, []ingest.Kind{e.Kind}):
		case r.Stage != StageInline && b.Stage != StageAsync:
		default:
			if c := p.rules[r.ID]; counts(c) && ev.key(r.On) != "" && c.when(ev) {
				out = append(out, Contribution{Rule: r.ID, Score: r.Score})
				sum += r.Score
			}
		}
	}
	return out, min(sum, 100)
}

// runBandCase runs one example of a band: whether the scores of the active
// rules reach it.
func (p *Program) runBandCase(b *Band, c Case, n int, must bool) CaseResult {
	out := CaseResult{Rule: b.ID, Case: c.Name, MustFire: must}
	if out.Case == "" {
		out.Case = fmt.Sprintf("number %d", n+1)
	}
	all := p.everything()
	e := caseEvent(c, p.loc)
	parts, sum := all.contributions(b, e, all.caseValues(c), func(c *compiled) bool {
		own := p.rules[c.rule.ID]
		return own != nil // neither draft nor retired
	})
	key := Key(b.On, e)
	out.Fired = sum >= b.From && key != "" && meet(b.Events, []ingest.Kind{e.Kind})
	switch {
	case out.OK():
	case sum >= b.From && key == "":
		out.Detail = fmt.Sprintf("the score is %s, but the case gives no %s to act on", formatNumber(sum), b.On)
	default:
		out.Detail = fmt.Sprintf("the score is %s (%s), the band begins at %s", formatNumber(sum), list(parts), formatNumber(b.From))
	}
	return out
}

// list gives "a 40 + b 35".
func list(parts []Contribution) string {
	if len(parts) == 0 {
		return "no rule fired"
	}
	texts := make([]string, len(parts))
	for i, c := range parts {
		texts[i] = c.Rule + " " + formatNumber(c.Score)
	}
	return strings.Join(texts, " + ")
}

// explainBand says what a band saw: the rules that fired, with their scores.
func (p *Program) explainBand(b *Band, e *ingest.Event, s ingest.Snapshot) Explanation {
	all := p.everything()
	parts, sum := all.contributions(b, e, all.snapshotValues(s), func(c *compiled) bool {
		own := p.rules[c.rule.ID]
		if own == nil || slices.ContainsFunc(e.Decision.Hits, func(h ingest.Hit) bool { return h.Rule == c.rule.ID && h.Shadow }) {
			return false // an exception took it away
		}
		return b.Mode == ModeShadow || own.rule.Mode == ModeLive || (own.rule.Mode == ModeCanary && own.inShare(e))
	})
	shown := map[string]string{"score": formatNumber(sum), "rules": list(parts)}
	return Explanation{
		Rule: b.ID, Ruleset: p.version, Description: b.Description, When: "score >= " + formatNumber(b.From),
		Action: b.Action, Entity: b.On, Key: Key(b.On, e), Score: sum, From: b.From, Contributions: parts,
		Messages: Messages{ZH: fill(b.Messages.ZH, shown), EN: fill(b.Messages.EN, shown)},
	}
}

// caseValues is the vector of feature values that a case describes.
func (p *Program) caseValues(c Case) []float64 {
	values := p.noValues()
	for i, name := range p.names {
		if v, ok := c.Features[name]; ok {
			values[i] = v
		}
	}
	return values
}

// snapshotValues is a snapshot as a vector of p; what it does not have is
// NoValue.
func (p *Program) snapshotValues(s ingest.Snapshot) []float64 {
	values := p.noValues()
	for i, name := range p.names {
		if at := slices.Index(s.Names, name); at >= 0 && at < len(s.Values) {
			values[i] = s.Values[at]
		}
	}
	return values
}
