package rules

import (
	"slices"
	"strings"
)

// derived is a feature that is worked out of two others.
type derived struct{ slot, of, over int }

// parts are the indices of the two features that a ratio is made of; -1 where
// there is none of that name.
func (rs *Ruleset) parts(f *Feature) (of, over int) {
	find := func(name string) int {
		return slices.IndexFunc(rs.Features, func(f Feature) bool { return f.Name == name })
	}
	return find(string(f.Of)), find(f.Over)
}

// validateRatios reports ratios of what does not exist, of themselves, in a
// circle, or of what another stage keeps.
func validateRatios(rs *Ruleset, c *problems) {
	for i := range rs.Features {
		f := &rs.Features[i]
		if f.Aggregate != AggRatio {
			continue
		}
		at := indexed("features", i) + "."
		of, over := rs.parts(f)
		rs.validatePart(c, at+"of", f, string(f.Of), of)
		rs.validatePart(c, at+"over", f, f.Over, over)
		if f.Over != "" && string(f.Of) == f.Over && f.Over != f.Name {
			c.add(at+"over", f.Name, "%q divided by itself is always 1", f.Over)
		}
		if way := rs.circle(i); way != nil {
			c.add(at+"of", f.Name, "is worked out of itself: %s", strings.Join(way, " → "))
		}
	}
}

func (rs *Ruleset) validatePart(c *problems, field string, f *Feature, name string, i int) {
	switch {
	case name == "":
		c.add(field, f.Name, "is missing: ratio needs the name of a feature")
	case name == f.Name:
		c.add(field, f.Name, "%q is the feature itself", name)
	case i < 0:
		names := make([]string, len(rs.Features))
		for i := range rs.Features {
			names[i] = rs.Features[i].Name
		}
		c.add(field, f.Name, "%q is not a declared feature%s", clip(name), DidYouMean(name, names))
	case rs.Features[i].Stage != f.Stage:
		c.add(field, f.Name, "%q is kept at stage %s and this feature at %s; both must be the same",
			name, rs.Features[i].Stage, f.Stage)
	}
}

// circle is the way on which a ratio leads back to itself, the shortest name
// for it being the first ratio declared on it; nil where it does not, or where
// an earlier one has said so.
func (rs *Ruleset) circle(start int) []string {
	var walk func(i int, way []string) []string
	seen := map[int]bool{}
	walk = func(i int, way []string) []string {
		f := &rs.Features[i]
		way = append(slices.Clone(way), f.Name)
		if f.Aggregate != AggRatio {
			return nil
		}
		of, over := rs.parts(f)
		for _, next := range []int{of, over} {
			switch {
			case next == start && len(way) > 1: // a ratio of itself is reported as that
				return append(way, rs.Features[start].Name)
			case next <= start || seen[next]:
				continue
			}
			seen[next] = true
			if found := walk(next, way); found != nil {
				return found
			}
		}
		return nil
	}
	return walk(start, nil)
}

// needParts marks what the needed ratios are made of as needed, too.
func (rs *Ruleset) needParts(needed []bool) {
	var mark func(i int)
	mark = func(i int) {
		f := &rs.Features[i]
		if f.Aggregate != AggRatio {
			return
		}
		of, over := rs.parts(f)
		for _, part := range []int{of, over} {
			if part >= 0 && !needed[part] {
				needed[part] = true
				mark(part)
			}
		}
	}
	for i := range needed {
		if needed[i] {
			mark(i)
		}
	}
}

// deriveOrder lists the ratios among the features in use, each after those it
// is made of. In the features of the program, though not in the document, they
// have the entity of what is divided and the longer of both windows, for those
// who show features.
func (p *Program) deriveOrder(slots map[int]int) {
	done := map[int]bool{}
	var visit func(i int)
	visit = func(i int) {
		f := &p.ruleset.Features[i]
		if f.Aggregate != AggRatio || done[i] {
			return
		}
		done[i] = true
		of, over := p.ruleset.parts(f)
		visit(of)
		visit(over)
		d := derived{slot: slots[i], of: slots[of], over: slots[over]}
		p.derived = append(p.derived, d)
		shown := &p.features[d.slot]
		shown.Entity = p.features[d.of].Entity
		shown.Window = max(p.features[d.of].Reach(), p.features[d.over].Reach())
	}
	for i := range p.ruleset.Features {
		if _, used := slots[i]; used {
			visit(i)
		}
	}
}

// Derive works out the ratios of a vector of values, in place, from the values
// of the features that they are made of. Whoever fills a vector calls it last.
func (p *Program) Derive(values []float64) {
	for _, d := range p.derived {
		values[d.slot] = Quotient(values[d.of], values[d.over])
	}
}

// Quotient is the value of one number divided by another: NoValue where either
// has none or the second is zero.
func Quotient(of, over float64) float64 {
	if of < 0 || over <= 0 {
		return NoValue
	}
	return of / over
}

// withParts adds to slots those that the ratios among them are made of.
func (p *Program) withParts(slots []int) []int {
	for _, d := range slices.Backward(p.derived) { // ratios of ratios come last
		if !slices.Contains(slots, d.slot) {
			continue
		}
		for _, part := range []int{d.of, d.over} {
			if !slices.Contains(slots, part) {
				slots = append(slots, part)
			}
		}
	}
	return slots
}
