package rules

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"fairgate/ingest"
)

// ErrUnknownRule says that the program has no rule of that id.
var ErrUnknownRule = errors.New("rule is not in this ruleset")

// Explanation says what a rule saw in one event. It is for operators, never
// for visitors.
type Explanation struct {
	Rule        string        `json:"rule"`
	Ruleset     string        `json:"ruleset"` // version
	Description string        `json:"description,omitempty"`
	When        string        `json:"when"`
	Action      ingest.Action `json:"action"`
	Entity      Entity        `json:"entity"`
	Key         string        `json:"key,omitempty"`
	// Messages are the rule's, with the values of this event filled in.
	Messages Messages           `json:"messages"`
	Features []ExplainedFeature `json:"features,omitempty"`
	Fields   []ExplainedField   `json:"fields,omitempty"`
	// From, Score and Contributions are a band's: where it begins, the sum that
	// was reached, and what each rule that fired added to it.
	From          float64        `json:"from,omitempty"`
	Score         float64        `json:"score,omitempty"`
	Contributions []Contribution `json:"contributions,omitempty"`
}

// ExplainedFeature is a feature that the rule reads, or that such a ratio is
// made of, with its value.
type ExplainedFeature struct {
	Name        string        `json:"name"`
	Description string        `json:"description,omitempty"` // the author's
	InChinese   string        `json:"description_zh"`        // from the declaration
	Value       float64       `json:"value"`
	Known       bool          `json:"known"` // false: there was nothing to say
	Entity      Entity        `json:"entity"`
	Key         string        `json:"key,omitempty"`
	Aggregate   Aggregate     `json:"aggregate"`
	Of          Field         `json:"of,omitempty"`
	Over        string        `json:"over,omitempty"`
	Window      time.Duration `json:"window"`
	Before      time.Duration `json:"before,omitempty"`
	// Bucketed says that the value can be too large by what happened in a
	// sixtieth of the window (PrecisionBucketed).
	Bucketed bool `json:"bucketed,omitempty"`
	// Thresholds are the constants that this rule compares it with.
	Thresholds []float64 `json:"thresholds,omitempty"`
}

// ExplainedField is an event field that the rule reads, as text.
type ExplainedField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Explain says what the rule saw in e, from the snapshot of feature values
// that the decision carries. Features that the snapshot does not have are
// NoValue. Of a band it is which rules fired, and what they add up to. The
// error is ErrUnknownRule.
func Explain(p *Program, rule string, e *ingest.Event, s ingest.Snapshot) (Explanation, error) {
	all := p.everything()
	c := all.rules[rule]
	if c == nil {
		for i := range p.ruleset.Bands {
			if p.ruleset.Bands[i].ID == rule {
				return p.explainBand(&p.ruleset.Bands[i], e, s), nil
			}
		}
		return Explanation{}, fmt.Errorf("%w: %q, version %s", ErrUnknownRule, rule, p.version)
	}
	values := all.snapshotValues(s)
	r := c.rule
	out := Explanation{
		Rule: r.ID, Ruleset: p.version, Description: r.Description, When: strings.TrimSpace(r.When),
		Action: r.Action, Entity: r.On, Key: Key(r.On, e),
	}
	shown := map[string]string{}
	for _, slot := range all.withParts(slices.Clone(c.reads)) {
		f := all.features[slot]
		x := ExplainedFeature{
			Name: f.Name, Description: f.Description, InChinese: f.Chinese(), Value: values[slot], Known: values[slot] >= 0,
			Entity: f.Entity, Key: Key(f.Entity, e), Aggregate: f.Aggregate, Of: f.Of, Over: f.Over,
			Window: f.Window, Before: f.Before, Bucketed: f.Bucketed(),
		}
		for _, b := range c.bounds {
			if b.name == f.Name && !slices.Contains(x.Thresholds, b.constant) {
				x.Thresholds = append(x.Thresholds, b.constant)
			}
		}
		slices.Sort(x.Thresholds)
		out.Features = append(out.Features, x)
		shown[f.Name] = "–"
		if x.Known {
			shown[f.Name] = formatNumber(x.Value)
		}
	}
	ev := NewEvaluator()
	ev.load(all, e, values)
	for _, f := range Fields() {
		if slices.Contains(c.fields, f.Name) {
			out.Fields = append(out.Fields, ExplainedField{Name: f.Name, Value: f.show(ev)})
			shown[f.Name] = f.show(ev)
		}
	}
	out.Messages = Messages{ZH: fill(r.Messages.ZH, shown), EN: fill(r.Messages.EN, shown)}
	return out, nil
}

func (f *EventField) show(ev *Evaluator) string {
	switch f.Type {
	case TypeText:
		return f.text(ev)
	case TypeNumber:
		return formatNumber(f.number(ev))
	default:
		return strconv.FormatBool(f.truth(ev))
	}
}

// formatNumber keeps two decimals at most.
func formatNumber(v float64) string {
	s := strconv.FormatFloat(v, 'f', 2, 64)
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}

// fill replaces {name} in a message by the value that the rule saw.
func fill(message string, shown map[string]string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(message, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, after, closed := strings.Cut(rest, "}")
		value, isKnown := shown[name]
		if !closed || !isKnown {
			b.WriteByte('{')
			message = rest
			continue
		}
		b.WriteString(value)
		message = after
	}
}

// placeholders lists the names in a message's braces.
func placeholders(message string) []string {
	var out []string
	for {
		_, rest, ok := strings.Cut(message, "{")
		if !ok {
			return out
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return out
		}
		out, message = append(out, name), after
	}
}
