package pipeline

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"fairgate/ingest"
	"fairgate/ingest/stream"
	"fairgate/rules"
	"fairgate/scoring"
)

// item is one message on its way through the pipeline.
type item struct {
	message stream.Message
	event   ingest.Event
	bad     bool // the event could not be read or scored: to the dead letters
	late    bool
	other   string // with whom the event's account makes a group, if it does
	out     []stream.Message
	found   []scoring.Verdict // where they are not published as messages
}

// batch holds the items of one round in (time, id) order of their events.
type batch struct{ items []*item }

// maxSkew is how far ahead of this process's clock an event may be and still
// tell how late others are.
const maxSkew = time.Minute

// decode reads the messages. Lateness is judged in the order of the log.
func (p *Pipeline) decode(ctx context.Context, messages []stream.Message) *batch {
	b := &batch{items: make([]*item, len(messages))}
	ahead := p.o.Now().Add(maxSkew)
	for i, m := range messages {
		it := &item{message: m}
		b.items[i] = it
		err := p.o.Decode(m, &it.event)
		if err == nil {
			err = it.event.Validate()
		}
		if err != nil {
			p.reject(ctx, it, err)
			continue
		}
		at := partition{m.Topic, m.Partition}
		// A gateway whose clock is fast must not make everybody else late.
		if it.event.Time.After(p.newest[at]) && it.event.Time.Before(ahead) {
			p.newest[at] = it.event.Time
		}
		it.late = p.newest[at].Sub(it.event.Time) > p.o.Lateness
	}
	slices.SortStableFunc(b.items, func(x, y *item) int {
		return cmp.Or(x.event.Time.Compare(y.event.Time), cmp.Compare(x.event.ID, y.event.ID))
	})
	return b
}

// reject sends an item to the dead letters.
func (p *Pipeline) reject(ctx context.Context, it *item, err error) {
	p.metrics.messages.WithLabelValues("bad").Inc()
	p.o.Logger.LogAttrs(ctx, slog.LevelError, "event not usable",
		slog.String("topic", it.message.Topic), slog.Int("partition", it.message.Partition),
		slog.Int64("offset", it.message.Offset), slog.Any("error", err))
	it.bad, it.event = true, ingest.Event{}
	it.out = []stream.Message{{Topic: p.topics.Dead, Key: it.message.Key, Value: it.message.Value}}
}

// score fills the items' out. Events that share an entity are scored one after
// the other; others at once, Workers at most.
func (p *Pipeline) score(ctx context.Context, b *batch) error {
	chains := b.chains()
	var (
		next   atomic.Int64
		wg     sync.WaitGroup
		failed = make([]error, min(p.o.Workers, len(chains)))
	)
	work := func(w int) {
		for i := next.Add(1) - 1; i < int64(len(chains)); i = next.Add(1) - 1 {
			for _, it := range chains[i] {
				if err := p.scoreItem(ctx, it); err != nil {
					failed[w] = err
					return
				}
			}
		}
	}
	for w := 1; w < len(failed); w++ {
		wg.Go(func() { work(w) })
	}
	if len(failed) > 0 {
		work(0)
	}
	wg.Wait()
	return errors.Join(failed...)
}

// scoreItem makes the item's verdicts. The error is the context's, or what
// failed when it ended.
func (p *Pipeline) scoreItem(ctx context.Context, it *item) error {
	e := &it.event
	p.place(it)
	verdicts := make([]scoring.Verdict, 0, 2)
	if v := p.engine.InlineVerdict(e); published(e, &v) {
		verdicts = append(verdicts, v)
	}
	if it.late {
		p.metrics.messages.WithLabelValues("late").Inc()
	} else {
		var v scoring.Verdict
		err := p.retry(ctx, "score", func() (err error) {
			v, err = p.engine.Async(ctx, e)
			return err
		})
		switch {
		case permanent(err):
			p.reject(ctx, it, err)
			return nil
		case err != nil:
			return err
		case len(v.Hits) > 0:
			verdicts = append(verdicts, v)
			it.out = append(it.out, p.reviewBlocked(it, &v)...)
		}
		p.metrics.messages.WithLabelValues("scored").Inc()
	}
	if p.o.Verdicts != nil {
		it.found = verdicts
	}
	for i := range verdicts {
		p.metrics.verdicts.WithLabelValues(string(verdicts[i].Stage)).Inc()
		if p.o.Verdicts != nil {
			continue
		}
		data, err := json.Marshal(&verdicts[i])
		if err != nil { // a number that JSON cannot say
			p.reject(ctx, it, fmt.Errorf("encode verdict: %w", err))
			return nil
		}
		it.out = append(it.out, stream.Message{Topic: p.topics.Verdicts, Key: it.message.Key, Value: data})
	}
	return nil
}

// place says to which cluster the event's account belongs, and writes to the
// log of links what the event adds. Of the event's own links only those count
// that bring an account without a cluster to one: who books once would otherwise
// never be seen beside the others. Who is still alone is a group of one in what
// it does with orders, so that the others find that once they come.
func (p *Pipeline) place(it *item) {
	s := &it.event.Subject
	s.Cluster, s.ClusterSize, s.ClusterGrowth, s.ClusterConfirmed = "", 0, 0, 0
	if p.o.Clusters == nil || it.late {
		return
	}
	state, ok := p.o.Clusters.Of(s.Account, it.event.Time)
	if !ok {
		state, ok = p.o.Clusters.Joins(&it.event)
	}
	if !ok && it.event.Kind.Order() { // what the founder of a group does counts for it
		state, ok = p.o.Clusters.Alone(s.Account)
	}
	if ok {
		s.Cluster, s.ClusterSize, s.ClusterGrowth, s.ClusterConfirmed = state.ID, state.Size, state.Growth, state.Confirmed
		it.other = state.Other
		it.out = append(it.out, p.review(&it.event, state)...)
	}
	for _, r := range p.o.Clusters.Records(&it.event) {
		value, err := json.Marshal(r)
		if err != nil || r.Validate() != nil {
			continue // a key too long to be one
		}
		it.out = append(it.out, stream.Message{Topic: p.topics.Links, Key: r.CompactionKey(), Value: value})
	}
}

// published says whether an in-line verdict is worth keeping: what found or did
// something, and every attempt to book, sign in or register, because quality is
// measured against those; and a wrong answer to a challenge, which hints at what
// the account is. A plain read without a hit is not.
func published(e *ingest.Event, v *scoring.Verdict) bool {
	if len(v.Hits) > 0 || e.Kind.Order() || e.Kind == ingest.KindChallengeFailed || e.Decision.Action.Severity() > ingest.Allow.Severity() {
		return true
	}
	kind := string(e.Kind)
	return e.Kind.Asked() && (strings.HasPrefix(kind, "session.") || strings.HasPrefix(kind, "account."))
}

// permanent reports errors that a repeat cannot cure.
func permanent(err error) bool {
	return errors.Is(err, scoring.ErrInvalidTouch) || errors.Is(err, rules.ErrValues)
}

// chains splits the batch into lists that share no entity with each other, so
// that they can be scored at the same time, each in order. Networks and pools,
// which everybody shares, do not tie events together: their counts may be off
// by what is scored at the same moment.
func (b *batch) chains() [][]*item {
	parent := make([]int, len(b.items))
	root := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	owner := make(map[string]int, 4*len(b.items))
	var keys []string
	for i, it := range b.items {
		parent[i] = i
		if it.bad {
			continue
		}
		for _, entity := range tying() {
			keys = rules.AppendKeys(keys[:0], entity, &it.event)
			for _, k := range keys {
				name := string(entity) + ":" + k
				if first, ok := owner[name]; ok {
					parent[root(i)] = root(first)
				} else {
					owner[name] = i
				}
			}
		}
	}
	place := make(map[int]int)
	var chains [][]*item
	for i, it := range b.items {
		if it.bad {
			continue
		}
		r := root(i)
		at, ok := place[r]
		if !ok {
			at = len(chains)
			place[r] = at
			chains = append(chains, nil)
		}
		chains[at] = append(chains[at], it)
	}
	return chains
}

// tying lists the entities that keep events in order.
func tying() []rules.Entity {
	return []rules.Entity{
		rules.EntityAccount, rules.EntityDevice, rules.EntitySession, rules.EntityIP,
		rules.EntityDocument, rules.EntityPhone,
	}
}

// messages lists what is to be published, in event order.
func (b *batch) messages() []stream.Message {
	var out []stream.Message
	for _, it := range b.items {
		out = append(out, it.out...)
	}
	return out
}

// verdicts lists what is handed over as it is, in event order.
func (b *batch) verdicts() []scoring.Verdict {
	var out []scoring.Verdict
	for _, it := range b.items {
		out = append(out, it.found...)
	}
	return out
}

// newest is the latest event time of the batch.
func (b *batch) newest() time.Time {
	return b.items[len(b.items)-1].event.Time
}
