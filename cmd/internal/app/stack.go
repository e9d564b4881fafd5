// Package app wires the rooms of the house together and gives them a life:
// what starts after what, and what ends before what.
//
// It holds no logic of its own. Each role (gateway, scorer, enforcer, ledger,
// ticketing, console) is one file that builds its part from the configuration
// and pushes it on a Stack; the development command pushes all of them, with
// the embedded engines below.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// Stack is a process's parts in the order in which they were started. Close
// ends them in the reverse order. It is safe for concurrent use.
type Stack struct {
	log *slog.Logger

	mu     sync.Mutex
	parts  []part
	failed chan error
}

type part struct {
	name string
	stop func(context.Context) error // nil: a barrier
	slow bool
}

// NewStack makes an empty stack.
func NewStack(log *slog.Logger) *Stack {
	return &Stack{log: log, failed: make(chan error, 1)}
}

// Defer registers what ends a part that is already up.
func (s *Stack) Defer(name string, stop func(context.Context) error) {
	s.push(part{name: name, stop: stop})
}

// DeferSlow is Defer for what takes a while to end and holds up nobody above:
// Close begins to end it when its turn comes, goes on, and waits for it at the
// next barrier.
func (s *Stack) DeferSlow(name string, stop func(context.Context) error) {
	s.push(part{name: name, stop: stop, slow: true})
}

// Barrier makes Close wait until everything that was put on the stack after it
// has ended, the slow parts too, before it ends what is below.
func (s *Stack) Barrier() { s.push(part{}) }

func (s *Stack) push(p part) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parts = append(s.parts, p)
}

// Go runs a part that blocks until its context ends. A part that returns an
// error before that fails the whole process: Failed tells.
func (s *Stack) Go(name string, run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		err := run(ctx)
		if err != nil && ctx.Err() == nil {
			select {
			case s.failed <- fmt.Errorf("%s: %w", name, err):
			default:
			}
		}
		done <- err
	}()
	s.Defer(name, func(stopping context.Context) error {
		cancel()
		select {
		case err := <-done:
			if errors.Is(err, context.Canceled) {
				return nil
			}
			return err
		case <-stopping.Done():
			return fmt.Errorf("did not end in time: %w", stopping.Err())
		}
	})
}

// Failed delivers the first error of a part started with Go.
func (s *Stack) Failed() <-chan error { return s.failed }

// Close ends every part, the last first, and joins their errors. Each has
// until ctx ends; a part that hangs does not keep the others from ending. It
// may be called again.
func (s *Stack) Close(ctx context.Context) error {
	s.mu.Lock()
	parts := s.parts
	s.parts = nil
	s.mu.Unlock()
	var errs []error
	slow, pending := make(chan error, len(parts)), 0
	barrier := func() {
		for ; pending > 0; pending-- {
			select {
			case err := <-slow:
				errs = append(errs, err)
			case <-ctx.Done():
				errs = append(errs, fmt.Errorf("%d slow parts did not end in time: %w", pending, ctx.Err()))
				pending = 1 // told once
			}
		}
	}
	for _, p := range slices.Backward(parts) {
		switch {
		case p.stop == nil:
			barrier()
		case p.slow:
			pending++
			go func() { slow <- s.end(ctx, p) }()
		default:
			errs = append(errs, s.end(ctx, p))
		}
	}
	barrier()
	return errors.Join(errs...)
}

// end ends one part.
func (s *Stack) end(ctx context.Context, p part) error {
	started := time.Now()
	err := p.stop(ctx)
	s.log.DebugContext(ctx, "part ended", "part", p.name, "took", time.Since(started))
	if err != nil {
		return fmt.Errorf("stop %s: %w", p.name, err)
	}
	return nil
}

// Run waits until ctx ends or a part fails, then closes the stack within
// grace.
func (s *Stack) Run(ctx context.Context, grace time.Duration) error {
	var cause error
	select {
	case <-ctx.Done():
	case cause = <-s.failed:
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	return errors.Join(cause, s.Close(stopping))
}
