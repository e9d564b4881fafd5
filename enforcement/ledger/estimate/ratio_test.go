package estimate

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
)

func TestIncompleteBetaAgainstBinomialSums(t *testing.T) {
	for _, n := range []int{1, 7, 40, 400} {
		for _, p := range []float64{0.001, 0.05, 0.5, 0.93} {
			for _, k := range []int{1, n/2 + 1, n} {
				var sum float64
				for i := k; i <= n; i++ {
					choose, _ := math.Lgamma(float64(n + 1))
					a, _ := math.Lgamma(float64(i + 1))
					b, _ := math.Lgamma(float64(n - i + 1))
					sum += math.Exp(choose - a - b + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p))
				}
				assert.InDelta(t, sum, incompleteBeta(p, float64(k), float64(n-k+1)), 1e-9, "n %d k %d p %v", n, k, p)
			}
		}
	}
}

func TestRatioWeighsBySamplingProbability(t *testing.T) {
	e := Ratio([]Unit{
		{Count: 10, Probability: 0.5, X: 1, Y: 1},
		{Count: 10, Probability: 0.5, X: 1},
		{Count: 40, Probability: 0.1, X: 1},
	})
	assert.InDelta(t, 20.0/440, e.Value, 1e-12)
	assert.Equal(t, uint64(60), e.Units)
	assert.Equal(t, uint64(10), e.Events)
	assert.Greater(t, e.Value, e.Low)
	assert.Less(t, e.Value, e.High)
}

func TestRatioOfEqualWeightsIsTheMidPInterval(t *testing.T) {
	// 5 of 100 drawn from a population without end: mid-P by Berry and
	// Armitage's tables is 1.9 % to 10.7 %.
	e := Ratio([]Unit{{Count: 5, Probability: 1e-9, X: 1, Y: 1}, {Count: 95, Probability: 1e-9, X: 1}})
	assert.InDelta(t, 100, e.Effective, 0.01)
	assert.InDelta(t, 0.0187, e.Low, 0.001)
	assert.InDelta(t, 0.1073, e.High, 0.001)
}

func TestRatioAtTheEnds(t *testing.T) {
	none := Ratio(nil)
	assert.Equal(t, Estimate{High: 1}, none)
	zero := Ratio([]Unit{{Count: 50, Probability: 0.1, X: 1}})
	assert.Zero(t, zero.Low)
	assert.InDelta(t, 0.053, zero.High, 0.005, "nothing seen does not mean that there is nothing")
	all := Ratio([]Unit{{Count: 50, Probability: 0.1, X: 1, Y: 1}})
	assert.InDelta(t, 1, all.High, 0)
	assert.InDelta(t, 0.947, all.Low, 0.005)
	census := Ratio([]Unit{{Count: 3, Probability: 1, X: 1, Y: 1}, {Count: 7, Probability: 1, X: 1}})
	assert.InDelta(t, 0.3, census.Low, 1e-12, "what was looked at in full is known")
	assert.InDelta(t, 0.3, census.High, 1e-12)
}

func TestRatioLeavesOutWhatNoSampleHolds(t *testing.T) {
	good := Unit{Count: 40, Probability: 0.2, X: 1, Y: 1}
	want := Ratio([]Unit{good})
	for name, bad := range map[string]Unit{
		"no units":            {Probability: 0.5, X: 1},
		"probability zero":    {Count: 1, X: 1},
		"probability above 1": {Count: 1, Probability: 1.5, X: 1},
		"probability NaN":     {Count: 1, Probability: math.NaN(), X: 1},
		"Y above X":           {Count: 1, Probability: 0.5, X: 1, Y: 2},
		"Y negative":          {Count: 1, Probability: 0.5, X: 1, Y: -1},
		"X NaN":               {Count: 1, Probability: 0.5, X: math.NaN()},
		"X infinite":          {Count: 1, Probability: 0.5, X: math.Inf(1)},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, want, Ratio([]Unit{bad, good})) })
	}
}

func TestRatesOf(t *testing.T) {
	rates := RatesOf([]Account{
		{Count: 38, Label: enforcement.LabelHuman, Probability: 0.1, Attempted: true},
		{Count: 2, Label: enforcement.LabelHuman, Probability: 0.5, Attempted: true, Harmed: true, Challenged: true},
		{Count: 20, Label: enforcement.LabelScalper, Probability: 0.5, Attempted: true, Kept: true, Intents: 2, Intercepted: 1},
		{Label: enforcement.LabelUnknown, Probability: 0.5, Attempted: true},
		{Count: 5, Label: enforcement.LabelHuman, Probability: 0.1}, // never tried
	})
	require.True(t, rates.FalsePositive.Enough)
	assert.InDelta(t, 4.0/384, rates.FalsePositive.Value, 1e-12)
	assert.Equal(t, uint64(2), rates.FalsePositive.Numerator)
	assert.Equal(t, uint64(40), rates.FalsePositive.Denominator)
	assert.InDelta(t, rates.FalsePositive.Value, rates.Challenged.Value, 1e-12)
	assert.InDelta(t, 1, rates.Miss.Value, 1e-12)
	assert.False(t, rates.Miss.Enough, "20 labels are under 30")
	assert.InDelta(t, 0.5, rates.Interception.Value, 1e-12)
	assert.InDelta(t, 2.0/426, rates.Unknown.Value, 1e-12)
}

func TestAccountWeeksOfOneAccountAreOneAccount(t *testing.T) {
	whole := RatesOf([]Account{
		{Count: 10, Label: enforcement.LabelHuman, Probability: 1, Attempted: true, Harmed: true},
		{Count: 90, Label: enforcement.LabelHuman, Probability: 1, Attempted: true},
	})
	weeks := RatesOf([]Account{
		{Count: 20, Label: enforcement.LabelHuman, Probability: 1, Share: 0.5, Attempted: true, Harmed: true},
		{Count: 90, Label: enforcement.LabelHuman, Probability: 1, Attempted: true},
	})
	assert.InDelta(t, whole.FalsePositive.Value, weeks.FalsePositive.Value, 1e-12)
}
