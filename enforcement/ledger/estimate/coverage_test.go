package estimate

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// stratum is a part of a simulated population.
type stratum struct {
	size        int
	probability float64 // of being sampled
	share       float64 // that counts in the denominator
	rate        float64 // of events among those
}

// binomial draws by the gaps between successes, or, where there are many, from
// the normal distribution that it then is.
func binomial(rng *rand.Rand, n int, p float64) (k int) {
	switch {
	case p <= 0:
		return 0
	case p >= 1:
		return n
	case p > 0.5:
		return n - binomial(rng, n, 1-p)
	case float64(n)*p > 300:
		mean := float64(n) * p
		return min(n, max(0, int(math.Round(mean+math.Sqrt(mean*(1-p))*rng.NormFloat64()))))
	}
	for i := 0; ; k++ {
		i += int(math.Log(1-rng.Float64())/math.Log1p(-p)) + 1
		if i > n {
			return k
		}
	}
}

// covered simulates a population and a sample of it, and says whether the
// interval holds the population's true share.
func covered(rng *rand.Rand, strata []stratum) (hit bool, events uint64) {
	var units []Unit
	var top, bottom int
	for _, s := range strata {
		x := binomial(rng, s.size, s.share)
		y := binomial(rng, x, s.rate)
		top, bottom = top+y, bottom+x
		for _, drawn := range []struct {
			from int
			y    float64
		}{{y, 1}, {x - y, 0}} {
			n := binomial(rng, drawn.from, s.probability)
			units = append(units, Unit{Count: uint64(n), Probability: s.probability, X: 1, Y: drawn.y})
		}
	}
	e := Ratio(units)
	truth := float64(top) / float64(bottom)
	return e.Low <= truth && truth <= e.High, e.Events
}

// designs are samples of about n units: of one probability; of the allowed and,
// four times as densely, of the blocked, who have most of the events; and by
// three bands of score.
func designs(n int, rate float64) map[string][]stratum {
	return map[string][]stratum{
		"even": {{20 * n, 0.05, 1, rate}},
		"two":  {{20 * n, 0.045, 0.8, rate / 5}, {n, 0.2, 0.5, 10 * min(rate, 0.05)}},
		"three": {
			{10 * n, 0.05, 0.9, rate / 2}, {2 * n, 0.1, 0.6, rate}, {2 * n, 0.3, 0.3, min(1, 4*rate)},
		},
	}
}

// TestIntervalsCoverTheTruth holds the intervals against simulated truth: in 200
// samples each, repeated twenty times so that chance does not decide, 93 to 97 %
// cover it where ten events are expected or more. Below that no interval that
// is not random can: there it must not cover less.
func TestIntervalsCoverTheTruth(t *testing.T) {
	const runs, batches = 200, 20
	for _, rate := range []float64{0.001, 0.005, 0.01, 0.05, 0.2} {
		for _, n := range []int{500, 2000, 8000} {
			for name, strata := range designs(n, rate) {
				rng := rand.New(rand.NewPCG(uint64(n), math.Float64bits(rate)+uint64(len(name))))
				var hits, first int
				var events uint64
				for i := range runs * batches {
					hit, seen := covered(rng, strata)
					if hit {
						hits++
					}
					events += seen
					if i == runs-1 {
						first = hits
					}
				}
				coverage, mean := float64(hits)/(runs*batches), float64(events)/(runs*batches)
				t.Logf("rate %5.1f %%  sample %5d  %-5s  events %7.1f  coverage %.1f %% (first 200: %.1f %%)",
					100*rate, n, name, mean, 100*coverage, 100*float64(first)/runs)
				assert.GreaterOrEqual(t, coverage, 0.93, "rate %v, %d units, %s", rate, n, name)
				if mean >= 10 {
					assert.LessOrEqual(t, coverage, 0.97, "rate %v, %d units, %s", rate, n, name)
				}
			}
		}
	}
}
