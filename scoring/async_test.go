package scoring_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/uuid"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window/memory"
	"fairgate/scoring/window/redis"
)

func TestAsyncReadsInlineValuesFromTheEvent(t *testing.T) {
	e := newEngine(t)
	ev := event(0, "a")
	ev.Subject.Documents = []string{"d1", "d2", "d3", "d4"}
	screen(t, e, ev)
	v, err := e.Async(t.Context(), wire(t, ev))
	require.NoError(t, err)
	assert.Equal(t, rules.StageAsync, v.Stage)
	assert.Equal(t, []string{"papers", "papers_twin"}, ids(v.Hits))
	assert.Equal(t, ingest.Block, v.Action)
	assert.InDelta(t, 60, v.Score, 0, "the shadow rule adds nothing")
	assert.InDelta(t, 4, value(t, v.Snapshot, "account_documents"), 0)
	assert.InDelta(t, 1, value(t, v.Snapshot, "account_orders"), 0)

	ev.Decision.Snapshot = ingest.Snapshot{}
	v, err = e.Async(t.Context(), ev)
	require.NoError(t, err)
	assert.Equal(t, []string{"papers_twin"}, ids(v.Hits), "without screening there are no in-line values")
	assert.Equal(t, ingest.Allow, v.Action)
}

// wire is the event as it comes out of the log.
func wire(t testing.TB, ev *ingest.Event) *ingest.Event {
	t.Helper()
	data, err := json.Marshal(ev)
	require.NoError(t, err)
	var out ingest.Event
	require.NoError(t, json.Unmarshal(data, &out))
	return &out
}

func TestSwapBetweenScreeningAndAsync(t *testing.T) {
	e := newEngine(t)
	ev := event(0, "a")
	ev.Subject.Documents = []string{"d1", "d2", "d3", "d4"}
	screen(t, e, ev)
	first := e.Program()

	e.Swap(program(t, func(rs *rules.Ruleset) { // slots move, account_orders stays what it was
		rs.Features[1], rs.Features[0] = rs.Features[0], rs.Features[1]
	}))
	require.NotEqual(t, first.Version(), e.Program().Version())
	v, err := e.Async(t.Context(), ev)
	require.NoError(t, err)
	assert.InDelta(t, 1, value(t, v.Snapshot, "account_orders"), 0)
	assert.Equal(t, e.Program().Version(), v.Ruleset)

	e.Swap(program(t, func(rs *rules.Ruleset) { rs.Features[0].Window = time.Hour }))
	v, err = e.Async(t.Context(), ev)
	require.NoError(t, err)
	assert.InDelta(t, rules.NoValue, value(t, v.Snapshot, "account_orders"), 0, "the name means something else now")

	for n := range 5 {
		e.Swap(program(t, func(rs *rules.Ruleset) { rs.Name = fmt.Sprint("later_", n) }))
	}
	v, err = e.Async(t.Context(), ev)
	require.NoError(t, err)
	assert.InDelta(t, rules.NoValue, value(t, v.Snapshot, "account_orders"), 0, "the program is not known any more")
	assert.Empty(t, e.Shadow(ev))
}

func TestAsyncCountsWhatAnOutageMissed(t *testing.T) {
	gateway, fleet := newEngine(t), newEngine(t)
	missed := event(0, "a")
	screen(t, gateway, missed) // the shared counters are away: the gateway counts alone
	missed.Decision.Degraded = true
	missed.Outcome = ingest.Outcome{Disposition: ingest.DispositionForwarded, Status: 201, OrderState: "confirmed"}
	for range 2 { // delivered twice, counted once
		_, err := fleet.Async(t.Context(), wire(t, missed))
		require.NoError(t, err)
	}
	next := screen(t, fleet, event(1, "a"))
	assert.InDelta(t, 2, value(t, next.Snapshot, "account_orders"), 0)
	assert.InDelta(t, 1, value(t, next.Snapshot, "account_accepted"), 0, "what its response told is counted, too")

	seen := event(2, "b")
	screen(t, gateway, seen)
	_, err := fleet.Async(t.Context(), wire(t, seen))
	require.NoError(t, err)
	next = screen(t, fleet, event(3, "b"))
	assert.InDelta(t, 1, value(t, next.Snapshot, "account_orders"), 0, "an in-line feature has one writer while nothing is amiss")
}

func TestShadowNeverActs(t *testing.T) {
	everyRule := func(mode rules.Mode, share float64) *rules.Program {
		return program(t, func(rs *rules.Ruleset) {
			for i := range rs.Rules {
				rs.Rules[i].Mode, rs.Rules[i].Share = mode, share
			}
		})
	}
	// run returns what acted, what was recorded, and how often counters were
	// asked while shadow rules ran.
	run := func(p *rules.Program) (acted, recorded []string, asked int) {
		c := &spy{Counters: memory.New(memory.Options{})}
		e := scoring.New(c, scoring.Options{})
		e.Swap(p)
		for n := range 8 {
			ev := event(n*n, fmt.Sprint("account ", n%2))
			ev.Subject.Documents = []string{"d1", "d2", "d3", "d4"}
			r := screen(t, e, ev)
			acted = append(acted, ids(r.Hits)...)
			before := c.touches
			v := e.InlineVerdict(wire(t, ev))
			asked += c.touches - before
			w, err := e.Async(t.Context(), ev)
			require.NoError(t, err)
			for _, v := range []scoring.Verdict{v, w} {
				worst := ingest.Allow
				for _, h := range v.Hits {
					if h.Shadow {
						recorded = append(recorded, h.Rule)
						continue
					}
					if v.Stage == rules.StageAsync {
						acted = append(acted, h.Rule)
					}
					if h.Action.Severity() > worst.Severity() {
						worst = h.Action
					}
				}
				require.Equal(t, worst, v.Action)
			}
			require.InDelta(t, r.Score, v.Score, 0)
		}
		return acted, recorded, asked
	}
	live, nothing, _ := run(everyRule(rules.ModeLive, 0))
	assert.Empty(t, nothing)
	require.NotEmpty(t, live)
	acted, shadow, asked := run(everyRule(rules.ModeShadow, 0))
	assert.Empty(t, acted, "shadow never acts")
	assert.ElementsMatch(t, live, shadow, "and records exactly what would have acted")
	assert.Zero(t, asked, "from the snapshot alone")
	acted, shadow, _ = run(everyRule(rules.ModeCanary, 0))
	assert.Empty(t, acted, "a canary with no share is a shadow")
	assert.ElementsMatch(t, live, shadow)
	acted, shadow, _ = run(everyRule(rules.ModeCanary, 0.5))
	assert.ElementsMatch(t, live, append(acted, shadow...), "everybody is either in the share or in the shadow")
}

// TestShadowNeedsNoFeature: rules that read the event alone leave no snapshot,
// and are recorded all the same.
func TestShadowNeedsNoFeature(t *testing.T) {
	p, err := rules.Load("plain", []byte(`
name: plain
rules:
  - {id: always, when: hour >= 0, on: account, action: block, mode: shadow, reason: pace, messages: {zh: 测试, en: test}}
  - {id: some, when: hour >= 0, on: account, action: block, mode: canary, share: 0, reason: pace, messages: {zh: 测试, en: test}}
`), rules.Options{})
	require.NoError(t, err)
	e := scoring.New(memory.New(memory.Options{}), scoring.Options{})
	e.Swap(p)
	ev := event(0, "a")
	assert.Empty(t, screen(t, e, ev).Hits)
	assert.ElementsMatch(t, []string{"always", "some"}, ids(e.InlineVerdict(wire(t, ev)).Hits))
	unscreened := event(1, "a")
	assert.Empty(t, e.InlineVerdict(wire(t, unscreened)).Hits, "nobody judged it")
}

type spy struct {
	scoring.Counters
	touches int
}

func (s *spy) Touch(ctx context.Context, t *scoring.Touch) error {
	s.touches++
	return s.Counters.Touch(ctx, t)
}

func TestInlineVerdictTellsWhatTheEdgeDid(t *testing.T) {
	e := newEngine(t)
	ev := event(0, "a")
	ev.Order = ingest.Order{ID: "o", Pool: "p"}
	screen(t, e, ev)
	ev.Decision.Hits = []ingest.Hit{{Rule: "list:1", Action: ingest.Block, Entity: "account", Key: "a"}}
	ev.Decision.Observed, ev.Decision.Receipt = ingest.Block, "R"
	v := e.InlineVerdict(ev)
	assert.Equal(t, ingest.Block, v.Action)
	assert.Equal(t, ingest.Allow, v.Decision)
	assert.True(t, v.Observe)
	assert.Equal(t, "R", v.Receipt)
	assert.Equal(t, ev.Subject, v.Subject)
	assert.Equal(t, ev.Order, v.Order)
	assert.Len(t, ev.Decision.Hits, 1)
}

// TestMemoryAndRedisAgree takes the same events in (time, id) order, with
// repeats, through both kinds of counters.
func TestMemoryAndRedisAgree(t *testing.T) {
	o := &goredis.UniversalOptions{Addrs: []string{miniredis.RunT(t).Addr()}}
	redis.Configure(o)
	client := goredis.NewUniversalClient(o)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	p := program(t, nil)
	run := func(c scoring.Counters) (out []scoring.Verdict) {
		e := scoring.New(c, scoring.Options{})
		e.Swap(p)
		for _, ev := range sequence() {
			screen(t, e, ev)
			ev.Outcome = ingest.Outcome{Disposition: ingest.DispositionForwarded, Status: 200 + int(ev.Time.UnixMilli()%2)*200}
			require.NoError(t, e.Outcome(t.Context(), ev))
			v, err := e.Async(t.Context(), ev)
			require.NoError(t, err)
			out = append(out, e.InlineVerdict(ev), v)
		}
		return out
	}
	inMemory, inRedis := run(memory.New(memory.Options{})), run(redis.New(client, redis.Options{}))
	hits := 0
	for i := range inMemory {
		require.Equal(t, inMemory[i], inRedis[i], "verdict %d", i)
		hits += len(inMemory[i].Hits)
	}
	assert.Greater(t, hits, 200, "there was something to agree about")
}

func sequence() []*ingest.Event {
	rng := rand.New(rand.NewPCG(5, 6))
	var list []*ingest.Event
	clock := base
	for n := range 400 {
		if n > 10 && rng.IntN(10) == 0 { // delivered twice
			again := *list[n-1-rng.IntN(2)]
			list = append(list, &again)
			continue
		}
		clock = clock.Add(time.Duration(rng.IntN(3)*rng.IntN(2000)) * time.Millisecond)
		ev := event(0, fmt.Sprint("account ", rng.IntN(12)))
		ev.ID = uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, n)).String()
		ev.Time = clock
		ev.Subject.Device = fmt.Sprint("device ", rng.IntN(8))
		for range rng.IntN(4) {
			ev.Subject.Documents = append(ev.Subject.Documents, fmt.Sprint("document ", rng.IntN(20)))
		}
		list = append(list, ev)
	}
	return list
}
