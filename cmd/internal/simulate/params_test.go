package simulate

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParamsAreWellFormed(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, p := range Params() {
		assert.False(t, seen[p.Name], "%s is there twice", p.Name)
		seen[p.Name] = true
		assert.NotEmpty(t, p.About, p.Name)
		assert.True(t, p.Dist.Shape.Valid(), p.Name)
		assert.Contains(t, []Unit{Seconds, Count, Share, Fraction}, p.Unit, p.Name)
		assert.Equal(t, p.Unit == Share, p.Dist.Shape == ShapeChance, p.Name)
		assert.LessOrEqual(t, p.Dist.Least, p.Dist.Middle, p.Name)
		assert.GreaterOrEqual(t, p.Dist.Most, p.Dist.Middle, p.Name)
	}
	for _, s := range Scenarios() {
		for _, p := range s.Params {
			assert.True(t, strings.HasPrefix(p.Name, strings.ToLower(s.ID)+"."), p.Name)
		}
		assert.NotEmpty(t, s.Params, s.ID)
	}
}

func TestShiftsAreLogUniformAndStable(t *testing.T) {
	t.Parallel()
	assert.Nil(t, Shifts(0))
	one := Shifts(1)
	assert.Equal(t, one, Shifts(1))
	assert.NotEqual(t, one, Shifts(2))
	require.Len(t, one, len(Params()))
	var all []float64
	for seed := range uint64(50) {
		for _, factor := range Shifts(seed + 1) {
			require.GreaterOrEqual(t, factor, leastShift)
			require.LessOrEqual(t, factor, mostShift)
			all = append(all, factor)
		}
	}
	slices.Sort(all)
	// The quartiles of a log-uniform distribution on [1/2, 2].
	assert.InDelta(t, 0.707, all[len(all)/4], 0.02)
	assert.InDelta(t, 1, all[len(all)/2], 0.02)
	assert.InDelta(t, 1.414, all[3*len(all)/4], 0.03)
}

func TestDistributions(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	tests := map[string]struct {
		dist                Dist
		median, least, most float64
	}{
		"log-normal":         {logNormal(20, 0.9, 3, 600), 20, 3, 600},
		"log-normal, cut":    {logNormal(20, 0.5, 15, 25), 20, 15, 25},
		"uniform":            {uniform(2, 6), 4, 2, 6},
		"chance, rare":       {chance(0.1), 0, 0, 1},
		"chance, often":      {chance(0.9), 1, 0, 1},
		"shifted":            {logNormal(20, 0.9, 3, 600).times(2), 40, 6, 1200},
		"a chance stays one": {chance(0.9).times(2), 1, 0, 1},
	}
	for name, tt := range tests {
		var draws []float64
		for range 4001 {
			v := tt.dist.draw(rng)
			require.GreaterOrEqual(t, v, tt.least, name)
			require.LessOrEqual(t, v, tt.most, name)
			draws = append(draws, v)
		}
		slices.Sort(draws)
		assert.InEpsilon(t, tt.median+1, draws[2000]+1, 0.06, name)
	}
	assert.InDelta(t, mostChance, chance(0.9).times(2).Middle, 1e-9)
	assert.InDelta(t, 0.2, chance(0.1).times(2).Middle, 1e-9)
	assert.InDelta(t, 0.98, chance(0.98).times(1).Middle, 1e-9, "what was certain to begin with stays as it is")
}

func TestShiftChangesTheWorld(t *testing.T) {
	t.Parallel()
	orders := func(shift uint64) (sum int) {
		w := NewLongWorld(3, 1, 14, firstDay(), shift)
		for _, a := range identityRotation().Populate(w, 200) {
			sum += len(a.Wishes)
		}
		return sum
	}
	factor := Shifts(9)["s7.orders"]
	require.False(t, factor > 0.9 && factor < 1.1, "this seed shifts too little to be seen: %g", factor)
	assert.InEpsilon(t, factor, float64(orders(9))/float64(orders(0)), 0.12)
}

func TestPrintParams(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	require.NoError(t, PrintParams(&out, 3))
	assert.Equal(t, len(Params())+1, strings.Count(out.String(), "\n"))
	assert.Contains(t, out.String(), "s1.period")
}

// TestWilson compares with R's prop.test(correct = FALSE).
func TestWilson(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		n, d      int
		low, high float64
	}{
		{0, 10, 0, 0.2775}, {1, 10, 0.0179, 0.4042}, {5, 10, 0.2366, 0.7634}, {198, 200, 0.9643, 0.9973}, {0, 0, 0, 1},
	} {
		r := rate(tt.n, tt.d)
		assert.InDelta(t, tt.low, r.Low, 1e-4)
		assert.InDelta(t, tt.high, r.High, 1e-4)
	}
}
