package gatewaybench

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/google/uuid"
	goredis "github.com/redis/go-redis/v9"

	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window/redis"
)

// The burst that tries to escape: one event more than the rule allows within
// its window.
const (
	edgeThreshold = 20
	edgeWindow    = time.Minute
)

// edgeRuleset fires at the threshold's first excess.
const edgeRuleset = `
name: edge
features:
  - {name: account_orders_1m, entity: account, events: [order.submit], window: 1m, aggregate: count}
rules:
  - {id: too_many, when: account_orders_1m > 20, on: account, action: block, reason: pace}
`

// fires screens one event and reports whether the rule fired.
type fires func(ctx context.Context, e *ingest.Event) (bool, error)

// edgeEngine is the real engine on the real counters.
func edgeEngine(client goredis.UniversalClient) (fires, error) {
	program, err := rules.Load("edge.yaml", []byte(edgeRuleset), rules.Options{})
	if err != nil {
		return nil, fmt.Errorf("edge ruleset: %w", err)
	}
	engine := scoring.New(redis.New(client, redis.Options{}), scoring.Options{})
	engine.Swap(program)
	return func(ctx context.Context, e *ingest.Event) (bool, error) {
		var out scoring.Result
		err := engine.Inline(ctx, e, "", &out)
		return len(out.Hits) > 0, err
	}, nil
}

// escapes sends bursts of threshold+1 events, beginning at every one of
// alignments places of a window, and counts those that never made the rule
// fire. Each is tried at several lengths: all at once, over a few seconds, over
// half and over nearly the whole window. The events carry their own times, so
// nothing waits.
func escapes(ctx context.Context, screen fires, alignments int) (escaped, tries int, err error) {
	// A whole number of windows since 1970, where buckets would begin.
	base := time.Now().Truncate(edgeWindow)
	lengths := []time.Duration{0, edgeWindow / 20, edgeWindow / 2, edgeWindow - time.Millisecond}
	type try struct{ at, length time.Duration }
	queue := make(chan try, alignments*len(lengths))
	for i := range alignments {
		for _, length := range lengths {
			queue <- try{edgeWindow * time.Duration(i) / time.Duration(alignments), length} // there is room for all
		}
	}
	close(queue)
	var mu sync.Mutex
	var workers sync.WaitGroup
	for range 16 {
		workers.Go(func() {
			for t := range queue {
				caught, failed := burst(ctx, screen, base.Add(t.at), t.length)
				mu.Lock()
				tries++
				if failed != nil {
					err = failed
				} else if !caught {
					escaped++
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	return escaped, tries, err
}

// burst reports whether the rule fired.
func burst(ctx context.Context, screen fires, at time.Time, length time.Duration) (caught bool, err error) {
	account := uuid.NewString()
	for i := range edgeThreshold + 1 {
		fired, err := screen(ctx, &ingest.Event{
			ID: uuid.NewString(), Time: at.Add(length * time.Duration(i) / edgeThreshold), Kind: ingest.KindOrderSubmit, Site: site,
			Subject: ingest.Subject{Account: account}, Client: ingest.Client{IP: netip.AddrFrom4([4]byte{192, 0, 2, 1})},
		})
		if err != nil {
			return false, fmt.Errorf("edge: %w", err)
		}
		caught = caught || fired
	}
	return caught, nil
}
