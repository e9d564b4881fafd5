package simulate

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Shape is a family of distributions.
type Shape string

// The shapes that parameters are drawn from.
const (
	// ShapeLogNormal is given by its median and by the standard deviation of its
	// logarithm: most draws are near, some are far above. Hands, patience and
	// sizes of crowds are like that.
	ShapeLogNormal Shape = "log-normal"
	// ShapeUniform is given by its ends.
	ShapeUniform Shape = "uniform"
	// ShapeChance is a share of cases: a draw is 1 with that probability, else 0.
	ShapeChance Shape = "chance"
)

// Valid reports whether s is one of the shapes.
func (s Shape) Valid() bool {
	switch s {
	case ShapeLogNormal, ShapeUniform, ShapeChance:
		return true
	}
	return false
}

// Dist is a distribution, cut to [Least, Most].
type Dist struct {
	Shape Shape `json:"shape"`
	// Middle is a log-normal's median, a chance's probability, and a uniform's
	// mean.
	Middle float64 `json:"middle"`
	// Spread is the standard deviation of a log-normal's logarithm; 0 of others.
	Spread float64 `json:"spread,omitempty"`
	Least  float64 `json:"least"`
	Most   float64 `json:"most"`
}

func logNormal(median, spread, least, most float64) Dist {
	return Dist{Shape: ShapeLogNormal, Middle: median, Spread: spread, Least: least, Most: most}
}

func uniform(least, most float64) Dist {
	return Dist{Shape: ShapeUniform, Middle: (least + most) / 2, Least: least, Most: most}
}

func chance(p float64) Dist { return Dist{Shape: ShapeChance, Middle: p, Most: 1} }

// mostChance bounds a chance that is shifted upwards: what is rare may become
// usual, but never certain.
const mostChance = 0.95

// times moves the whole distribution by a factor; a chance stays one.
func (d Dist) times(factor float64) Dist {
	d.Middle *= factor
	if d.Shape == ShapeChance {
		d.Middle = min(d.Middle, max(mostChance, d.Middle/factor))
		return d
	}
	d.Least, d.Most = d.Least*factor, d.Most*factor
	return d
}

// draw takes one value.
func (d Dist) draw(rng *rand.Rand) float64 {
	switch d.Shape {
	case ShapeChance:
		if rng.Float64() < d.Middle {
			return 1
		}
		return 0
	case ShapeUniform:
		return d.Least + rng.Float64()*(d.Most-d.Least)
	case ShapeLogNormal:
	}
	return max(d.Least, min(d.Most, math.Exp(math.Log(d.Middle)+rng.NormFloat64()*d.Spread)))
}

// String says what is drawn, in the parameter's unit.
func (d Dist) String() string {
	switch d.Shape {
	case ShapeChance:
		return fmt.Sprintf("chance of %.3g", d.Middle)
	case ShapeUniform:
		return fmt.Sprintf("uniform from %.4g to %.4g", d.Least, d.Most)
	case ShapeLogNormal:
	}
	return fmt.Sprintf("log-normal, median %.4g, spread %.3g, from %.4g to %.4g", d.Middle, d.Spread, d.Least, d.Most)
}
