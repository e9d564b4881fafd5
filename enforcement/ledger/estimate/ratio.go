package estimate

import (
	"maps"
	"math"
	"slices"
)

// Unit is a number of alike sampled units: each counts X in the denominator
// and Y, 0 ≤ Y ≤ X, in the numerator of a ratio.
type Unit struct {
	Count uint64
	// Probability is with which each was to be sampled, above 0 and at most 1.
	Probability float64
	Y, X        float64
}

// usable leaves out what no sample can hold.
func (u Unit) usable() bool {
	return u.Count > 0 && u.Probability > 0 && u.Probability <= 1 && u.X > 0 && !math.IsInf(u.X, 1) && u.Y >= 0 && u.Y <= u.X
}

// Estimate is an estimated share of a population.
type Estimate struct {
	// Value is the estimate, Low and High bound its 95 % interval; 0, 0 and 1
	// without data.
	Value, Low, High float64
	// Units is how many sampled units stand behind it, Events how many of them
	// count in the numerator at all.
	Units, Events uint64
	// Effective is how many equally likely units would tell as much.
	Effective float64
}

// alpha is what a 95 % interval leaves out on each side.
const alpha = 0.025

// Ratio estimates ΣY/ΣX over a population from a Poisson sample of it.
func Ratio(units []Unit) Estimate {
	var e Estimate
	var top, bottom float64
	for _, u := range units {
		if !u.usable() {
			continue
		}
		n := float64(u.Count)
		top += n * u.Y / u.Probability
		bottom += n * u.X / u.Probability
		e.Units += u.Count
		if u.Y > 0 {
			e.Events += u.Count
		}
	}
	if bottom == 0 {
		return Estimate{High: 1}
	}
	e.Value = top / bottom
	e.Low, e.High, e.Effective = interval(units, e.Value, bottom)
	return e
}

// prior is how many events a group of equally likely units is taken to have had
// at the overall rate, before its own are looked at.
const prior = 1.0

// group sums up the units of one probability: their squares and products.
type group struct{ x, xx, xy, yy float64 }

func grouped(units []Unit) map[float64]*group {
	groups := map[float64]*group{}
	for _, u := range units {
		if !u.usable() {
			continue
		}
		g := groups[u.Probability]
		if g == nil {
			g = &group{}
			groups[u.Probability] = g
		}
		n := float64(u.Count)
		g.x += n * u.X
		g.xx += n * u.X * u.X
		g.xy += n * u.X * u.Y
		g.yy += n * u.Y * u.Y
	}
	return groups
}

// interval bounds the ratio r of a population of estimated size.
func interval(units []Unit, r, size float64) (low, high, effective float64) {
	groups := grouped(units)
	probabilities := slices.Sorted(maps.Keys(groups)) // sums in one order, or the last digits differ
	var even, spread float64
	for _, p := range probabilities {
		g, unsampled := groups[p], (1-p)/(p*p)
		even += unsampled * g.xx
		if r > 0 && r < 1 {
			own := g.yy - 2*r*g.xy + r*r*g.xx
			typical := r * (1 - r) * g.xx // were events spread evenly over the groups
			weight := prior / (prior + r*g.x)
			spread += unsampled * ((1-weight)*own + weight*typical)
		}
	}
	switch {
	case even == 0: // all was looked at
		return r, r, size
	case spread > 0:
		effective = r * (1 - r) * size * size / spread
	default: // nothing differs: as many as were all events alike
		effective = size * size / even
	}
	k := r * effective
	low, high = solve(k, effective, alpha), solve(k, effective, 1-alpha)
	if r == 0 {
		low = 0
	}
	if r == 1 {
		high = 1
	}
	return min(low, r), max(high, r), effective
}
