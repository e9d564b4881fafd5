package sms_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/sms"
)

func noon() time.Time { return time.Date(2026, 5, 1, 4, 0, 0, 0, time.UTC) }

// queue is a Queue of one process, with the compare-and-set of a store.
type queue struct {
	mu       sync.Mutex
	messages map[string]ticketing.Message
	fail     error
}

func (q *queue) DueMessages(_ context.Context, now time.Time, limit int) ([]ticketing.Message, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var due []ticketing.Message
	for _, m := range q.messages {
		if !m.State.Settled() && !now.Before(m.NextAt) && len(due) < limit {
			due = append(due, m)
		}
	}
	return due, q.fail
}

func (q *queue) MoveMessage(ctx context.Context, before, after ticketing.Message) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	kept := q.messages[before.ID]
	if kept.State != before.State || kept.Attempts != before.Attempts {
		return false, nil
	}
	q.messages[before.ID] = after
	return true, nil
}

func (q *queue) put(id string) {
	q.messages[id] = ticketing.Message{
		ID: id, Purpose: ticketing.MessagePurpose(ticketing.PurposeSignIn), State: ticketing.MessageQueued, CreatedAt: noon(), NextAt: noon(),
		ExpiresAt: noon().Add(5 * time.Minute), Sealed: []byte("+8613900000001\n" + id),
	}
}

func (q *queue) state(id string) string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return strings.TrimSuffix(string(q.messages[id].State)+" "+q.messages[id].Reason, " ")
}

type opener struct{}

func (opener) OpenMessage(m ticketing.Message) (phone, code string, err error) {
	phone, code, ok := strings.Cut(string(m.Sealed), "\n")
	if !ok {
		return "", "", errors.New("unreadable")
	}
	return phone, code, nil
}

// provider answers as told and counts what it was asked.
type provider struct {
	mu       sync.Mutex
	send     error
	block    chan struct{} // if not nil, Send waits for it or the context
	entered  chan struct{}
	receipt  sms.Receipt
	asked    error
	sent     map[string]int
	receipts int
}

func (p *provider) Send(ctx context.Context, text sms.Text) (string, error) {
	p.mu.Lock()
	p.sent[text.Key]++
	block, err := p.block, p.send
	p.mu.Unlock()
	if block != nil {
		p.entered <- struct{}{}
		select {
		case <-block:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	return "ref", err
}

func (p *provider) Receipt(context.Context, sms.Text, string, time.Time) (sms.Receipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.receipts++
	return p.receipt, p.asked
}

type bench struct {
	*sms.Dispatcher
	t        *testing.T
	queue    *queue
	provider *provider
	now      atomic.Int64
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, queue: &queue{messages: map[string]ticketing.Message{}}, provider: &provider{sent: map[string]int{}, entered: make(chan struct{}, 100)}}
	b.now.Store(noon().UnixMilli())
	b.Dispatcher = b.another()
	b.queue.put("m")
	return b
}

func (b *bench) another() *sms.Dispatcher {
	d, err := sms.NewDispatcher(b.queue, opener{}, b.provider, sms.Options{
		PollInterval: time.Millisecond, Clock: func() time.Time { return time.UnixMilli(b.now.Load()) }, Registerer: prometheus.NewRegistry(),
	})
	require.NoError(b.t, err)
	return d
}

// step lets time pass and deals with what is due.
func (b *bench) step(after time.Duration) {
	b.t.Helper()
	b.now.Add(after.Milliseconds())
	_, err := b.Step(b.t.Context())
	require.NoError(b.t, err)
}

func TestClearAnswersSettle(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer error
		want   string
	}{
		"taken":   {nil, "sent"},
		"refused": {fmt.Errorf("isv.MOBILE_NUMBER_ILLEGAL: %w", sms.ErrRefused), "failed refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.provider.send = c.answer
			b.step(0)
			assert.Equal(t, c.want, b.queue.state("m"))
			b.step(time.Hour)
			assert.Equal(t, 1, b.provider.sent["m"])
			assert.Zero(t, b.provider.receipts)
		})
	}
}

// TestUnknownIsSettledByReceipt holds that nothing is sent again before the
// provider has shown no trace of it for a minute.
func TestUnknownIsSettledByReceipt(t *testing.T) {
	t.Parallel()
	for receipt, want := range map[sms.Receipt]string{sms.ReceiptAccepted: "sent receipt", sms.ReceiptRefused: "failed refused"} {
		b := newBench(t)
		b.provider.send, b.provider.receipt = errors.New("connection reset"), receipt
		b.step(0)
		assert.Equal(t, "unknown unanswered", b.queue.state("m"))
		b.step(time.Second)
		assert.Zero(t, b.provider.receipts, "not yet")
		b.step(10 * time.Second)
		assert.Equal(t, want, b.queue.state("m"))
		assert.Equal(t, 1, b.provider.sent["m"])
	}

	b := newBench(t)
	b.provider.send, b.provider.receipt = errors.New("connection reset"), sms.ReceiptAbsent
	b.step(0)
	for range 5 {
		b.step(10 * time.Second)
		assert.Equal(t, "unknown unanswered", b.queue.state("m"), "no trace is no proof yet")
	}
	b.provider.send = nil
	b.step(10 * time.Second)
	assert.Equal(t, "queued absent", b.queue.state("m"))
	assert.Equal(t, 1, b.provider.sent["m"])
	b.step(0)
	assert.Equal(t, "sent", b.queue.state("m"))
	assert.Equal(t, 2, b.provider.sent["m"], "under the same key")
}

func TestGivingUp(t *testing.T) {
	t.Parallel()
	t.Run("three attempts", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.provider.send, b.provider.receipt = errors.New("connection reset"), sms.ReceiptAbsent
		for range 30 {
			b.step(9 * time.Second)
		}
		assert.Equal(t, "failed attempts", b.queue.state("m"))
		assert.Equal(t, 3, b.provider.sent["m"])
	})
	t.Run("busy", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.provider.send = sms.ErrBusy
		b.step(0)
		assert.Equal(t, "queued busy", b.queue.state("m"))
		b.step(10 * time.Second)
		b.step(10 * time.Second)
		assert.Equal(t, "failed busy", b.queue.state("m"))
		assert.Zero(t, b.provider.receipts)
	})
	t.Run("too late to send", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.step(5 * time.Minute)
		assert.Equal(t, "failed expired", b.queue.state("m"))
		assert.Zero(t, b.provider.sent["m"])
	})
	t.Run("no receipt", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.provider.send, b.provider.receipt = errors.New("connection reset"), sms.ReceiptPending
		b.step(0)
		b.step(time.Hour)
		assert.Equal(t, "unknown unanswered", b.queue.state("m"))
		b.step(5 * time.Minute)
		assert.Equal(t, "failed unsettled", b.queue.state("m"))
		assert.Equal(t, 1, b.provider.sent["m"])
	})
	t.Run("unreadable", func(t *testing.T) {
		t.Parallel()
		b := newBench(t)
		b.queue.messages["m"] = ticketing.Message{ID: "m", State: ticketing.MessageQueued, NextAt: noon(), ExpiresAt: noon().Add(time.Minute)}
		_, err := b.Step(t.Context())
		require.ErrorContains(t, err, "unreadable")
		assert.Equal(t, "failed unreadable", b.queue.state("m"))
	})
}

// TestDeathWhileSending kills a dispatcher that is asking: the message becomes
// unknown, is settled, and is not sent again.
func TestDeathWhileSending(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	sending := b.queue.messages["m"]
	sending.State, sending.Attempts, sending.AttemptedAt, sending.NextAt = ticketing.MessageSending, 1, noon(), noon().Add(11*time.Second)
	b.queue.messages["m"] = sending
	b.provider.receipt = sms.ReceiptAccepted
	b.step(0)
	assert.Equal(t, "sending", b.queue.state("m"), "it may be alive")
	b.step(11 * time.Second)
	assert.Equal(t, "unknown abandoned", b.queue.state("m"))
	b.step(0)
	assert.Equal(t, "sent receipt", b.queue.state("m"))
	assert.Zero(t, b.provider.sent["m"])
}

// TestStoppingWhileSending ends the context while the provider is asked: what
// is known is written down before Run returns.
func TestStoppingWhileSending(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.provider.block = make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	<-b.provider.entered
	cancel()
	require.NoError(t, <-ended)
	assert.Equal(t, "unknown unanswered", b.queue.state("m"))
}

// TestTwoDispatchersSendOnce runs several on one queue.
func TestTwoDispatchersSendOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 200 {
		b.queue.put(fmt.Sprint(i))
	}
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for _, d := range []*sms.Dispatcher{b.Dispatcher, b.another(), b.another()} {
		group.Go(func() { assert.NoError(t, d.Run(ctx)) })
	}
	require.Eventually(t, func() bool { due, _ := b.queue.DueMessages(ctx, noon().Add(time.Hour), 1); return len(due) == 0 }, 10*time.Second, time.Millisecond)
	cancel()
	group.Wait()
	b.provider.mu.Lock()
	defer b.provider.mu.Unlock()
	assert.Len(t, b.provider.sent, 201)
	for key, n := range b.provider.sent {
		assert.Equal(t, 1, n, key)
	}
}

func TestQueueFailureIsReported(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.queue.fail = ticketing.ErrUnavailable
	_, err := b.Step(t.Context())
	require.ErrorIs(t, err, ticketing.ErrUnavailable)
}

func TestSandbox(t *testing.T) {
	t.Parallel()
	box, err := sms.NewSandbox(noon, 2)
	require.NoError(t, err)
	text := func(key, phone string) sms.Text {
		return sms.Text{Key: key, Phone: phone, Code: "123456", Purpose: ticketing.MessagePurpose(ticketing.PurposeSignIn)}
	}
	for i := range 12 {
		_, err := box.Send(t.Context(), text(fmt.Sprint(i), "+861"))
		require.NoError(t, err)
	}
	inbox := box.Inbox("+861")
	require.Len(t, inbox, 10, "bounded by number")
	assert.Equal(t, sms.Received{Key: "11", Phone: "+861", Code: "123456", Purpose: ticketing.MessagePurpose(ticketing.PurposeSignIn), At: noon()}, inbox[0], "newest first")
	for key, want := range map[string]sms.Receipt{"11": sms.ReceiptAccepted, "99": sms.ReceiptAbsent} {
		got, err := box.Receipt(t.Context(), text(key, "+861"), "", noon())
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	for _, phone := range []string{"+862", "+863"} {
		_, err := box.Send(t.Context(), text("k", phone))
		require.NoError(t, err)
	}
	assert.Empty(t, box.Inbox("+861"), "bounded by numbers")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = box.Send(ended, text("k", "+862"))
	require.ErrorIs(t, err, context.Canceled)
	_, err = sms.NewSandbox(noon, 0)
	require.Error(t, err)
}
