package live

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Sources give what a topic shows at a moment, to be encoded as JSON. Frame is
// called for several topics at once and answers from what it has: it may not
// wait for a slow engine.
type Sources interface {
	Frame(ctx context.Context, topic Topic, at time.Time) (any, error)
}

// Errors of listening.
var (
	ErrTooMany  = errors.New("too many live streams are open")
	ErrStopping = errors.New("the console is stopping")
)

// Options of a Hub. The zero value is usable.
type Options struct {
	// Every is the time between frames. Default 1 s.
	Every time.Duration
	// Most listeners in all, and of one operator. Default 512 and 8.
	Most, PerOperator int
	// Releases is how many different release topics may be watched at once, each
	// of which asks the booking system once a second. Default 32.
	Releases int
	// Buffer is how many frames a listener may be behind before it is dropped.
	// Default 32.
	Buffer int
	// Recheck is how often a listener's session is checked. Default 30 s.
	Recheck  time.Duration
	Now      func() time.Time
	Log      *slog.Logger
	Registry prometheus.Registerer
}

// The ring holds a minute of a dozen topics, and never more than 8 MiB.
const (
	ringMessages = 720
	ringBytes    = 8 << 20
	// beats is after how many frames everybody gets a heartbeat.
	beats = 15
)

func (o Options) withDefaults() Options {
	if o.Every <= 0 {
		o.Every = time.Second
	}
	if o.Recheck <= 0 {
		o.Recheck = 30 * time.Second
	}
	for value, standard := range map[*int]int{&o.Most: 512, &o.PerOperator: 8, &o.Releases: 32, &o.Buffer: 32} {
		if *value <= 0 {
			*value = standard
		}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Registry == nil {
		o.Registry = prometheus.NewRegistry()
	}
	return o
}

// Hub computes frames and hands them out. It is safe for concurrent use; Run
// must be running.
type Hub struct {
	sources Sources
	o       Options
	boot    string
	metrics metrics
	wake    chan struct{}

	mu        sync.Mutex
	listeners map[*Listener]struct{}
	operators map[string]int
	ring      ring
	seq       uint64
	stopped   bool
}

// New makes a hub over sources.
func New(sources Sources, o Options) *Hub {
	o = o.withDefaults()
	return &Hub{
		sources: sources, o: o, boot: rand.Text()[:10], metrics: newMetrics(o.Registry), wake: make(chan struct{}, 1),
		listeners: map[*Listener]struct{}{}, operators: map[string]int{}, ring: ring{most: ringMessages, bytes: ringBytes},
	}
}

// Run computes frames while somebody listens, until ctx ends; then every
// listener is told so.
func (h *Hub) Run(ctx context.Context) error {
	defer h.stop()
	tick := time.NewTicker(h.o.Every)
	defer tick.Stop()
	var checking sync.WaitGroup
	defer checking.Wait()
	checked := h.o.Now()
	for frames := 1; ; frames++ {
		topics := h.topics()
		if len(topics) == 0 {
			select {
			case <-h.wake:
				tick.Reset(h.o.Every)
				continue
			case <-ctx.Done():
				return nil
			}
		}
		h.compute(ctx, topics)
		if frames%beats == 0 {
			h.send(message{bytes: []byte(heartbeat)})
		}
		if now := h.o.Now(); now.Sub(checked) >= h.o.Recheck {
			checked = now
			checking.Go(func() { h.recheck(ctx) })
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// topics are those that somebody watches.
func (h *Hub) topics() []Topic {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := map[Topic]bool{}
	for l := range h.listeners {
		maps.Copy(all, l.topics)
	}
	return slices.Sorted(maps.Keys(all))
}

// compute makes a frame of each topic and sends it.
func (h *Hub) compute(ctx context.Context, topics []Topic) {
	began := h.o.Now()
	ctx, cancel := context.WithTimeout(ctx, h.o.Every)
	defer cancel()
	var all sync.WaitGroup
	for _, t := range topics {
		all.Go(func() {
			frame, err := h.sources.Frame(ctx, t, began)
			if err == nil {
				err = h.publish(t, frame)
			}
			if err != nil && ctx.Err() == nil {
				h.metrics.failed.Inc()
				h.o.Log.WarnContext(ctx, "a live frame could not be made; the next is tried in a second", "topic", t, "error", err)
			}
		})
	}
	all.Wait()
	h.metrics.frames.Observe(h.o.Now().Sub(began).Seconds())
}

// publish numbers a frame and hands it out.
func (h *Hub) publish(t Topic, frame any) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	bytes, err := event(h.id(h.seq+1), string(t), frame)
	if err != nil {
		return err
	}
	h.seq++
	m := message{seq: h.seq, topic: t, bytes: bytes}
	h.ring.add(m)
	h.hand(m)
	return nil
}

// send hands out a message that is in no order.
func (h *Hub) send(m message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hand(m)
}

// hand gives a message to whoever watches its topic; mu is held.
func (h *Hub) hand(m message) {
	for l := range h.listeners {
		if m.topic != "" && !l.topics[m.topic] {
			continue
		}
		select {
		case l.frames <- m.bytes:
		default:
			h.drop(l, Slow)
		}
	}
}

// drop ends a listener; mu is held.
func (h *Hub) drop(l *Listener, why Reason) {
	if _, there := h.listeners[l]; !there {
		return
	}
	delete(h.listeners, l)
	if h.operators[l.operator]--; h.operators[l.operator] == 0 {
		delete(h.operators, l.operator)
	}
	l.reason = why
	close(l.ended)
	h.metrics.listeners.Set(float64(len(h.listeners)))
	if why != "" {
		h.metrics.dropped.WithLabelValues(string(why)).Inc()
	}
}

func (h *Hub) stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stopped = true
	for l := range h.listeners {
		h.drop(l, Stopping)
	}
}
