package rules

import (
	"fmt"
	"slices"

	"fairgate/ingest"
)

// lintBands looks for bands that the scores cannot reach, or that only say
// what the rules do already, and for weak signals that no band looks at.
func (p *Program) lintBands() []Finding {
	var out []Finding
	for i := range p.ruleset.Bands {
		b := &p.ruleset.Bands[i]
		if !b.Mode.Active() {
			continue
		}
		most, beyond := p.mostScore(b)
		switch {
		case most < b.From:
			out = append(out, Finding{Kind: FindingUnreachable, Rule: b.ID, Text: fmt.Sprintf(
				"the band begins at %s, and the rules that count for it score %s together at most.", formatNumber(b.From), formatNumber(most))})
		case beyond < b.From:
			out = append(out, Finding{Kind: FindingHidden, Rule: b.ID, Text: fmt.Sprintf(
				"whatever reaches it, a rule does at least as much to the same %s: the others score %s together at most.", b.On, formatNumber(beyond))})
		}
		out = append(out, lintComplete(b.rule())...)
	}
	for i := range p.ruleset.Rules {
		r := &p.ruleset.Rules[i]
		if r.Action == ActionScore && r.Mode.Active() && !slices.ContainsFunc(p.ruleset.Bands, func(b Band) bool {
			return b.Mode.Active() && (b.Stage == r.Stage || b.Stage == StageAsync) && meet(b.Events, r.Events)
		}) {
			out = append(out, Finding{Kind: FindingNoBand, Rule: r.ID, Text: "no band looks at its score, and it does nothing else."})
		}
	}
	return out
}

// mostScore is the most that an event of one of the band's kinds can score:
// with every rule that counts, and without those that do by themselves what the
// band does. A band that acts counts what acts, one in shadow what is in
// shadow, too.
func (p *Program) mostScore(b *Band) (most, beyond float64) {
	kinds := b.Events
	if len(kinds) == 0 {
		kinds = ingest.Kinds()
	}
	for _, k := range kinds {
		all, rest := 0.0, 0.0
		for i := range p.ruleset.Rules {
			r := &p.ruleset.Rules[i]
			counts := r.Mode == ModeLive || r.Mode == ModeCanary || (r.Mode == ModeShadow && b.Mode == ModeShadow)
			if !counts || !meet(r.Events, []ingest.Kind{k}) || (r.Stage != StageInline && b.Stage != StageAsync) {
				continue
			}
			all += r.Score
			if r.Action == ActionScore || r.On != b.On || r.Action.Severity() < b.Action.Severity() || r.TTL < b.TTL || r.Mode != ModeLive {
				rest += r.Score
			}
		}
		most, beyond = max(most, all), max(beyond, rest)
	}
	return min(most, 100), min(beyond, 100)
}
