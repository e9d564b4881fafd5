package rules

import (
	"cmp"
	"slices"
	"time"

	"fairgate/ingest"
)

// ActionScore is the action of a weak signal: a rule that only adds its score
// to the sum that the bands look at, and does nothing by itself.
const ActionScore ingest.Action = "score"

// Band acts where the scores of the rules that fired for one event add up to
// From or more. Every rule that acts counts with its score, weak signals
// (ActionScore) and others alike; the sum ends at 100.
//
// A band of the in-line stage sees the in-line rules, one of the asynchronous
// stage those and the asynchronous ones. Of the bands of one stage that the
// sum reaches the highest acts, as a rule of that id would: with its own mode,
// exceptions and messages. A match that an exception takes away takes its
// score out of the sum.
type Band struct {
	ID          string        `yaml:"id" json:"id"` // shares its names with the rules
	Description string        `yaml:"description" json:"description,omitempty"`
	Stage       Stage         `yaml:"stage" json:"stage"` // inline (default) or async
	Events      []ingest.Kind `yaml:"events" json:"events,omitempty"`
	From        float64       `yaml:"from" json:"from"` // above 0, to 100
	On          Entity        `yaml:"on" json:"on"`
	Action      ingest.Action `yaml:"action" json:"action"` // flag, challenge or block
	TTL         time.Duration `yaml:"ttl" json:"ttl,omitempty"`
	Repeat      Repeat        `yaml:"repeat" json:"repeat,omitzero"`
	Mode        Mode          `yaml:"mode" json:"mode"` // default live
	Share       float64       `yaml:"share" json:"share,omitempty"`
	Owner       string        `yaml:"owner" json:"owner,omitempty"`
	Scenarios   []string      `yaml:"scenarios" json:"scenarios,omitempty"`
	Tags        []string      `yaml:"tags" json:"tags,omitempty"`
	Reason      ingest.Reason `yaml:"reason" json:"reason,omitempty"`
	// Messages may use {score} and {rules}.
	Messages Messages `yaml:"messages" json:"messages,omitzero"`
	// Cases give the events and feature values from which every rule of the
	// ruleset that is not a draft or retired is evaluated.
	Cases Cases `yaml:"cases" json:"cases,omitzero"`
}

// MaxBands is how many bands a ruleset may have.
const MaxBands = 50

// bandWords are what a band's messages may name.
func bandWords() []string { return []string{"score", "rules"} }

// rule is the band as the rule that it acts like. It has no condition and no
// score of its own, or the sum would count it.
func (b *Band) rule() *Rule {
	return &Rule{
		ID: b.ID, Description: b.Description, Stage: b.Stage, Events: b.Events, On: b.On, Action: b.Action,
		TTL: b.TTL, Repeat: b.Repeat, Mode: b.Mode, Share: b.Share, Owner: b.Owner, Scenarios: b.Scenarios,
		Tags: b.Tags, Reason: b.Reason, Messages: b.Messages, Cases: b.Cases,
	}
}

// band is a Band that may be evaluated.
type band struct {
	*compiled // without a condition
	from      float64
}

// validateBands reports everything about the bands that needs no expression.
func validateBands(rs *Ruleset, ids map[string]int, c *problems) {
	if len(rs.Bands) > MaxBands {
		c.add("bands", "", "has %d entries, at most %d", len(rs.Bands), MaxBands)
	}
	for i := range rs.Bands {
		b := &rs.Bands[i]
		at := indexed("bands", i) + "."
		checkName(c, at+"id", b.ID, ids, i)
		known(c, at+"action", b.ID, b.Action, bandActions())
		validateRule(b.rule(), at, c)
		if !(b.From > 0 && b.From <= 100) {
			c.add(at+"from", b.ID, "%v must be above 0 and at most 100", b.From)
		}
		for field, message := range map[string]string{"messages.zh": b.Messages.ZH, "messages.en": b.Messages.EN} {
			for _, name := range placeholders(message) {
				if !slices.Contains(bandWords(), name) {
					c.add(at+field, b.ID, "{%s} is not something that a band knows; one of %s", clip(name), oneOf(bandWords()))
				}
			}
		}
		for j := range rs.Bands[:i] {
			o := &rs.Bands[j]
			low, high := o, b
			if low.From > high.From {
				low, high = b, o
			}
			switch {
			case o.Stage != b.Stage || !meet(o.Events, b.Events):
			case o.From == b.From:
				c.add(at+"from", b.ID, "%v is where band %q begins already", b.From, o.ID)
			case low.Action.Severity() > high.Action.Severity():
				c.add(at+"action", b.ID, "band %q begins at %v and asks for %s, which must not be milder than %s from %v (%q)",
					high.ID, high.From, high.Action, low.Action, low.From, low.ID)
			}
		}
	}
}

// meet reports that some kind of event is in both lists; an empty one has all.
func meet(a, b []ingest.Kind) bool {
	if len(a) == 0 || len(b) == 0 {
		return true
	}
	return slices.ContainsFunc(a, func(k ingest.Kind) bool { return slices.Contains(b, k) })
}

// compileBands makes the active bands ready, the lowest first.
func (p *Program) compileBands() {
	for i := range p.ruleset.Bands {
		b := &p.ruleset.Bands[i]
		if b.Mode.Active() {
			p.bands = append(p.bands, &band{
				compiled: &compiled{rule: b.rule(), seed: hashText(fnvOffset, b.ID), repeat: b.Repeat.hit()}, from: b.From,
			})
		}
	}
	slices.SortStableFunc(p.bands, func(a, b *band) int { return cmp.Compare(a.from, b.from) })
}

// reached appends the bands that the sum of ev's score and of the matches'
// scores reaches, the lowest first. Of the acting ones that is all. Beside
// them, in shadow, it is those that the acting rules alone did not reach.
func (ev *Evaluator) reached(bands []*band, matched []Match, which Which, out []Match) []Match {
	sum := ev.score
	for i := range matched {
		sum += matched[i].Rule.Score
	}
	sum = min(sum, 100)
	for _, b := range bands {
		if sum < b.from {
			return out
		}
		acts := b.rule.Mode == ModeLive || (b.rule.Mode == ModeCanary && b.inShare(ev.e))
		if acts != (which == Acting) && (which == Acting || ev.score >= b.from) {
			continue
		}
		key := ev.key(b.rule.On)
		if key == "" {
			ev.keyless = append(ev.keyless, b.rule)
			continue
		}
		out = append(out, Match{Rule: b.rule, Key: key, Shadow: which == Shadow, From: b.from, Repeat: b.repeat})
	}
	return out
}
