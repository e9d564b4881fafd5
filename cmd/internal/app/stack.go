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
	stop func(context.Context) error
}

// NewStack makes an empty stack.
func NewStack(log *slog.Logger) *Stack {
	return &Stack{log: log, failed: make(chan error, 1)}
}

// Defer registers what ends a part that is already up.
func (s *Stack) Defer(name string, stop func(context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parts = append(s.parts, part{name, stop})
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
	for _, p := range slices.Backward(parts) {
		started := time.Now()
		if err := p.stop(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", p.name, err))
		}
		s.log.DebugContext(ctx, "part ended", "part", p.name, "took", time.Since(started))
	}
	return errors.Join(errs...)
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
