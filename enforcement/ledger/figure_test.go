package ledger_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"fairgate/enforcement/ledger"
)

func TestWilsonAgainstPublishedValues(t *testing.T) {
	// Newcombe, "Two-sided confidence intervals for the single proportion",
	// Statistics in Medicine 17 (1998) 857–872, table I, method 3.
	for _, c := range []struct {
		successes, trials uint64
		low, high         float64
	}{
		{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}, {29, 29, 0.8830, 1},
	} {
		low, high := ledger.Wilson(c.successes, c.trials)
		assert.InDelta(t, c.low, low, 5e-5, "%d/%d", c.successes, c.trials)
		assert.InDelta(t, c.high, high, 5e-5, "%d/%d", c.successes, c.trials)
	}
	low, high := ledger.Wilson(0, 0)
	assert.Equal(t, []float64{0, 1}, []float64{low, high})
	low, high = ledger.Wilson(7, 5)
	assert.Equal(t, 1.0, high)
	assert.Less(t, low, 1.0)
}

// TestWilsonCoversTheTruth computes the exact coverage: the probability, over
// all outcomes of a binomial experiment, that the interval holds the true
// share. Averaged over shares it must be the 95 % that is claimed.
func TestWilsonCoversTheTruth(t *testing.T) {
	for _, trials := range []uint64{30, 100, 500} {
		var sum float64
		var shares int
		for p := 0.002; p < 1; p += 0.002 {
			covered := 0.0
			for k := range trials + 1 {
				if low, high := ledger.Wilson(k, trials); low <= p && p <= high {
					covered += binomial(trials, k, p)
				}
			}
			assert.Greater(t, covered, 0.83, "trials %d, share %g", trials, p)
			sum += covered
			shares++
		}
		assert.InDelta(t, 0.95, sum/float64(shares), 0.006, "trials %d", trials)
	}
}

func binomial(n, k uint64, p float64) float64 {
	logChoose := lgamma(n+1) - lgamma(k+1) - lgamma(n-k+1)
	return math.Exp(logChoose + float64(k)*math.Log(p) + float64(n-k)*math.Log(1-p))
}

func lgamma(n uint64) float64 {
	value, _ := math.Lgamma(float64(n))
	return value
}
