package gateway

import (
	"context"
	"fmt"
	"sync"

	"fairgate/ingest"
)

// unfinished is a completed event with work left to do.
type unfinished struct {
	event    *ingest.Event
	recorded bool // the log has it; only Observe is left
}

// finisher works off events in the background. Its queue is bounded: when it
// is full, or after stop, submit does the work itself, so that a slow log
// slows visitors down rather than fill the memory.
type finisher struct {
	do      func(unfinished)
	queue   chan unfinished
	workers sync.WaitGroup

	mu      sync.RWMutex
	stopped bool
}

func newFinisher(workers, backlog int, do func(unfinished)) *finisher {
	f := &finisher{do: do}
	if workers < 0 { // nobody would take from a queue
		f.stopped = true
		return f
	}
	f.queue = make(chan unfinished, backlog)
	for range workers {
		f.workers.Go(func() {
			for u := range f.queue {
				f.do(u)
			}
		})
	}
	return f
}

func (f *finisher) submit(u unfinished) {
	f.mu.RLock()
	if !f.stopped {
		select {
		case f.queue <- u:
			f.mu.RUnlock()
			return
		default:
		}
	}
	f.mu.RUnlock()
	f.do(u)
}

// stop waits until everything submitted is done, or until ctx ends.
func (f *finisher) stop(ctx context.Context) error {
	f.mu.Lock()
	if !f.stopped {
		f.stopped = true
		close(f.queue)
	}
	f.mu.Unlock()
	done := make(chan struct{})
	go func() {
		f.workers.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("finish %d events: %w", len(f.queue), ctx.Err())
	}
}
