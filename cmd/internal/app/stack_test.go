package app

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestStackEndsInReverse(t *testing.T) {
	s := NewStack(quiet())
	var ended []string
	for _, name := range []string{"engines", "ticketing", "gateway"} {
		s.Defer(name, func(context.Context) error { ended = append(ended, name); return nil })
	}
	require.NoError(t, s.Close(t.Context()))
	require.NoError(t, s.Close(t.Context()), "a second Close does nothing")
	assert.Equal(t, []string{"gateway", "ticketing", "engines"}, ended)
}

func TestStackEndsSlowPartsTogether(t *testing.T) {
	s := NewStack(quiet())
	var ended []string
	slow := func(name string, mine, other chan struct{}) {
		s.DeferSlow(name, func(context.Context) error {
			close(mine)
			<-other
			return errors.New(name + " minds")
		})
	}
	s.Defer("engine", func(context.Context) error { ended = append(ended, "engine"); return nil })
	s.Barrier()
	one, two := make(chan struct{}), make(chan struct{})
	slow("one", one, two)
	s.Defer("between", func(context.Context) error { ended = append(ended, "between"); return nil })
	slow("two", two, one)
	err := s.Close(t.Context())
	require.ErrorContains(t, err, "stop one: one minds")
	require.ErrorContains(t, err, "stop two: two minds")
	assert.Equal(t, []string{"between", "engine"}, ended)
}

func TestStackDoesNotWaitForEverForASlowPart(t *testing.T) {
	s := NewStack(quiet())
	release, ended := make(chan struct{}), false
	defer close(release)
	s.Defer("engine", func(context.Context) error { ended = true; return nil })
	s.Barrier()
	for range 2 {
		s.DeferSlow("stuck", func(context.Context) error { <-release; return nil })
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.ErrorContains(t, s.Close(ctx), "2 slow parts did not end in time")
	assert.True(t, ended)
}

func TestStackFailsWithItsFirstPart(t *testing.T) {
	s := NewStack(quiet())
	stopped := false
	s.Defer("engine", func(context.Context) error { stopped = true; return nil })
	s.Go("scorer", func(context.Context) error { return errors.New("broken") })
	err := s.Run(t.Context(), time.Second)
	require.ErrorContains(t, err, "scorer: broken")
	assert.True(t, stopped)
}

func TestStackDoesNotWaitForEver(t *testing.T) {
	s := NewStack(quiet())
	release := make(chan struct{})
	defer close(release)
	s.Go("stuck", func(context.Context) error { <-release; return nil })
	ended := false
	s.Defer("last", func(context.Context) error { ended = true; return nil })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.ErrorContains(t, s.Close(ctx), "stop stuck: did not end in time")
	assert.True(t, ended)
}
