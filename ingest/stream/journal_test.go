package stream_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/outage/outagetest"
	"fairgate/ingest/stream"
)

// memorySink is Kafka as far as a journal can see it.
type memorySink struct {
	mu   sync.Mutex
	away error
	got  []stream.Message
	// refuse, if set, names messages that are rejected for good.
	refuse func(stream.Message) bool
}

func (s *memorySink) Send(_ context.Context, messages ...stream.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away != nil {
		return &stream.PublishError{Failed: messages, Err: s.away}
	}
	var failed []stream.Message
	for _, m := range messages {
		if s.refuse != nil && s.refuse(m) {
			failed = append(failed, m)
			continue
		}
		m.Value = bytes.Clone(m.Value) // its memory is the journal's
		s.got = append(s.got, m)
	}
	if failed != nil {
		return &stream.PublishError{Failed: failed, Err: stream.ErrRejected}
	}
	return nil
}

func (s *memorySink) set(away error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = away
}

func (s *memorySink) values() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]string, len(s.got))
	for i, m := range s.got {
		out[i] = string(m.Value)
	}
	return out
}

var errAway = errors.New("no broker")

func openJournal(t *testing.T, dir string, sink stream.Sink, opts stream.JournalOptions) *stream.Journal {
	t.Helper()
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	}
	j, err := stream.OpenJournal(dir, "events", sink, opts)
	require.NoError(t, err)
	return j
}

func closeJournal(t *testing.T, j *stream.Journal, wait time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	require.NoError(t, j.Close(ctx))
}

func rec(id string) stream.Record {
	return stream.Record{ID: id, Key: "k-" + id, Value: []byte("v-" + id)}
}

func TestJournalPublishesInOrder(t *testing.T) {
	sink := &memorySink{}
	j := openJournal(t, t.TempDir(), sink, stream.JournalOptions{SegmentBytes: 512})
	var want []string
	for i := range 200 {
		r := rec(fmt.Sprint(i))
		require.NoError(t, j.Complete(t.Context(), r))
		want = append(want, string(r.Value))
	}
	closeJournal(t, j, 5*time.Second)
	assert.Equal(t, want, sink.values())
	assert.Equal(t, "k-7", sink.got[7].Key)
	assert.Equal(t, "events", sink.got[7].Topic)
	require.ErrorIs(t, j.Complete(t.Context(), rec("late")), stream.ErrClosed)
	require.ErrorIs(t, j.Intend(t.Context(), rec("late")), stream.ErrClosed)
	closeJournal(t, j, time.Second) // twice is harmless
}

func TestIntentWaitsForItsOutcome(t *testing.T) {
	sink := &memorySink{}
	j := openJournal(t, t.TempDir(), sink, stream.JournalOptions{})
	require.NoError(t, j.Intend(t.Context(), stream.Record{ID: "o", Value: []byte("unknown")}))
	require.NoError(t, j.Complete(t.Context(), rec("read")))
	require.Eventually(t, func() bool { return len(sink.values()) == 1 }, 5*time.Second, time.Millisecond)
	require.Eventually(t, func() bool { return j.Stats().OpenIntents == 1 }, 5*time.Second, time.Millisecond)
	require.NoError(t, j.Complete(t.Context(), stream.Record{ID: "o", Value: []byte("outcome"), Urgent: true}))
	closeJournal(t, j, 5*time.Second)
	assert.Equal(t, []string{"v-read", "outcome"}, sink.values())
	assert.Zero(t, j.Stats().OpenIntents)
}

func TestOldIntentIsPublishedAsUnknown(t *testing.T) {
	var mu sync.Mutex
	now := time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	sink := &memorySink{}
	j := openJournal(t, t.TempDir(), sink, stream.JournalOptions{Now: clock})
	require.NoError(t, j.Intend(t.Context(), stream.Record{ID: "o", Value: []byte("unknown")}))
	mu.Lock()
	now = now.Add(9 * time.Minute)
	mu.Unlock()
	require.NoError(t, j.Intend(t.Context(), stream.Record{ID: "young", Value: []byte("young")}))
	require.Eventually(t, func() bool { return j.Stats().OpenIntents == 2 }, 5*time.Second, time.Millisecond)
	assert.Empty(t, sink.values())
	mu.Lock()
	now = now.Add(2 * time.Minute)
	mu.Unlock()
	require.Eventually(t, func() bool { return len(sink.values()) == 1 }, 5*time.Second, time.Millisecond)
	assert.Equal(t, []string{"unknown"}, sink.values())
	assert.Equal(t, 1, j.Stats().OpenIntents)
	closeJournal(t, j, 5*time.Second)
}

func TestTooManyIntents(t *testing.T) {
	sink := &memorySink{}
	j := openJournal(t, t.TempDir(), sink, stream.JournalOptions{MaxOpenIntents: 2})
	for _, id := range []string{"a", "b", "c"} {
		require.NoError(t, j.Intend(t.Context(), rec(id)))
	}
	require.Eventually(t, func() bool { return len(sink.values()) == 1 }, 5*time.Second, time.Millisecond)
	assert.Equal(t, []string{"v-a"}, sink.values())
	closeJournal(t, j, 5*time.Second)
}

func TestKafkaAwayThenBack(t *testing.T) {
	dir := t.TempDir()
	sink := &memorySink{away: errAway}
	j := openJournal(t, dir, sink, stream.JournalOptions{SegmentBytes: 4096})
	for i := range 500 {
		require.NoError(t, j.Complete(t.Context(), rec(fmt.Sprint(i))))
	}
	require.NoError(t, j.Intend(t.Context(), stream.Record{ID: "o", Value: []byte("unknown")}))
	assert.Positive(t, j.Stats().Backlog)
	closeJournal(t, j, 50*time.Millisecond)
	assert.Empty(t, sink.values())

	// A new process finds everything; the intent's outcome never came.
	sink.set(nil)
	j = openJournal(t, dir, sink, stream.JournalOptions{SegmentBytes: 4096})
	require.Eventually(t, func() bool { return len(sink.values()) == 501 }, 5*time.Second, time.Millisecond)
	values := sink.values()
	assert.Equal(t, "v-0", values[0])
	assert.Equal(t, "v-499", values[499])
	assert.Equal(t, "unknown", values[500])
	closeJournal(t, j, 5*time.Second)
	files, err := filepath.Glob(filepath.Join(dir, "*.seg"))
	require.NoError(t, err)
	assert.Len(t, files, 1, "drained segments are deleted")

	// And a third one finds nothing left.
	j = openJournal(t, dir, sink, stream.JournalOptions{})
	closeJournal(t, j, 5*time.Second)
	assert.Len(t, sink.values(), 501)
}

func TestBackWithinOneProcess(t *testing.T) {
	sink := &memorySink{away: errAway}
	j := openJournal(t, t.TempDir(), sink, stream.JournalOptions{})
	require.NoError(t, j.Complete(t.Context(), rec("a")))
	sink.set(nil)
	require.Eventually(t, func() bool { return len(sink.values()) == 1 }, 5*time.Second, time.Millisecond)
	closeJournal(t, j, 5*time.Second)
}

func TestKafkaAwayIsAFewLines(t *testing.T) {
	b, sink := outagetest.New(), &memorySink{away: errAway}
	j := openJournal(t, t.TempDir(), sink, stream.JournalOptions{Now: b.Now, Logger: b.Logger()})
	require.NoError(t, j.Complete(t.Context(), rec("a")))
	outagetest.Expect(t, b, "events wait in the spool", "events no longer wait in the spool", func() { sink.set(nil) })
	closeJournal(t, j, 5*time.Second)
}

// TestOpenIntentSurvivesRestartPastCursor: the drainer has long passed the
// intent, its segment must stay, and the next process must publish it.
func TestOpenIntentSurvivesRestartPastCursor(t *testing.T) {
	dir := t.TempDir()
	sink := &memorySink{}
	j := openJournal(t, dir, sink, stream.JournalOptions{SegmentBytes: 1024})
	require.NoError(t, j.Intend(t.Context(), stream.Record{ID: "o", Value: []byte("unknown")}))
	for i := range 300 {
		require.NoError(t, j.Complete(t.Context(), rec(fmt.Sprint(i))))
	}
	closeJournal(t, j, 5*time.Second)
	require.Len(t, sink.values(), 300)
	j = openJournal(t, dir, sink, stream.JournalOptions{SegmentBytes: 1024})
	closeJournal(t, j, 5*time.Second)
	require.Len(t, sink.values(), 301)
	assert.Equal(t, "unknown", sink.values()[300])
}

func TestSpoolFull(t *testing.T) {
	reg := prometheus.NewRegistry()
	sink := &memorySink{away: errAway}
	j := openJournal(t, t.TempDir(), sink, stream.JournalOptions{MaxBytes: 64 << 10, Registerer: reg})
	require.NoError(t, j.Intend(t.Context(), stream.Record{ID: "early", Value: []byte("unknown")}))
	fill := func(add func(stream.Record) error) (taken int) {
		for i := 0; ; i++ {
			r := stream.Record{ID: fmt.Sprint(i), Value: make([]byte, 200)}
			if err := add(r); err != nil {
				require.ErrorIs(t, err, stream.ErrSpoolFull)
				return taken
			}
			taken++
			require.Less(t, taken, 1000)
		}
	}
	reads := fill(func(r stream.Record) error { return j.Complete(t.Context(), r) })
	assert.Greater(t, reads, 200)
	intents := fill(func(r stream.Record) error { return j.Intend(t.Context(), r) })
	assert.Positive(t, intents, "intents have room that reads do not")
	require.NoError(t, j.Complete(t.Context(), stream.Record{ID: "early", Value: []byte("outcome"), Urgent: true}),
		"the outcome of an intent is taken last of all")
	assert.LessOrEqual(t, j.Stats().Bytes, int64(64<<10))
	assert.Equal(t, map[string]float64{"intent": 1, "read": 1}, counted(t, reg, "fairgate_stream_dropped_total"))

	// Once Kafka is back there is room again.
	sink.set(nil)
	require.Eventually(t, func() bool { return j.Complete(t.Context(), rec("again")) == nil }, 10*time.Second, 10*time.Millisecond)
	closeJournal(t, j, 5*time.Second)
	values := sink.values()
	assert.Equal(t, "v-again", values[len(values)-1])
}

func TestRejectedRecordDoesNotStopTheRest(t *testing.T) {
	reg := prometheus.NewRegistry()
	sink := &memorySink{refuse: func(m stream.Message) bool { return string(m.Value) == "v-3" }}
	j := openJournal(t, t.TempDir(), sink, stream.JournalOptions{Registerer: reg})
	for i := range 6 {
		require.NoError(t, j.Complete(t.Context(), rec(fmt.Sprint(i))))
	}
	require.Eventually(t, func() bool { return len(sink.values()) == 5 }, 5*time.Second, time.Millisecond)
	closeJournal(t, j, 5*time.Second)
	assert.NotContains(t, sink.values(), "v-3")
	assert.Equal(t, map[string]float64{"rejected": 1}, counted(t, reg, "fairgate_stream_dropped_total"))
}

// counted reads a counter by the value of its only label.
func counted(t *testing.T, reg *prometheus.Registry, name string) map[string]float64 {
	t.Helper()
	families, err := reg.Gather()
	require.NoError(t, err)
	out := map[string]float64{}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			out[m.GetLabel()[0].GetValue()] = m.GetCounter().GetValue()
		}
	}
	return out
}

func TestBadRecords(t *testing.T) {
	j := openJournal(t, t.TempDir(), &memorySink{}, stream.JournalOptions{})
	require.Error(t, j.Complete(t.Context(), stream.Record{Value: []byte("no id")}))
	require.Error(t, j.Complete(t.Context(), stream.Record{ID: strings.Repeat("x", 256)}))
	require.ErrorIs(t, j.Complete(t.Context(), stream.Record{ID: "big", Value: make([]byte, 1<<20)}), stream.ErrTooLarge)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := j.Intend(ctx, rec("late")); err != nil {
		require.ErrorIs(t, err, context.Canceled)
	}
	closeJournal(t, j, 5*time.Second)
}

func TestUnreadableCursorRepeatsRatherThanLoses(t *testing.T) {
	dir := t.TempDir()
	sink := &memorySink{}
	j := openJournal(t, dir, sink, stream.JournalOptions{})
	require.NoError(t, j.Complete(t.Context(), rec("a")))
	closeJournal(t, j, 5*time.Second)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "cursor.json"), []byte("{"), 0o600))
	j, err := stream.OpenJournal(dir, "events", sink, stream.JournalOptions{})
	require.NoError(t, err)
	closeJournal(t, j, 5*time.Second)
	assert.Equal(t, []string{"v-a", "v-a"}, sink.values())
}

func TestConcurrentWriters(t *testing.T) {
	sink := &memorySink{}
	j := openJournal(t, t.TempDir(), sink, stream.JournalOptions{SegmentBytes: 8192})
	var wg sync.WaitGroup
	for w := range 16 {
		wg.Go(func() {
			for i := range 20 {
				r := rec(fmt.Sprintf("%d-%d", w, i))
				r.Urgent = true
				assert.NoError(t, j.Intend(context.Background(), r))
				assert.NoError(t, j.Complete(context.Background(), r))
			}
		})
	}
	wg.Wait()
	closeJournal(t, j, 5*time.Second)
	assert.Len(t, sink.values(), 320)
	seen := map[string]bool{}
	for _, v := range sink.values() {
		seen[v] = true
	}
	assert.Len(t, seen, 320)
}

func TestBusyJournalGathersIntents(t *testing.T) {
	const visitors, each = 32, 20
	registry := prometheus.NewRegistry()
	j, err := stream.OpenJournal(t.TempDir(), "events", &memorySink{}, stream.JournalOptions{Gather: 20 * time.Millisecond, Registerer: registry})
	require.NoError(t, err)
	var wg sync.WaitGroup
	for visitor := range visitors {
		wg.Go(func() {
			for i := range each {
				assert.NoError(t, j.Intend(t.Context(), stream.Record{ID: fmt.Sprintf("%d-%d", visitor, i), Value: []byte("v")}))
			}
		})
	}
	wg.Wait()
	require.NoError(t, j.Close(t.Context()))
	assert.Less(t, syncs(t, registry), uint64(visitors*each/busyShare), "most of them went together")
}

// busyShare is how many intents share a sync at least where so many visitors
// come at once.
const busyShare = 4

func syncs(t *testing.T, from prometheus.Gatherer) uint64 {
	t.Helper()
	families, err := from.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if strings.Contains(f.GetName(), "fsync_seconds") {
			return f.GetMetric()[0].GetHistogram().GetSampleCount()
		}
	}
	require.Fail(t, "the syncs are not measured")
	return 0
}
