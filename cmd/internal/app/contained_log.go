package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"fairgate/enforcement"
	"fairgate/enforcement/budget"
	"fairgate/enforcement/ledger"
	"fairgate/ingest"
	"fairgate/ingest/stream"
	"fairgate/scoring"
)

// innerLog is the event log of one process: what a topic holds waits until it
// is taken. It stands where Kafka stands in life, for producers and consumers
// alike, which commit nothing here. Only Send and Publish are for several
// goroutines: the receiver of reports publishes records side by side.
type innerLog struct {
	topics stream.Topics

	mu                          sync.Mutex
	events, links, people, dead []stream.Message
	// completed are the gateway's own events, as they are: the Offset of their
	// message counts from 1.
	completed []*ingest.Event
	verdicts  []scoring.Verdict
}

// complete appends an event that nobody changes any more.
func (l *innerLog) complete(e *ingest.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.completed = append(l.completed, e)
	l.events = append(l.events, stream.Message{Topic: l.topics.Events, Key: stream.EventKey(e), Offset: int64(len(l.completed))})
}

// decode reads the event of a message.
func (l *innerLog) decode(m stream.Message, into *ingest.Event) error {
	if m.Offset > 0 {
		*into = *l.completed[m.Offset-1]
		return nil
	}
	return json.Unmarshal(m.Value, into)
}

// errPulled is for those who would wait on this log: it hands out by itself.
var errPulled = errors.New("the log within one process is not fetched from")

// Send appends messages.
func (l *innerLog) Send(_ context.Context, messages ...stream.Message) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range messages {
		switch m.Topic {
		case l.topics.Events:
			l.events = append(l.events, m)
		case l.topics.Links:
			l.links = append(l.links, m)
		case l.topics.Labels, l.topics.Outcomes:
			l.people = append(l.people, m)
		case l.topics.Dead:
			l.dead = append(l.dead, m)
		}
	}
	return nil
}

// Publish appends values under one key to a topic.
func (l *innerLog) Publish(ctx context.Context, topic, key string, values ...[]byte) error {
	for _, v := range values {
		if err := l.Send(ctx, stream.Message{Topic: topic, Key: key, Value: slices.Clone(v)}); err != nil {
			return err
		}
	}
	return nil
}

// take empties a topic.
func take(of *[]stream.Message) []stream.Message {
	messages := *of
	*of = nil
	return messages
}

// eventSource and verdictSource are the log as its consumers see it.
type (
	eventSource   struct{}
	verdictSource struct{ *innerLog }
)

// Fetch has nothing to wait for.
func (eventSource) Fetch(context.Context) (stream.Message, error) { return stream.Message{}, errPulled }

// Commit has nothing to remember.
func (eventSource) Commit(context.Context, ...stream.Message) error { return nil }

// Fetch has nothing to wait for.
func (verdictSource) Fetch(context.Context) (enforcement.Delivery, error) {
	return enforcement.Delivery{}, errPulled
}

// Commit has nothing to remember.
func (verdictSource) Commit(context.Context, ...enforcement.Delivery) error { return nil }

// Bury keeps what could not be enforced, which is a fault.
func (v verdictSource) Bury(_ context.Context, d enforcement.Delivery, reason error) error {
	v.dead = append(v.dead, stream.Message{Topic: v.topics.Dead, Key: reason.Error(), Value: d.Value})
	return nil
}

// recorder is the journal of one process.
type recorder struct{ c *Contained }

// Intend has nothing to survive.
func (recorder) Intend(context.Context, *ingest.Event) error { return nil }

// Complete puts the event on the log, from which it is taken a little later.
func (r recorder) Complete(_ context.Context, e *ingest.Event) error {
	r.c.log.complete(e)
	r.c.scoreSoon()
	return nil
}

// scoreSoon has what is on the log scored a little later.
func (c *Contained) scoreSoon() {
	if !c.flushing && len(c.log.events) > 0 {
		c.flushing = true
		c.o.After(scoredAfter, c.score)
	}
}

// pipelineBatch is how many events the pipeline takes together, as in life.
const pipelineBatch = 256

// score has the pipeline score what was written since.
func (c *Contained) score(ctx context.Context) error {
	c.flushing = false
	c.follow(ctx)
	for batch := range slices.Chunk(take(&c.log.events), pipelineBatch) {
		for _, m := range batch {
			if err := c.keep(m, ledger.KindEvent); err != nil {
				return err
			}
		}
		if err := c.pipeline.Handle(ctx, batch); err != nil {
			return fmt.Errorf("score %d events: %w", len(batch), err)
		}
		c.follow(ctx)
	}
	clear(c.log.completed)
	c.log.completed = c.log.completed[:0]
	if len(c.log.verdicts) > 0 {
		c.o.After(enforcedAfter, c.enforce)
	}
	c.scoreSoon() // what the pipeline itself asks for
	return c.buried()
}

// follow reads the log of links.
func (c *Contained) follow(ctx context.Context) {
	for _, m := range take(&c.log.links) {
		if err := c.clusters.Apply(m.Key, m.Value); err != nil {
			c.e.Log.ErrorContext(ctx, "link not usable", "error", err)
		}
	}
}

// enforce does what verdicts ask for, and carries out what that leads to.
func (c *Contained) enforce(ctx context.Context) error {
	verdicts := c.log.verdicts
	c.log.verdicts = nil
	for batch := range slices.Chunk(verdicts, enforcedTogether) {
		if c.o.Verdicts != nil {
			for i := range batch {
				c.o.Verdicts(&batch[i])
			}
		}
		if err := c.enforcer.Enforce(ctx, batch); err != nil {
			return fmt.Errorf("enforce %d verdicts: %w", len(batch), err)
		}
	}
	return errors.Join(c.carryOut(ctx), c.buried())
}

// enforcedTogether is how many verdicts are enforced together, as in life.
const enforcedTogether = 200

// carryOut takes back and gives back what is due, and publishes what was done.
func (c *Contained) carryOut(ctx context.Context) error {
	for n := 1; n > 0; {
		var err error
		if n, err = c.review.withdrawals.Work(ctx); err != nil {
			return fmt.Errorf("carry out withdrawals: %w", err)
		}
	}
	if _, err := c.relay.Drain(ctx); err != nil {
		return fmt.Errorf("publish actions: %w", err)
	}
	people := take(&c.log.people)
	// Of what came side by side only the order within a key is known.
	slices.SortStableFunc(people, func(a, b stream.Message) int { return cmp.Compare(a.Key, b.Key) })
	for _, m := range people {
		read, kind := budget.FromLabel, ledger.KindLabel
		if m.Topic == c.log.topics.Outcomes {
			read, kind = budget.FromOutcome, ledger.KindOutcome
		}
		if err := c.keep(m, kind); err != nil {
			return err
		}
		t, ok, err := read(m.Value)
		if err == nil && ok {
			err = c.budgets.Note(ctx, []budget.Testimony{t})
		}
		if err != nil {
			return fmt.Errorf("note evidence: %w", err)
		}
	}
	c.follow(ctx)
	return nil
}

// buried reports what could not be scored or enforced: in one process that is
// nobody's bad luck but a fault.
func (c *Contained) buried() error {
	if len(c.log.dead) == 0 {
		return nil
	}
	first := c.log.dead[0]
	return fmt.Errorf("%d messages could not be used, the first: %s: %.300s", len(c.log.dead), first.Key, first.Value)
}
