package backtest_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/backtest"
	"fairgate/enforcement/backtest/backtesttest"
	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window/memory"
)

func load(t testing.TB, text string) *rules.Program {
	t.Helper()
	p, err := rules.Load("r.yaml", []byte(text), rules.Options{})
	require.NoError(t, err)
	return p
}

// ordersOver blocks, challenges or flags who submits more than n orders an hour.
func ordersOver(t testing.TB, action string, n int) *rules.Program {
	t.Helper()
	return load(t, fmt.Sprintf(`
name: test
features: [{name: orders, entity: account, events: [order.submit], window: 1h, aggregate: count}]
rules: [{id: many, when: orders > %d, on: account, action: %s, ttl: 10m, reason: pace}]
`, n, action))
}

func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// orders are n orders of an account, a minute apart.
func orders(account string, n int) []ingest.Event {
	var list []ingest.Event
	for i := range n {
		list = append(list, ingest.Event{
			ID: fmt.Sprintf("%s-%03d", account, i), Time: noon().Add(time.Duration(i) * time.Minute), Site: "museum",
			Kind: ingest.KindOrderSubmit, Subject: ingest.Subject{Account: account, Device: "device of " + account},
			Outcome: ingest.Outcome{Disposition: ingest.DispositionForwarded, Status: 201},
		})
	}
	return list
}

func past(known map[string]enforcement.LabelValue, lists ...[]ingest.Event) *backtesttest.Memory {
	m := &backtesttest.Memory{Site: "museum", Known: known}
	for i := 0; ; i++ {
		more := false
		for _, list := range lists {
			if i < len(list) {
				m.List, more = append(m.List, list[i]), true
			}
		}
		if !more {
			return m
		}
	}
}

func compare(t testing.TB, source backtest.Source, next, against *rules.Program) *backtest.Comparison {
	t.Helper()
	c, err := backtest.Compare(t.Context(), source, next, against, backtest.Options{From: noon(), To: noon().Add(24 * time.Hour)})
	require.NoError(t, err)
	return c
}

func TestCompareSaysWhoseLotChanges(t *testing.T) {
	m := past(map[string]enforcement.LabelValue{"anna": "human", "bot": "scalper", "dora": "unknown"},
		orders("anna", 2), orders("bot", 9), orders("carl", 4), orders("dora", 6))
	c := compare(t, m, ordersOver(t, "block", 3), ordersOver(t, "block", 7))
	assert.EqualValues(t, 21, c.Events)
	assert.Equal(t, backtest.Count{Number: 4}, c.Accounts)
	assert.Equal(t, backtest.ByLabel{All: 2, Unlabelled: 1, Unknown: 1}, c.NewlyBlocked, "carl and dora")
	assert.Equal(t, backtest.ByLabel{All: 3, Scalper: 1, Unknown: 1, Unlabelled: 1}, c.New.Blocked)
	assert.Equal(t, backtest.ByLabel{All: 1, Scalper: 1}, c.Against.Blocked)
	assert.Zero(t, c.Freed)
	assert.EqualValues(t, 1, c.New.FalsePositive.Denominator)
	assert.False(t, c.New.FalsePositive.Enough, "one human is not enough")
	assert.Zero(t, c.New.Miss.Numerator)
	require.Len(t, c.Top, 3)
	top := c.Top[0]
	assert.Equal(t, "dora", top.Account, "two events more than carl, and blocked where bot was blocked anyway")
	assert.Equal(t, ingest.Block, top.New)
	assert.Equal(t, ingest.Allow, top.Against)
	assert.EqualValues(t, 3, top.Events)
	require.Len(t, top.Evidence, 1)
	e := top.Evidence[0]
	assert.Equal(t, []any{"new", "dora-003", "many", 4.0}, []any{e.Version, e.EventID, e.Rule, e.Features["orders"]})
	back := compare(t, m, ordersOver(t, "block", 7), ordersOver(t, "block", 3))
	assert.Equal(t, c.NewlyBlocked, back.Freed)
	milder := compare(t, m, ordersOver(t, "challenge", 3), ordersOver(t, "flag", 3))
	assert.EqualValues(t, 3, milder.NewlyChallenged.All)
	assert.EqualValues(t, 3, compare(t, m, ordersOver(t, "flag", 3), ordersOver(t, "challenge", 3)).Unchallenged.All)
}

func TestRatesHaveIntervals(t *testing.T) {
	known, lists := map[string]enforcement.LabelValue{}, [][]ingest.Event{}
	for i := range 40 {
		person, bot := fmt.Sprint("person ", i), fmt.Sprint("bot ", i)
		known[person], known[bot] = enforcement.LabelHuman, enforcement.LabelScalper
		lists = append(lists, orders(person, 1+i%4), orders(bot, 3+i%4))
	}
	c := compare(t, past(known, lists...), ordersOver(t, "block", 3), nil)
	assert.Nil(t, c.Against)
	f := c.New.FalsePositive
	assert.Equal(t, []any{uint64(10), uint64(40), true}, []any{f.Numerator, f.Denominator, f.Enough})
	assert.InDelta(t, 0.1419, f.Low, 1e-3)
	assert.InDelta(t, 0.4019, f.High, 1e-3)
	assert.EqualValues(t, 10, c.New.Miss.Numerator)
	assert.EqualValues(t, 40, c.New.Miss.Denominator)
}

func TestWarmUpIsCountedAndNotJudged(t *testing.T) {
	m := past(nil, orders("anna", 10))
	c, err := backtest.Compare(t.Context(), m, ordersOver(t, "block", 7), nil,
		backtest.Options{From: noon().Add(8 * time.Minute), To: noon().Add(time.Hour)})
	require.NoError(t, err)
	assert.EqualValues(t, 2, c.Events)
	assert.EqualValues(t, 8, c.WarmUpEvents)
	assert.Equal(t, 3600.0, c.WarmUpSeconds)
	assert.EqualValues(t, 1, c.New.Blocked.All, "the ninth order of the hour")
}

func TestABlockStandsForWhatItIsOn(t *testing.T) {
	p := load(t, `
name: test
features: [{name: orders, entity: device, events: [order.submit], window: 1h, aggregate: count}]
rules: [{id: many, events: [order.submit], when: orders > 3, on: device, action: block, ttl: 30m, reason: pace}]
`)
	bot := orders("bot", 4)
	later := func(account, device string, minute int) []ingest.Event {
		e := orders(account, 1)
		e[0].Kind, e[0].Subject.Device, e[0].Time = ingest.KindStockRead, device, noon().Add(time.Duration(minute)*time.Minute)
		return e
	}
	m := past(nil, bot)
	for _, more := range [][]ingest.Event{later("friend", "device of bot", 20), later("stranger", "other", 21), later("late", "device of bot", 40)} {
		m.List = append(m.List, more...)
	}
	c := compare(t, m, p, nil)
	assert.EqualValues(t, 2, c.New.Blocked.All, "the bot, and who comes with its device in time")
	m.Cleared = []backtest.Clearing{{At: noon().Add(10 * time.Minute), Target: enforcement.Target{Entity: rules.EntityDevice, Key: "device of bot"}}}
	assert.EqualValues(t, 1, compare(t, m, p, nil).New.Blocked.All, "the block was lifted")
}

func TestWhatWasClearedDoesNotCount(t *testing.T) {
	m := past(nil, orders("anna", 6))
	m.Cleared = []backtest.Clearing{{At: m.List[2].Time, Target: enforcement.Target{Entity: rules.EntityAccount, Key: "anna"}, Whole: true}}
	assert.EqualValues(t, 0, compare(t, m, ordersOver(t, "block", 3), nil).New.Blocked.All)
	assert.EqualValues(t, 1, compare(t, m, ordersOver(t, "block", 2), nil).New.Blocked.All)
}

func TestPeriodsThatCannotBe(t *testing.T) {
	m, p := past(nil, orders("anna", 2)), ordersOver(t, "block", 1)
	_, err := backtest.Compare(t.Context(), m, p, nil, backtest.Options{From: noon(), To: noon()})
	require.ErrorIs(t, err, backtest.ErrPeriod)
	_, err = backtest.Compare(t.Context(), m, p, nil, backtest.Options{From: noon().Add(time.Hour), To: noon().Add(2 * time.Hour)})
	require.ErrorIs(t, err, backtest.ErrNoHistory)
}

func TestAStoppedRunSaysHowFarItCame(t *testing.T) {
	m := past(nil, orders("anna", 60))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := backtest.Compare(ctx, m, ordersOver(t, "block", 1), nil, backtest.Options{From: noon(), To: noon().Add(time.Hour)})
	var stopped *backtest.Stopped
	require.ErrorAs(t, err, &stopped)
	require.ErrorIs(t, err, context.Canceled)
	assert.EqualValues(t, 60, stopped.At.Total)
	require.ErrorContains(t, err, "of about 60 events")

	_, err = backtest.Compare(t.Context(), torn{m}, ordersOver(t, "block", 1), nil, backtest.Options{From: noon(), To: noon().Add(time.Hour)})
	require.ErrorAs(t, err, &stopped)
	require.ErrorContains(t, err, "line torn")
}

type torn struct{ *backtesttest.Memory }

func (torn) Events(context.Context, time.Time, time.Time, backtest.Needs, backtest.Spare) iter.Seq2[[]ingest.Event, error] {
	return func(yield func([]ingest.Event, error) bool) { yield(nil, errors.New("line torn")) }
}

// TestTheSameVerdictsAsTheEngineGives holds the run against an engine that is
// driven by hand, one event after the other.
func TestTheSameVerdictsAsTheEngineGives(t *testing.T) {
	p := generated(t, 50, 7, 0.5)
	m := &backtesttest.Memory{Site: "museum"}
	for e := range backtesttest.Events(backtesttest.Traffic{Seed: 2, Accounts: 300}, 20_000) {
		m.List = append(m.List, *e)
	}
	engine := scoring.New(memory.New(memory.Options{}), scoring.Options{})
	engine.Swap(p)
	fired, result := map[string]uint64{}, scoring.Result{}
	for i := range m.List {
		e := m.List[i]
		require.NoError(t, engine.Inline(t.Context(), &e, "", &result))
		e.Decision.Hits, e.Decision.Snapshot, e.Decision.Ruleset = result.Hits, result.Snapshot, result.Ruleset
		require.NoError(t, engine.Outcome(t.Context(), &e))
		async, err := engine.Async(t.Context(), &e)
		require.NoError(t, err)
		for _, h := range append(result.Hits, async.Hits...) {
			fired[h.Rule]++
		}
	}
	require.Greater(t, len(fired), 10, "there is something to agree about")
	c, err := backtest.Compare(t.Context(), m, p, p, backtest.Options{From: m.List[0].Time, To: m.List[len(m.List)-1].Time.Add(time.Second)})
	require.NoError(t, err)
	for _, r := range c.Rules {
		assert.Equal(t, fired[r.Rule], r.New.Events, r.Rule)
		assert.Equal(t, r.New, r.Against, r.Rule)
	}
	assert.Zero(t, c.ChangedEvents)
	assert.Empty(t, c.Top)
}

func TestMemoryIsBoundedHoweverLongThePeriod(t *testing.T) {
	p := ordersOver(t, "block", 3)
	heap := func(repeat int) uint64 {
		m := &backtesttest.Memory{Site: "museum", Repeat: repeat}
		for e := range backtesttest.Events(backtesttest.Traffic{Seed: 2, Accounts: 2_000, Rate: 5}, 10_000) {
			m.List = append(m.List, *e)
		}
		watched := &watching{Memory: m}
		_, err := backtest.Compare(t.Context(), watched, p, nil,
			backtest.Options{From: m.List[0].Time, To: m.List[0].Time.Add(time.Duration(repeat) * m.Span())})
		require.NoError(t, err)
		return watched.most
	}
	short, long := heap(4), heap(60)
	assert.Less(t, long, short+short/2+(4<<20), "fifteen times as long, and no more memory")
}

// watching measures the heap now and then while a run goes on.
type watching struct {
	*backtesttest.Memory
	most uint64
}

func (w *watching) Events(ctx context.Context, from, to time.Time, needs backtest.Needs, spare backtest.Spare) iter.Seq2[[]ingest.Event, error] {
	return func(yield func([]ingest.Event, error) bool) {
		n := 0
		for events, err := range w.Memory.Events(ctx, from, to, needs, spare) {
			if n++; n%20 == 0 {
				var stats runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&stats)
				w.most = max(w.most, stats.HeapAlloc)
			}
			if !yield(events, err) {
				return
			}
		}
	}
}

func TestAccountsBeyondTheBoundAreEstimated(t *testing.T) {
	m := &backtesttest.Memory{Site: "museum", Known: map[string]enforcement.LabelValue{}}
	for i := range 20_000 {
		e := orders(fmt.Sprint("person ", i), 1)[0]
		e.Time = noon().Add(time.Duration(i) * time.Millisecond)
		m.List = append(m.List, e)
	}
	for i := range 5 {
		for _, e := range orders(fmt.Sprint("bot ", i), 5) {
			e.Time = e.Time.Add(time.Minute)
			m.List = append(m.List, e)
		}
		m.Known[fmt.Sprint("bot ", i)] = enforcement.LabelScalper
	}
	o := backtest.Options{From: noon(), To: noon().Add(24 * time.Hour), Accounts: 1000}
	c, err := backtest.Compare(t.Context(), m, ordersOver(t, "block", 3), ordersOver(t, "block", 4), o)
	require.NoError(t, err)
	assert.True(t, c.Accounts.Estimated)
	assert.InEpsilon(t, 20_005, float64(c.Accounts.Number), 4*backtest.DistinctError)
	assert.EqualValues(t, 5, c.New.Blocked.Scalper, "those that a rule touched are exact")
	o.Accounts = 2
	_, err = backtest.Compare(t.Context(), m, ordersOver(t, "block", 0), nil, o)
	require.ErrorIs(t, err, backtest.ErrTooMany)
}
