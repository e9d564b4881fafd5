package simulate

import (
	"bytes"
	"context"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/ledger"
	"fairgate/enforcement/ledger/metrics"
)

// shelf keeps records and gives the figures that it was made with.
type shelf struct {
	mu      sync.Mutex
	kept    []ledger.Record
	figures metrics.Quality
	asked   []metrics.Filter
}

func (s *shelf) Write(_ context.Context, records []ledger.Record) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = append(s.kept, records...)
	return nil
}

func (s *shelf) Quality(_ context.Context, _ metrics.Period, f metrics.Filter) (metrics.Quality, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, f)
	return s.figures, nil
}

// TestCoverageRunsFeedLabelsOnly plays two runs: the ledger gets events,
// outcomes and labels of each under a site of its own; of the people only those
// who were drawn are labelled.
func TestCoverageRunsFeedLabelsOnly(t *testing.T) {
	t.Parallel()
	s := &shelf{figures: metrics.Quality{Basis: metrics.FromSample}}
	c := CoverageRun{
		Run:  VirtualRun{Plan: Plan{Seed: 7, Duration: 20 * time.Second, People: 60, HostileShare: 0.6}},
		Runs: 2, Archive: s, Figures: s, Out: io.Discard,
	}
	runs, err := c.Play(t.Context())
	require.NoError(t, err)
	require.Len(t, runs, 2)
	assert.Equal(t, []uint64{7, 8}, []uint64{runs[0].Seed, runs[1].Seed})
	assert.ElementsMatch(t, []metrics.Filter{{Site: "run-7"}, {Site: "run-8"}}, s.asked)
	kinds, humans := map[ledger.Kind]int{}, 0
	for _, r := range s.kept {
		kinds[r.Kind()]++
		if l := r.Label; l != nil && l.Value == enforcement.LabelHuman {
			assert.Positive(t, l.Inclusion)
			assert.Equal(t, enforcement.SourceSample, l.Source)
			humans++
		}
	}
	assert.Len(t, kinds, 3)
	assert.Positive(t, kinds[ledger.KindOutcome])
	assert.Positive(t, humans)
	assert.Less(t, humans, 120, "a sample")
	assert.Positive(t, runs[0].Truth[falsePositive].Numerator, "the rules are blunt")
}

func TestCoverageRunsRefuseNone(t *testing.T) {
	t.Parallel()
	_, err := CoverageRun{}.Play(t.Context())
	require.ErrorContains(t, err, "at least 1")
	s := &shelf{figures: metrics.Quality{Basis: metrics.FromLabels}}
	_, err = CoverageRun{
		Run:  VirtualRun{Plan: Plan{Seed: 7, Duration: 10 * time.Second, People: 10, HostileShare: 0.5}},
		Runs: 1, Archive: s, Figures: s, Out: io.Discard,
	}.Play(t.Context())
	require.ErrorContains(t, err, "no account was drawn")
}

// TestCoverageIsJudgedByTheNumberOfRuns: chance explains what it can explain,
// and covering too much is a fault only where there are events enough.
func TestCoverageIsJudgedByTheNumberOfRuns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		runs, covered int
		events        uint64
		fault         string
	}{
		"as it should be":              {200, 190, 20, ""},
		"a little below, by chance":    {200, 183, 20, ""},
		"too seldom":                   {200, 170, 20, "less than 93 %"},
		"always, with events enough":   {200, 200, 20, "more than 97 %"},
		"always, as few events must":   {200, 200, 3, ""},
		"too few runs to say anything": {20, 20, 20, "at least 30"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var runs []Sampled
			for i := range c.runs {
				f := ledger.Figure{Numerator: c.events, Denominator: 100, Value: 0.2, Low: 0.1, High: 0.3, Enough: true}
				if i >= c.covered {
					f.Low = 0.25
				}
				runs = append(runs, Sampled{
					Truth:  map[string]Rate{miss: {Numerator: 1, Denominator: 5, Value: 0.2}},
					Ledger: map[string]ledger.Figure{miss: f, interception: {Low: 0, High: 1}},
				})
			}
			all := Coverages(runs)
			assert.Zero(t, all[3].Covered.Denominator, "labels were not enough")
			if c.fault == "" {
				assert.Empty(t, all[2].Fault())
			} else {
				assert.Contains(t, all[2].Fault(), c.fault)
			}
			var out bytes.Buffer
			require.NoError(t, PrintCoverages(&out, all))
			assert.Contains(t, out.String(), "miss_rate")
		})
	}
}
