package pointer

import "math"

// features are what the model looks at: the rates on a logarithmic scale, the
// shares as they are.
const features = 10

// Names are the features that the model looks at, in its order.
func Names() []string {
	return []string{
		"speed", "speed_spread", "acceleration", "jerk", "turn", "straight", "straightness", "pauses", "rhythm", "axis",
	}
}

// vector is the summary as the model sees it.
func (s Summary) vector() [features]float64 {
	log := func(v, floor float64) float64 { return math.Log(math.Max(v, floor)) }
	return [features]float64{
		log(s.Speed, 1e-3), log(s.SpeedSpread, 1e-3), log(s.Acceleration, 1e-5), log(s.Jerk, 1e-7), log(s.Turn, 1e-4),
		s.Straight, s.Straightness, log(s.Pauses, 1e-4), log(s.Rhythm, 1e-3), s.Axis,
	}
}

// Model is a logistic regression over standardised features.
type Model struct {
	Mean   [features]float64 `json:"mean"`
	Scale  [features]float64 `json:"scale"`
	Weight [features]float64 `json:"weight"`
	Bias   float64           `json:"bias"`
}

// clamp bounds a standardised feature: what lies far beyond all that was
// learned from says no more than its border.
const clamp = 5

// Score is the probability, 0 to 1, that a program made the movements.
func (m Model) Score(s Summary) float64 { return 1 / (1 + math.Exp(-m.logit(s.vector()))) }

func (m Model) logit(v [features]float64) float64 {
	z := m.Bias
	for i, x := range v {
		if m.Scale[i] > 0 {
			z += m.Weight[i] * math.Min(math.Max((x-m.Mean[i])/m.Scale[i], -clamp), clamp)
		}
	}
	return z
}
