package backtest_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/backtest/backtesttest"
	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window/memory"
)

// everything is a ruleset with every shape of series, every stage, pairs,
// ratios, bands, and rules live, in shadow and tried on some.
const everything = `
name: everything
features:
  - {name: orders, entity: account, events: [order.submit], window: 1h, aggregate: count}
  - {name: orders_long, entity: account, events: [order.submit], window: %s, aggregate: count}
  - {name: places, entity: account, events: [order.submit], window: 1h, aggregate: sum, of: positions}
  - {name: each, aggregate: ratio, of: places, over: orders}
  - {name: devices, entity: account, events: [], window: 2h, aggregate: distinct, of: device}
  - {name: rhythm, entity: device, events: [stock.read], window: 30m, aggregate: regularity}
  - {name: first, entity: device, events: [stock.read], window: 2h, aggregate: since_first}
  - {name: last, entity: device, events: [stock.read], window: 2h, aggregate: since_last}
  - {name: looked, entity: device, events: [order.submit], window: 2h, aggregate: since_other}
  - {name: known_for, entity: account, window: 1h, aggregate: age}
  - {name: together, entity: device+pool, window: 1h, aggregate: count}
  - {name: taken, entity: account, where: accepted, stage: outcome, window: 2h, aggregate: count}
  - {name: papers, entity: document, events: [order.submit], stage: async, window: 2h, aggregate: count}
  - {name: from_here, entity: pool, events: [order.submit], window: 1h, aggregate: share, of: asn}
  - {name: crowd, entity: subnet, window: 1h, aggregate: count, precision: bucketed}
  - {name: crowd_later, entity: subnet, window: 1h, aggregate: count, precision: bucketed, stage: async}
  - {name: than_before, entity: pool, events: [order.submit], window: 10m, before: 1h, aggregate: change}
rules:
  - {id: many, when: orders > %d, on: account, action: block, ttl: 10m, reason: pace, score: 20}
  - {id: long, when: orders_long > %d, on: account, action: challenge, reason: pace, score: 10}
  - {id: places, when: places > 6 and each > 2, on: account, action: flag, score: 10}
  - {id: devices, when: devices > 1, on: account, action: flag, score: 5, mode: shadow}
  - {id: metronome, when: known(rhythm) and rhythm < 0.9, on: device, action: challenge, reason: pace, mode: canary, share: 0.4}
  - {id: fast, when: known(last) and last < 5, on: device, action: flag, score: 10}
  - {id: first, when: known(first) and first > 60, on: device, action: flag}
  - {id: unlooking, when: "known(looked) and looked > 30", on: device, action: flag}
  - {id: young, when: known(known_for) and known_for < 100, on: account, action: flag}
  - {id: together, when: together > 4, on: device, action: flag, score: 10}
  - {id: papers, stage: async, when: papers > 1, on: account, action: challenge, reason: pace, score: 30}
  - {id: taken, stage: async, when: taken > 3, on: account, action: flag, score: 10}
  - {id: papers_soon, stage: async, when: papers > 2 and orders > 2, on: account, action: block, ttl: 10m, reason: pace, mode: shadow, score: 10}
  - {id: here, when: from_here > 0.1, on: account, action: flag}
  - {id: crowd, when: crowd > 40, on: account, action: flag}
  - {id: crowd_later, stage: async, when: crowd_later > 40, on: account, action: flag}
  - {id: rush, when: than_before > 1, on: account, action: flag}
bands:
  - {id: some, from: 20, on: account, action: challenge, reason: pace}
  - {id: much, from: 40, on: account, action: challenge, reason: pace, stage: async}
  - {id: most, from: 60, on: account, action: block, ttl: 10m, reason: pace, stage: async, mode: shadow}
`

// TestAReplayGivesTheHitsThatTheEngineGives compares them hit by hit, where two
// versions share what they can, and the entities are counted by one replay or by
// parts: on events of which some come an hour late, some twice, and of whom some
// were cleared meanwhile.
func TestAReplayGivesTheHitsThatTheEngineGives(t *testing.T) {
	museum, err := os.ReadFile(filepath.Join("..", "..", "rulesets", "museum.yaml"))
	require.NoError(t, err)
	for name, versions := range map[string][2]*rules.Program{
		"everything": {load(t, fmt.Sprintf(everything, "3h", 2, 3)), load(t, fmt.Sprintf(everything, "5h", 3, 300))},
		"museum":     {load(t, string(museum)), load(t, fmt.Sprintf(everything, "30m", 2, 4))},
		"generated":  {generated(t, 50, 7, 0.5), generated(t, 50, 8, 0.4)},
	} {
		for _, parts := range []int{1, 2, 5} {
			t.Run(fmt.Sprintf("%s, parts=%d", name, parts), func(t *testing.T) { agree(t, versions, parts) })
		}
	}
}

func agree(t *testing.T, versions [2]*rules.Program, parts int) {
	t.Helper()
	cleared := marks{}
	var replays []*scoring.Replay
	for part := range parts {
		replays = append(replays, scoring.NewReplay(memory.New(memory.Options{Marks: cleared, Alone: true}),
			scoring.ReplayOptions{Marks: true, Part: part, Parts: parts}, versions[0], versions[1]))
	}
	var engines [2]*scoring.Engine
	var judges [2]*scoring.Judge
	for i, p := range versions {
		engines[i] = scoring.New(memory.New(memory.Options{Marks: cleared}), scoring.Options{})
		engines[i].Swap(p)
		judges[i] = replays[0].Judge(i)
	}
	fired, values := map[string]int{}, make([]float64, replays[0].Size())
	for n, e := range unruly(6_000) {
		if n%500 == 499 {
			cleared["account:"+e.Subject.Account] = scoring.EncodeMark(e.Time, nil)
		}
		for _, replay := range replays {
			require.NoError(t, replay.Count(t.Context(), e, values))
		}
		for i := range engines {
			want, snapshot := engineHits(t, engines[i], *e)
			own := judges[i].Values(e, values)
			hits, err := judges[i].Hits(e, own, nil)
			require.NoError(t, err)
			require.Equal(t, want, hits, "event %d, version %d", n, i)
			require.Len(t, own, len(snapshot))
			for _, h := range hits {
				fired[h.Rule]++
			}
		}
	}
	assert.Greater(t, len(fired), 8, "there is something to agree about")
	t.Log(fired)
}

type marks map[string][]byte

func (m marks) Mark(e rules.Entity, key string) []byte { return m[string(e)+":"+key] }

func engineHits(t *testing.T, engine *scoring.Engine, e ingest.Event) ([]ingest.Hit, []float64) {
	t.Helper()
	var result scoring.Result
	require.NoError(t, engine.Inline(t.Context(), &e, "", &result))
	e.Decision.Hits, e.Decision.Snapshot, e.Decision.Ruleset = result.Hits, result.Snapshot, result.Ruleset
	require.NoError(t, engine.Outcome(t.Context(), &e))
	inline := engine.InlineVerdict(&e)
	async, err := engine.Async(t.Context(), &e)
	require.NoError(t, err)
	return append(inline.Hits, async.Hits...), async.Snapshot.Values
}

// unruly are events of few accounts, of which one in twenty comes an hour late
// and one in thirty twice.
func unruly(n int) []*ingest.Event {
	random := rand.New(rand.NewPCG(3, 3))
	var list []*ingest.Event
	var late []*ingest.Event
	for e := range backtesttest.Events(backtesttest.Traffic{Seed: 5, Accounts: 60, Scalpers: 12, Rate: 0.5}, n) {
		for len(late) > 0 && e.Time.Sub(late[0].Time) > time.Hour {
			list, late = append(list, late[0]), late[1:]
		}
		switch random.IntN(60) {
		case 0, 1, 2:
			late = append(late, e)
			continue
		case 3, 4:
			list = append(list, e)
		}
		list = append(list, e)
	}
	return list
}
