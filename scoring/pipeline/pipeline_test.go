package pipeline_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/ingest/stream"
	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/cluster"
	"fairgate/scoring/pipeline"
)

var (
	_ pipeline.Source = (*stream.Consumer)(nil)
	_ pipeline.Sink   = (*stream.Producer)(nil)
	_ pipeline.Engine = (*scoring.Engine)(nil)
)

var (
	topics  = stream.NewTopics("t.")
	errAway = errors.New("away")
)

// journal is a Source and a Sink that remember what happened in which order.
type journal struct {
	mu        sync.Mutex
	in        chan stream.Message
	offset    int64
	committed []int64
	sent      []stream.Message
	steps     []string
	failSend  int
	failFetch int
}

func newJournal() *journal { return &journal{in: make(chan stream.Message, 1<<16)} }

func (j *journal) put(value []byte, key string) {
	j.in <- stream.Message{Topic: topics.Events, Offset: j.offset, Key: key, Value: value}
	j.offset++
}

func (j *journal) event(t testing.TB, e *ingest.Event) {
	t.Helper()
	data, err := json.Marshal(e)
	require.NoError(t, err)
	j.put(data, e.Subject.Account)
}

func (j *journal) Fetch(ctx context.Context) (stream.Message, error) {
	j.mu.Lock()
	if j.failFetch > 0 {
		j.failFetch--
		j.mu.Unlock()
		return stream.Message{}, errAway
	}
	j.mu.Unlock()
	select {
	case m, ok := <-j.in:
		if !ok {
			return stream.Message{}, stream.ErrClosed
		}
		return m, nil
	case <-ctx.Done():
		return stream.Message{}, ctx.Err()
	}
}

func (j *journal) Commit(_ context.Context, messages ...stream.Message) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.steps = append(j.steps, "commit")
	for _, m := range messages {
		j.committed = append(j.committed, m.Offset)
	}
	return nil
}

func (j *journal) Send(_ context.Context, messages ...stream.Message) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.failSend > 0 {
		j.failSend--
		j.steps = append(j.steps, "send failed")
		return errAway
	}
	j.steps = append(j.steps, "send")
	j.sent = append(j.sent, messages...)
	return nil
}

func (j *journal) verdicts(t testing.TB) (out []scoring.Verdict) {
	t.Helper()
	for _, m := range j.sent {
		if m.Topic == topics.Verdicts {
			var v scoring.Verdict
			require.NoError(t, json.Unmarshal(m.Value, &v))
			out = append(out, v)
		}
	}
	return out
}

// engine records the order in which events are scored, and fires one rule for
// every event whose account begins with "bot".
type engine struct {
	mu     sync.Mutex
	scored []string
	fail   map[string]int   // event id → how often Async fails
	never  map[string]error // event id → permanent error
	sizes  map[string]int   // event id → the size of its account's cluster
	block  chan struct{}
}

func (e *engine) Async(ctx context.Context, ev *ingest.Event) (scoring.Verdict, error) {
	if e.block != nil {
		select {
		case <-e.block:
		case <-ctx.Done():
			return scoring.Verdict{}, ctx.Err()
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.never[ev.ID] != nil {
		return scoring.Verdict{}, e.never[ev.ID]
	}
	if e.fail[ev.ID] > 0 {
		e.fail[ev.ID]--
		return scoring.Verdict{}, errAway
	}
	e.scored = append(e.scored, ev.ID)
	if e.sizes == nil {
		e.sizes = map[string]int{}
	}
	e.sizes[ev.ID] = ev.Subject.ClusterSize
	v := scoring.Verdict{EventID: ev.ID, Stage: rules.StageAsync, Kind: ev.Kind}
	if len(ev.Subject.Account) >= 3 && ev.Subject.Account[:3] == "bot" {
		v.Hits, v.Action = []ingest.Hit{{Rule: "r", Action: ingest.Block}}, ingest.Block
	}
	return v, nil
}

func (e *engine) InlineVerdict(ev *ingest.Event) scoring.Verdict {
	return scoring.Verdict{EventID: ev.ID, Stage: rules.StageInline, Kind: ev.Kind, Hits: ev.Decision.Hits, Decision: ev.Decision.Action}
}

type fixture struct {
	*journal
	*engine
	reg *prometheus.Registry
	log bytes.Buffer
	now time.Time
	p   *pipeline.Pipeline
	// clusters is nil where no account is linked to another.
	clusters pipeline.Clusters
	// stop ends Run and returns what it said.
	stop func() error
}

// start runs a pipeline inside a synctest bubble.
func start(t *testing.T, change func(*fixture)) *fixture {
	t.Helper()
	f := &fixture{journal: newJournal(), engine: &engine{}, reg: prometheus.NewRegistry(), now: time.Now()}
	if change != nil {
		change(f)
	}
	f.p = pipeline.New(f.journal, f.engine, f.journal, topics, pipeline.Options{
		Clusters: f.clusters, Registerer: f.reg, Logger: slog.New(slog.NewTextHandler(&f.log, nil)),
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- f.p.Run(ctx) }()
	f.stop = func() error {
		cancel()
		return <-done
	}
	return f
}

// pass lets the bubble's time go by.
func pass(d time.Duration) { <-time.After(d) }

func (f *fixture) at(seconds int, id, account string, kind ingest.Kind) *ingest.Event {
	return &ingest.Event{
		ID: id, Time: f.now.Add(time.Duration(seconds) * time.Second), Kind: kind,
		Subject: ingest.Subject{Account: account}, Client: ingest.Client{IP: netip.AddrFrom4([4]byte{192, 0, 2, byte(len(id))})},
	}
}

func (f *fixture) count(t *testing.T, result string) float64 {
	t.Helper()
	families, err := f.reg.Gather()
	require.NoError(t, err)
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if family.GetName() == "fairgate_pipeline_messages_total" && m.GetLabel()[0].GetValue() == result {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

func TestWhatIsPublished(t *testing.T) {
	hit := ingest.Decision{Action: ingest.Flag, Hits: []ingest.Hit{{Rule: "shadow", Shadow: true}}}
	for _, tc := range []struct {
		name     string
		kind     ingest.Kind
		account  string
		decision ingest.Decision
		want     []rules.Stage
	}{
		{"a plain read", ingest.KindStockRead, "a", ingest.Decision{Action: ingest.Allow}, nil},
		{"an order read", ingest.KindOrderRead, "a", ingest.Decision{}, nil},
		{"a read that a rule hit", ingest.KindStockRead, "a", hit, []rules.Stage{rules.StageInline}},
		{"a read that was refused", ingest.KindStockRead, "a", ingest.Decision{Action: ingest.Block}, []rules.Stage{rules.StageInline}},
		{"a read that an asynchronous rule hit", ingest.KindStockRead, "bot", ingest.Decision{}, []rules.Stage{rules.StageAsync}},
		{"a booking", ingest.KindOrderSubmit, "a", ingest.Decision{}, []rules.Stage{rules.StageInline}},
		{"a sign-in", ingest.KindSessionCreate, "a", ingest.Decision{}, []rules.Stage{rules.StageInline}},
		{"a registration", ingest.KindAccountRegister, "a", ingest.Decision{}, []rules.Stage{rules.StageInline}},
		{"a bot's booking", ingest.KindOrderSubmit, "bot", ingest.Decision{}, []rules.Stage{rules.StageInline, rules.StageAsync}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := start(t, nil)
				e := f.at(0, "e", tc.account, tc.kind)
				e.Decision = tc.decision
				f.event(t, e)
				pass(time.Second)
				require.NoError(t, f.stop())
				var got []rules.Stage
				for _, v := range f.verdicts(t) {
					got = append(got, v.Stage)
				}
				assert.Equal(t, tc.want, got)
				assert.Equal(t, []int64{0}, f.committed)
				for _, m := range f.sent {
					assert.Equal(t, tc.account, m.Key)
				}
			})
		})
	}
}

func TestBadMessagesGoToTheDeadLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, func(f *fixture) { f.never = map[string]error{"poison": fmt.Errorf("x: %w", scoring.ErrInvalidTouch)} })
		for _, bad := range []string{"{", "", "[]", `{"id":"x","time":"2026-01-01T00:00:00Z","kind":"what.is.this"}`} {
			f.put([]byte(bad), "k")
		}
		f.event(t, f.at(0, "poison", "a", ingest.KindOrderSubmit))
		f.event(t, f.at(1, "good", "a", ingest.KindOrderSubmit))
		synctest.Wait()
		require.NoError(t, f.stop())
		var dead []string
		for _, m := range f.sent {
			if m.Topic == topics.Dead {
				dead = append(dead, string(m.Value[:min(1, len(m.Value))]))
			}
		}
		assert.Equal(t, []string{"{", "", "[", "{", "{"}, dead)
		assert.Len(t, f.verdicts(t), 1)
		assert.Len(t, f.committed, 6, "nothing is stuck")
		assert.InDelta(t, 5, f.count(t, "bad"), 0)
		assert.Contains(t, f.log.String(), "offset=3")
		assert.NotContains(t, f.log.String(), `"id"`, "no content in the log")
	})
}

func TestOrderIsKeptThroughFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, func(f *fixture) { f.fail = map[string]int{"a1": 3}; f.failSend, f.failFetch = 2, 2 })
		// a1 fails a while; a2 shares its account and a3 the device of a2.
		a1, a2, a3 := f.at(1, "a1", "bot a", ingest.KindOrderSubmit), f.at(2, "a2", "bot a", ingest.KindOrderSubmit), f.at(3, "a3", "bot c", ingest.KindOrderSubmit)
		a1.Client.IP, a2.Client.IP, a3.Client.IP = netip.Addr{}, netip.Addr{}, netip.Addr{}
		a2.Subject.Device, a3.Subject.Device = "d", "d"
		b := f.at(4, "b", "bot b", ingest.KindOrderSubmit)
		for _, e := range []*ingest.Event{a3, a1, b, a2} {
			f.event(t, e)
		}
		pass(30 * time.Second)
		require.NoError(t, f.stop())
		assert.Equal(t, []string{"b", "a1", "a2", "a3"}, f.scored, "b is nobody's business, the others keep (time, id) order")
		assert.Equal(t, []string{"send failed", "send failed", "send", "commit"}, f.steps, "published before committed")
		assert.Equal(t, []int64{0, 1, 2, 3}, f.committed)
		var order []string
		for _, v := range f.verdicts(t) {
			if v.Stage == rules.StageAsync {
				order = append(order, v.EventID)
			}
		}
		assert.Equal(t, []string{"a1", "a2", "a3", "b"}, order)
	})
}

func TestLateEventsChangeNoVerdict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, nil)
		f.event(t, f.at(-1, "now", "bot", ingest.KindOrderSubmit))
		f.event(t, f.at(-601, "just in time", "bot", ingest.KindOrderSubmit))
		f.event(t, f.at(-602, "late", "bot", ingest.KindOrderSubmit))
		f.event(t, f.at(7200, "clock is fast", "bot", ingest.KindOrderSubmit))
		f.event(t, f.at(0, "not late", "bot", ingest.KindOrderSubmit))
		pass(time.Second)
		require.NoError(t, f.stop())
		assert.Equal(t, []string{"just in time", "now", "not late", "clock is fast"}, f.scored)
		assert.InDelta(t, 1, f.count(t, "late"), 0)
		stages := map[string]int{}
		for _, v := range f.verdicts(t) {
			stages[v.EventID]++
		}
		assert.Equal(t, 1, stages["late"], "what the edge decided is still on record")
		assert.Equal(t, 2, stages["now"])
	})
}

func TestStopFinishesTheBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, func(f *fixture) { f.block = make(chan struct{}) })
		f.event(t, f.at(0, "e", "bot", ingest.KindOrderSubmit))
		pass(time.Second)
		time.AfterFunc(2*time.Second, func() { close(f.block) })
		require.NoError(t, f.stop())
		assert.Len(t, f.verdicts(t), 2)
		assert.Equal(t, []int64{0}, f.committed)
	})
}

func TestStopDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, func(f *fixture) { f.failSend = 1 << 30 })
		f.event(t, f.at(0, "e", "bot", ingest.KindOrderSubmit))
		pass(time.Second)
		begin := time.Now()
		err := f.stop()
		require.ErrorIs(t, err, errAway)
		require.ErrorContains(t, err, "1 messages undone")
		assert.Equal(t, 5*time.Second, time.Since(begin))
		assert.Empty(t, f.committed, "it comes again")
	})
}

func TestAClosedSourceEndsRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, nil)
		close(f.in)
		synctest.Wait()
		require.ErrorIs(t, f.stop(), stream.ErrClosed)
	})
}

func TestBatchesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, func(f *fixture) {
			for n := range 600 {
				f.event(t, f.at(n, fmt.Sprint("e", n), fmt.Sprint("bot ", n), ingest.KindStockRead))
			}
		})
		pass(time.Second)
		require.NoError(t, f.stop())
		assert.Equal(t, []string{"send", "commit", "send", "commit", "send", "commit"}, f.steps)
		assert.Len(t, f.committed, 600)
	})
}

// TestLinkedAccounts: what an event shows goes to the log of links, and comes
// back as the cluster of later events.
func TestLinkedAccounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tracker := cluster.NewTracker(cluster.Options{})
		tracker.CaughtUp()
		f := start(t, func(f *fixture) { f.clusters = tracker })
		booking := func(second int, account string) *ingest.Event {
			e := f.at(second, fmt.Sprint("e", second), account, ingest.KindOrderSubmit)
			e.Subject.Device, e.Subject.ClusterSize = "d", 99 // no gateway says so
			return e
		}
		f.event(t, booking(0, "a"))
		f.event(t, booking(1, "b"))
		pass(time.Second)
		links := 0
		for _, m := range f.sent {
			if m.Topic == topics.Links {
				require.NoError(t, tracker.Apply(m.Key, m.Value))
				links++
			}
		}
		assert.Equal(t, 4, links, "device and address of two accounts")
		f.event(t, booking(2, "a"))
		pass(time.Second)
		require.NoError(t, f.stop())
		assert.Equal(t, map[string]int{"e0": 1, "e1": 1, "e2": 2}, f.sizes, "each alone until the log says more")
	})
}
