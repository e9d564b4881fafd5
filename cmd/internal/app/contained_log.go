package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"fairgate/enforcement"
	"fairgate/enforcement/budget"
	"fairgate/ingest/stream"
)

// innerLog is the event log of one process: what a topic holds waits until it
// is taken. It stands where Kafka stands in life, for producers and consumers
// alike, which commit nothing here. Only Send and Publish are for several
// goroutines: the receiver of reports publishes records side by side.
type innerLog struct {
	topics stream.Topics

	mu                                    sync.Mutex
	events, verdicts, links, people, dead []stream.Message
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
		case l.topics.Verdicts:
			l.verdicts = append(l.verdicts, m)
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

// taker is the journal of one process.
type taker struct{ c *Contained }

// Intend has nothing to survive.
func (taker) Intend(context.Context, stream.Record) error { return nil }

// Complete writes the event to the log, from which it is taken a little later.
func (t taker) Complete(ctx context.Context, r stream.Record) error {
	err := t.c.log.Send(ctx, stream.Message{Topic: t.c.log.topics.Events, Key: r.Key, Value: slices.Clone(r.Value)})
	t.c.scoreSoon()
	return err
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
		if err := c.pipeline.Handle(ctx, batch); err != nil {
			return fmt.Errorf("score %d events: %w", len(batch), err)
		}
		c.follow(ctx)
	}
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
	messages := take(&c.log.verdicts)
	for batch := range slices.Chunk(messages, enforcedTogether) {
		deliveries := make([]enforcement.Delivery, len(batch))
		for i, m := range batch {
			if c.o.Verdicts != nil {
				c.o.Verdicts(m.Value)
			}
			deliveries[i] = enforcement.Delivery{Value: m.Value}
		}
		if err := c.enforcer.Handle(ctx, deliveries); err != nil {
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
		read := budget.FromLabel
		if m.Topic == c.log.topics.Outcomes {
			read = budget.FromOutcome
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
