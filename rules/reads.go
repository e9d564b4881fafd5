package rules

import "slices"

// FeaturesOf lists the features that a rule of the program reads, and those
// that ratios among them are made of, in slot order. It is empty for a rule
// that is not evaluated, and for a band, which reads what its rules do.
func (p *Program) FeaturesOf(rule string) []Feature {
	c := p.rules[rule]
	if c == nil {
		return nil
	}
	slots := p.withParts(slices.Clone(c.reads))
	slices.Sort(slots)
	out := make([]Feature, len(slots))
	for i, slot := range slots {
		out[i] = p.features[slot]
	}
	return out
}
