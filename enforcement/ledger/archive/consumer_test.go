package archive_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/ledger"
	"fairgate/enforcement/ledger/archive"
	"fairgate/ingest"
	"fairgate/ingest/stream"
)

// source is a log of one topic that remembers what was committed.
type source struct {
	messages  chan stream.Message
	mu        sync.Mutex
	committed map[int]int64 // highest offset by partition
	fail      error
}

func (s *source) Fetch(ctx context.Context) (stream.Message, error) {
	select {
	case m, ok := <-s.messages:
		if !ok {
			return stream.Message{}, s.fail
		}
		return m, nil
	case <-ctx.Done():
		return stream.Message{}, ctx.Err()
	}
}

func (s *source) Commit(_ context.Context, messages ...stream.Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range messages {
		s.committed[m.Partition] = m.Offset
	}
	return nil
}

func newSource() *source {
	return &source{messages: make(chan stream.Message, 100_000), committed: map[int]int64{}}
}

func (s *source) put(t *testing.T, partition int, offset int64, e *ingest.Event) {
	t.Helper()
	data, err := json.Marshal(e)
	require.NoError(t, err)
	s.messages <- stream.Message{Topic: "events", Partition: partition, Offset: offset, Value: data}
}

// writer remembers the sizes of batches; it fails while broken.
type writer struct {
	batches []int
	when    []time.Time
	broken  error
}

func (w *writer) Write(_ context.Context, records []ledger.Record) error {
	if w.broken != nil {
		return w.broken
	}
	w.batches, w.when = append(w.batches, len(records)), append(w.when, time.Now())
	return nil
}

type dead struct{ messages []stream.Message }

func (d *dead) Bury(_ context.Context, m stream.Message, _ error) error {
	d.messages = append(d.messages, m)
	return nil
}

var topics = map[string]ledger.Kind{"events": ledger.KindEvent}

func TestBatchesEndByCountOrTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src, w := newSource(), &writer{}
		c, err := archive.NewConsumer(src, w, topics, archive.ConsumerOptions{BatchRows: 10, BatchWait: time.Second})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- c.Run(ctx) }()
		start := time.Now()
		for i := range int64(25) {
			src.put(t, int(i%2), i, event(start))
		}
		synctest.Wait()
		assert.Equal(t, []int{10, 10}, w.batches, "full batches go at once")
		assert.Equal(t, map[int]int64{0: 18, 1: 19}, src.committed)
		<-time.After(time.Second)
		synctest.Wait()
		assert.Equal(t, []int{10, 10, 5}, w.batches, "the rest goes after a second")
		assert.Equal(t, start.Add(time.Second), w.when[2])
		assert.Equal(t, map[int]int64{0: 24, 1: 23}, src.committed)
		cancel()
		require.NoError(t, <-ended)
	})
}

func TestNothingIsCommittedThatWasNotWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src, w := newSource(), &writer{broken: errors.New("disk is full")}
		c, err := archive.NewConsumer(src, w, topics, archive.ConsumerOptions{BatchRows: 2})
		require.NoError(t, err)
		src.put(t, 0, 1, event(time.Now()))
		src.put(t, 0, 2, event(time.Now()))
		require.ErrorIs(t, c.Run(t.Context()), w.broken)
		assert.Empty(t, src.committed)
	})
}

func TestUnreadableMessagesAreBuriedAndPassedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src, w, grave := newSource(), &writer{}, &dead{}
		c, err := archive.NewConsumer(src, w, topics, archive.ConsumerOptions{BatchRows: 4, DeadLetters: grave})
		require.NoError(t, err)
		src.messages <- stream.Message{Topic: "events", Offset: 1, Value: []byte("garbage")}
		src.messages <- stream.Message{Topic: "other", Partition: 3, Offset: 9, Value: []byte("{}")}
		src.put(t, 0, 2, event(time.Now()))
		src.put(t, 0, 3, event(time.Time{}))
		src.fail = stream.ErrClosed
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- c.Run(ctx) }()
		synctest.Wait()
		assert.Equal(t, []int{1}, w.batches)
		assert.Len(t, grave.messages, 3)
		assert.Equal(t, map[int]int64{0: 3, 3: 9}, src.committed)
		close(src.messages)
		require.ErrorIs(t, <-ended, stream.ErrClosed)
		cancel()
	})
}

func TestUnknownKindsAreRefusedAtOnce(t *testing.T) {
	_, err := archive.NewConsumer(newSource(), &writer{}, map[string]ledger.Kind{"x": "receipts"}, archive.ConsumerOptions{})
	require.ErrorContains(t, err, `"receipts"`)
}
