package hints

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"fairgate/enforcement"
)

func noon() time.Time { return time.Date(2026, 5, 10, 12, 0, 0, 0, time.UTC) }

// order makes a fact of an order; the fact's id follows from what it says.
func order(kind Kind, n, positions int) Fact {
	return Fact{
		Site: "museum", Account: "a", Kind: kind, Subject: fmt.Sprintf("o%d", n), ID: fmt.Sprintf("%s-%d-%d", kind, n, positions),
		Positions: positions, Day: dayOf(noon()), At: noon(),
	}
}

// ended makes a fact of a challenge, so many windows before noon.
func ended(kind Kind, before int) Fact {
	at := noon().Add(-time.Duration(before) * window)
	return Fact{Site: "museum", Account: "a", Kind: kind, Subject: strconv.FormatInt(windowOf(at), 10), Day: dayOf(at), At: at}
}

func TestWhatHintsComeTo(t *testing.T) {
	t.Parallel()
	all := func(lists ...[]Fact) (out []Fact) {
		for _, l := range lists {
			out = append(out, l...)
		}
		return out
	}
	many := func(n int, f func(i int) Fact) (out []Fact) {
		for i := range n {
			out = append(out, f(i))
		}
		return out
	}
	noShows := func(n int) []Fact { return many(n, func(i int) Fact { return order(NoShow, 100+i, 1) }) }
	strangers := func(n int) []Fact { return many(n, func(i int) Fact { return order(Mismatch, i, 1) }) }
	of := func(kind Kind, n int) []Fact { return many(n, func(i int) Fact { return ended(kind, 6+4*i) }) }
	for name, tt := range map[string]struct {
		facts  []Fact
		value  enforcement.LabelValue
		source enforcement.LabelSource
		sum    float64
	}{
		"one no-show":                          {noShows(1), enforcement.LabelUnknown, enforcement.SourceOutcome, .15},
		"no-shows never suffice alone":         {noShows(50), enforcement.LabelUnknown, enforcement.SourceOutcome, .6},
		"one stranger":                         {strangers(1), enforcement.LabelUnknown, enforcement.SourceOutcome, .5},
		"two strangers suffice":                {strangers(2), enforcement.LabelScalper, enforcement.SourceOutcome, 1},
		"a stranger and four missed visits":    {all(strangers(1), noShows(4)), enforcement.LabelScalper, enforcement.SourceOutcome, 1.1},
		"strangers with one order count once":  {[]Fact{order(Mismatch, 1, 1), order(Mismatch, 1, 2)}, enforcement.LabelUnknown, enforcement.SourceOutcome, .5},
		"passes never make a human":            {of(Passed, 100), enforcement.LabelUnknown, enforcement.SourceChallenge, -.2},
		"giving up never suffices":             {of(Asked, 100), enforcement.LabelUnknown, enforcement.SourceChallenge, .2},
		"wrong answers never suffice":          {of(Failed, 100), enforcement.LabelUnknown, enforcement.SourceChallenge, .4},
		"all of challenges never suffices":     {all(of(Failed, 50), many(50, func(i int) Fact { return ended(Asked, 8+4*i) })), enforcement.LabelUnknown, enforcement.SourceChallenge, .6},
		"missed visits and wrong answers do":   {all(noShows(4), of(Failed, 4)), enforcement.LabelScalper, enforcement.SourceOutcome, 1},
		"passes speak against it":              {all(strangers(2), of(Passed, 1)), enforcement.LabelUnknown, enforcement.SourceOutcome, .95},
		"a pass makes a wrong answer good":     {[]Fact{ended(Failed, 6), ended(Asked, 6), ended(Passed, 5)}, enforcement.LabelUnknown, enforcement.SourceChallenge, -.05},
		"a pass before does not":               {[]Fact{ended(Passed, 6), ended(Failed, 5)}, enforcement.LabelUnknown, enforcement.SourceChallenge, .05},
		"what was asked just now is open":      {[]Fact{ended(Asked, 0)}, enforcement.LabelUnknown, enforcement.SourceOutcome, 0},
		"a no-show taken back":                 {[]Fact{order(NoShow, 1, 2), order(NoShowLifted, 1, 2)}, enforcement.LabelUnknown, enforcement.SourceOutcome, 0},
		"a no-show taken back in part":         {[]Fact{order(NoShow, 1, 2), order(NoShowLifted, 1, 1)}, enforcement.LabelUnknown, enforcement.SourceOutcome, .15},
		"taken back twice helps no other":      {all(noShows(1), []Fact{order(NoShow, 1, 1), order(NoShowLifted, 1, 1), order(NoShowLifted, 1, 5)}), enforcement.LabelUnknown, enforcement.SourceOutcome, .15},
		"a lift without a no-show is nothing":  {[]Fact{order(NoShowLifted, 1, 1)}, enforcement.LabelUnknown, enforcement.SourceOutcome, 0},
		"subjects that are no window are none": {[]Fact{{Kind: Failed, Subject: "x"}}, enforcement.LabelUnknown, enforcement.SourceOutcome, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := count(tt.facts, noon()).weigh()
			assert.Equal(t, tt.value, got.Value, got.Reason)
			assert.Equal(t, tt.source, got.Source, got.Reason)
			assert.InDelta(t, tt.sum, got.Evidence, 1e-9, got.Reason)

			shuffled := append([]Fact(nil), tt.facts...)
			random := rand.New(rand.NewPCG(1, 2))
			for range 5 {
				random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
				assert.Equal(t, got, count(shuffled, noon()).weigh(), "the order of arrival is nothing")
			}
		})
	}
}

func TestAnOpenChallengeIsWeighedOnceItCloses(t *testing.T) {
	t.Parallel()
	facts := []Fact{ended(Asked, 0)}
	open := count(facts, noon()).open
	assert.Equal(t, noon().Add(2*window), open)
	assert.Zero(t, count(facts, open).open)
	assert.Equal(t, 1, count(facts, open).abandoned)
}
