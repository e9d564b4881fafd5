package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
)

// ErrOver is what a Check answers when a session may not go on.
var ErrOver = errors.New("the session is over")

// unchecked is how many checks in a row may fail for another reason before a
// stream ends: five minutes at the standard pace.
const unchecked = 10

// Subscription says who listens to what.
type Subscription struct {
	Operator string
	Topics   []Topic
	// After is the id of the last event that was seen; empty: none.
	After string
	// Check is asked now and then whether the session may go on; it answers
	// ErrOver if not. Nil: it may.
	Check func(ctx context.Context) error
}

// Listener is one stream. It is for one reader.
type Listener struct {
	hub      *Hub
	operator string
	topics   map[Topic]bool
	check    func(ctx context.Context) error
	failures int // of check in a row

	backlog [][]byte
	frames  chan []byte
	ended   chan struct{}
	reason  Reason // set before ended is closed
	saidBye bool
}

// Subscribe opens a stream. It begins with the events after the one that was
// seen last, as far as they are kept, or with the newest of each topic. It fails
// with ErrTooMany or ErrStopping.
func (h *Hub) Subscribe(s Subscription) (*Listener, error) {
	l := &Listener{
		hub: h, operator: s.Operator, topics: map[Topic]bool{}, check: s.Check,
		frames: make(chan []byte, h.o.Buffer), ended: make(chan struct{}), backlog: [][]byte{[]byte(greeting)},
	}
	for _, t := range s.Topics {
		l.topics[t] = true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.stopped:
		return nil, ErrStopping
	case len(h.listeners) >= h.o.Most:
		return nil, fmt.Errorf("%w: %d in all", ErrTooMany, h.o.Most)
	case h.operators[s.Operator] >= h.o.PerOperator:
		return nil, fmt.Errorf("%w: %d by this operator; close one", ErrTooMany, h.o.PerOperator)
	case h.releases(l) > h.o.Releases:
		return nil, fmt.Errorf("%w: %d different releases are watched", ErrTooMany, h.o.Releases)
	}
	if err := h.fill(l, s.After); err != nil {
		return nil, err
	}
	h.listeners[l] = struct{}{}
	h.operators[s.Operator]++
	h.metrics.listeners.Set(float64(len(h.listeners)))
	select {
	case h.wake <- struct{}{}:
	default: // it is awake
	}
	return l, nil
}

// fill gives a new listener what it begins with; mu is held.
func (h *Hub) fill(l *Listener, after string) error {
	if after == "" {
		if len(h.listeners) > 0 { // else what is kept may be old
			l.backlog = append(l.backlog, h.ring.last(l.topics)...)
		}
		return nil
	}
	var missed [][]byte
	seq, whole := h.seqOf(after)
	if whole {
		missed, whole = h.ring.after(seq, l.topics)
	}
	if !whole {
		gap, err := event("", "gap", Gap{Since: after})
		if err != nil {
			return err
		}
		l.backlog = append(l.backlog, gap)
	}
	l.backlog = append(l.backlog, missed...)
	return nil
}

// releases counts the release topics that would be watched with l; mu is held.
func (h *Hub) releases(l *Listener) int {
	all := map[Topic]bool{}
	add := func(l *Listener) {
		for t := range l.topics {
			if _, _, ok := t.Release(); ok {
				all[t] = true
			}
		}
	}
	if add(l); len(all) == 0 {
		return 0
	}
	for other := range h.listeners {
		add(other)
	}
	return len(all)
}

// Next waits for the next bytes of the stream and returns them; they are shared
// and must not be changed. After the last, which says why, it fails with io.EOF.
func (l *Listener) Next() ([]byte, error) {
	if len(l.backlog) > 0 {
		next := l.backlog[0]
		l.backlog = l.backlog[1:]
		return next, nil
	}
	select {
	case <-l.ended: // first: what a slow one has not taken is too late
		return l.bye()
	default:
	}
	select {
	case next := <-l.frames:
		return next, nil
	case <-l.ended:
		return l.bye()
	}
}

func (l *Listener) bye() ([]byte, error) {
	if l.saidBye || l.reason == "" {
		return nil, io.EOF
	}
	l.saidBye = true
	return event("", "bye", Bye{Reason: l.reason})
}

// Close ends the stream; it may be called twice.
func (l *Listener) Close() {
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	l.hub.drop(l, "")
}

// recheck asks whether the sessions of all listeners may go on.
func (h *Hub) recheck(ctx context.Context) {
	h.mu.Lock()
	all := make([]*Listener, 0, len(h.listeners))
	for l := range h.listeners {
		all = append(all, l)
	}
	h.mu.Unlock()
	over := slices.DeleteFunc(all, func(l *Listener) bool { return l.check == nil || !l.over(ctx) })
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range over {
		h.drop(l, SessionOver)
	}
}

// over reports whether the session may not go on, or has not been known to for
// too long.
func (l *Listener) over(ctx context.Context) bool {
	err := l.check(ctx)
	switch {
	case err == nil || ctx.Err() != nil:
		l.failures = 0
		return false
	case errors.Is(err, ErrOver):
		return true
	}
	l.failures++
	return l.failures >= unchecked
}
