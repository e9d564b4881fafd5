package simulate

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing/document"
)

func testPlan() Plan {
	return Plan{Seed: 7, Duration: time.Minute, People: 500, HostileShare: 0.9}
}

func firstDay() time.Time { return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC) }

func population(t *testing.T, seed, run uint64) []*Actor {
	t.Helper()
	p := testPlan()
	p.Seed = seed
	scenarios, _, err := p.Choose(false)
	require.NoError(t, err)
	return Populate(NewWorld(seed, run, p.Duration, firstDay()), scenarios, p)
}

// longPopulation is a whole run of two weeks.
func longPopulation(t *testing.T, seed uint64, people int) (*World, []*Actor) {
	t.Helper()
	p := Plan{Seed: seed, People: people, HostileShare: 0.9}
	scenarios, leftOut, err := p.Choose(true)
	require.NoError(t, err)
	require.Empty(t, leftOut)
	w := NewLongWorld(seed, 1, 14, firstDay(), 0)
	return w, Populate(w, scenarios, p)
}

func TestPopulationMeetsItsSizes(t *testing.T) {
	count := map[string]int{}
	for _, a := range population(t, 7, 1) {
		count[a.Scenario]++
	}
	for _, id := range []string{"H1", "H2", "H4", "H9"} {
		assert.GreaterOrEqual(t, count[id], leastCohort, id)
	}
	for _, id := range []string{"S1", "S2", "S4", "S7", "S16"} {
		assert.NotZero(t, count[id], id)
	}
	assert.Len(t, count, 9, "the short run plays what it always played")
}

func TestLongPopulationMeetsItsSizes(t *testing.T) {
	t.Parallel()
	_, actors := longPopulation(t, 7, 10_000)
	of := map[string][]*Actor{}
	for _, a := range actors {
		of[a.Scenario] = append(of[a.Scenario], a)
	}
	for _, s := range Scenarios() {
		if s.Hostile {
			assert.GreaterOrEqual(t, planned(s, of[s.ID]), plannedIntents, s.ID)
		} else {
			assert.GreaterOrEqual(t, len(of[s.ID]), 1000, s.ID)
		}
	}
}

// TestIntentsAreAsFewAsAskedFor makes a smaller long run, of which each attack
// has as many intents as were asked for.
func TestIntentsAreAsFewAsAskedFor(t *testing.T) {
	t.Parallel()
	of := map[string][]*Actor{}
	w := NewLongWorld(7, 1, 14, time.Date(2026, 3, 4, 0, 0, 0, 0, venue), 0)
	for _, a := range Populate(w, Scenarios(), Plan{People: 20, HostileShare: 0.9, Intents: 20}) {
		of[a.Scenario] = append(of[a.Scenario], a)
	}
	for _, s := range Scenarios() {
		if n := planned(s, of[s.ID]); s.Hostile && s.ID != filler {
			assert.GreaterOrEqual(t, n, 20, s.ID)
			assert.Less(t, n, plannedIntents, s.ID)
		}
	}
}

// TestWishesCanBeMet holds that whoever comes wants something that can be had:
// of a pool that is sold, on a day that opens at some time after the visit
// begins or has opened, before the run is over.
func TestWishesCanBeMet(t *testing.T) {
	t.Parallel()
	w, actors := longPopulation(t, 11, 1000)
	days := map[string]int{}
	for i, d := range w.Days {
		days[d] = i
	}
	for _, a := range actors {
		for _, wish := range a.Wishes {
			i, known := days[wish.Day]
			require.True(t, known, a.Scenario)
			require.Contains(t, []string{w.Pool, w.Paid}, wish.Pool)
			require.LessOrEqual(t, w.opening(i), max(wish.At, wish.Opens), "%s wants %s at %s, which opens at %s", a.Scenario, wish.Day, wish.At, w.opening(i))
			require.Less(t, wish.At, w.dayStart(wish.Day)+day, "%s: the day is not over", a.Scenario)
			require.NotEmpty(t, wish.Party, a.Scenario)
			for _, p := range wish.Party {
				_, err := document.Parse(document.Type(p.Type), p.Number, p.Nationality, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
				require.NoError(t, err, p.Type)
			}
		}
		require.GreaterOrEqual(t, a.Arrive, time.Duration(0), a.Scenario)
		require.Less(t, a.Arrive, w.Duration, a.Scenario)
	}
}

func TestSameSeedMakesSameActors(t *testing.T) {
	a, b := population(t, 7, 1), population(t, 7, 1)
	require.Len(t, b, len(a))
	for i := range a {
		assert.Equal(t, a[i].Traits, b[i].Traits)
		assert.Equal(t, a[i].Arrive, b[i].Arrive)
		assert.Equal(t, a[i].Wishes, b[i].Wishes)
	}
}

func TestAnotherRunSharesNoNames(t *testing.T) {
	names := map[string]bool{}
	for _, a := range population(t, 7, 2) {
		names[a.Traits.Phone] = true
	}
	clash := 0
	for _, a := range population(t, 7, 3) {
		if names[a.Traits.Phone] {
			clash++
		}
	}
	assert.Zero(t, clash)
}

func TestChoose(t *testing.T) {
	t.Parallel()
	ids := func(scenarios []Scenario) (out []string) {
		for _, s := range scenarios {
			out = append(out, s.ID)
		}
		return out
	}
	tests := map[string]struct {
		named   []string
		long    bool
		want    []string
		leftOut int
		fails   bool
	}{
		"the short run":      {want: []string{"S1", "S2", "S4", "S7", "S16", "H1", "H2", "H4", "H9"}, leftOut: 2},
		"named":              {named: []string{"S3", "H2"}, want: []string{"S3", "H2"}},
		"named, needs days":  {named: []string{"S8", "H2"}, want: []string{"H2"}, leftOut: 1},
		"named, in long run": {named: []string{"S8", "H2"}, long: true, want: []string{"S8", "H2"}},
		"unknown":            {named: []string{"S21"}, fails: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, leftOut, err := Plan{Scenarios: tt.named}.Choose(tt.long)
			require.Equal(t, tt.fails, err != nil)
			assert.Equal(t, tt.want, ids(got))
			assert.Len(t, leftOut, tt.leftOut)
		})
	}
	all, _, err := Plan{}.Choose(true)
	require.NoError(t, err)
	assert.Len(t, all, 30)
}
