package windowtest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window"
)

// Events is how many events RunLong is to send: FAIRGATE_TEST_EVENTS, or usual
// where that is not set.
func Events(t testing.TB, usual int) int {
	t.Helper()
	text := os.Getenv("FAIRGATE_TEST_EVENTS")
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, "FAIRGATE_TEST_EVENTS")
	return n
}

// lives is how many events an actor of RunLong lives for: enough to fold and
// trim what is kept of him several times.
const lives = 150

// RunLong sends n random events of many actors, one after the other, each
// actor's touching three entities and a pair of them and thirteen series of every
// shape, and holds every single value against the naive model: as equal where it
// is exact, within its bounds where it is kept in buckets. Most of it is below the limits and mixes fresh
// events with late ones, some of them by an hour, several in one millisecond,
// repeats, and retries of what had been applied (only values of events later
// than window.Lateness are not looked at); every fourth actor sends far
// more than the limit, in order. between, if not nil, is called now and then.
func RunLong(t *testing.T, h Harness, n int, between func(t *testing.T)) {
	t.Helper()
	rng := rand.New(rand.NewPCG(uint64(n), 23))
	for sent, actor := 0, 0; sent < n; actor++ {
		a := newActor(rng, actor%4 == 3)
		for range min(lives, n-sent) {
			a.send(t, h)
			sent++
		}
		if between != nil {
			between(t)
		}
	}
}

// actor is one sequence of RunLong.
type actor struct {
	rng      *rand.Rand
	over     bool // the limits
	entities []actorEntity
	history  []past
	clock    time.Time
}

type actorEntity struct {
	scoring.EntityTouch
	models []*model // of each series
}

func newActor(rng *rand.Rand, over bool) *actor {
	a := &actor{rng: rng, over: over, clock: base}
	limit := 1000
	reads := append(slices.Clone(allReads), count(time.Hour))
	if over {
		limit = 25
		reads = slices.DeleteFunc(reads, func(r scoring.Read) bool { return r.Aggregate == rules.AggSinceFirst })
	}
	shapes := []*scoring.Series{
		events(limit, reads...), distinct(limit, 5*time.Second, time.Minute, time.Hour),
		events(limit, count(10*time.Minute)),
	}
	for i, e := range []rules.Entity{
		rules.EntityAccount, rules.EntityDevice, rules.EntityIP, rules.Pair(rules.EntityAccount, rules.EntityIP),
	} {
		ae := actorEntity{EntityTouch: scoring.EntityTouch{Entity: e, Key: newKey(), ReadMark: e.Valid()}}
		kept := shapes[:3-min(i, 2)/2]
		if !ae.ReadMark {
			ae.Follows, kept = [2]int{1, 3}, append(moreShapes(limit), shapes[2])
		}
		for _, s := range kept {
			ae.Series = append(ae.Series, scoring.SeriesTouch{Series: s, Values: make([]float64, len(s.Reads))})
			ae.models = append(ae.models, newModel())
		}
		a.entities = append(a.entities, ae)
	}
	return a
}

func (a *actor) next() past {
	n := len(a.history)
	roll := a.rng.IntN(20)
	switch {
	case n > 0 && roll < 2 && a.over:
		return a.history[n-1]
	case n > 0 && roll < 2:
		return a.history[a.rng.IntN(n)]
	case n > 0 && roll < 5 && a.over:
		return past{when: a.clock} // in the same millisecond
	case n > 0 && roll < 5:
		return past{when: a.history[n-1].when}
	case roll == 5 && !a.over:
		return past{when: a.clock.Add(-time.Duration(a.rng.IntN(4000)) * time.Second)}
	case roll == 6 && !a.over:
		return past{when: a.clock.Add(-time.Duration(a.rng.IntN(3000)) * time.Millisecond)}
	}
	a.clock = a.clock.Add(time.Duration(a.rng.IntN(1500)) * time.Millisecond)
	return past{when: a.clock}
}

func (a *actor) send(t *testing.T, h Harness) {
	t.Helper()
	p := a.next()
	if p.id == "" {
		p.id = newID()
		for range a.rng.IntN(4) {
			p.vals = append(p.vals, fmt.Sprint("v", a.rng.IntN(200)))
		}
		if a.rng.IntN(100) == 0 && !a.over {
			p.cleared = p.when.Add(time.Duration(a.rng.IntN(40)-20) * time.Second)
		}
	}
	tc := &scoring.Touch{EventID: p.id, Time: p.when}
	for i := range a.entities {
		e := &a.entities[i]
		if !p.cleared.IsZero() && (i == 0 || !e.ReadMark) {
			if i == 0 {
				h.SetMark(t, e.Entity, e.Key, scoring.EncodeMark(p.cleared, nil))
			}
			for _, m := range e.models {
				m.since[""] = p.cleared.UnixMilli()
			}
		}
		for j := range e.Series {
			e.apply(j, p)
		}
		tc.Entities = append(tc.Entities, e.EntityTouch)
	}
	p.cleared = time.Time{}
	a.history = append(a.history, p)
	tries := 1
	if a.rng.IntN(20) == 0 {
		tries = 2 // the answer to the first was lost
	}
	for range tries {
		require.NoError(t, h.Counters.Touch(t.Context(), tc))
	}
	if a.clock.Sub(p.when) > window.Lateness {
		return // counted, but its contemporaries may be gone
	}
	for i := range a.entities {
		a.entities[i].check(t, tc, len(a.history))
	}
}

// apply puts the event into the model of a series, and its members into the
// touch.
func (e *actorEntity) apply(j int, p past) {
	st := &e.Series[j]
	if st.Series.Shape == scoring.ShapeValues {
		st.Members = p.vals
		for _, v := range p.vals {
			put(e.models[j].seen, "", v, p.when.UnixMilli())
		}
		return
	}
	st.Members, st.Amount = []string{p.id}, amountAt(p.when.UnixMilli())
	e.models[j].add(st.Series, "", p.id, p.when.UnixMilli(), st.Amount)
}

func (e *actorEntity) check(t *testing.T, tc *scoring.Touch, n int) {
	t.Helper()
	for j := range e.Series {
		st := &e.Series[j]
		for k, r := range st.Series.Reads {
			if want, ok := e.models[j].agrees(tc, "", st, r, st.Values[k]); !ok {
				require.Failf(t, "the store and the model differ", "event %d of %s %s, %s of %q over %s: model %s, store %v",
					n, e.Entity, e.Key, r.Aggregate, st.Series.Shape, r.Window, want, st.Values[k])
			}
		}
	}
}
