package sqlstore

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"fairgate/ticketing"
)

// TestRefusalsOfAGroupThatWasNotWritten: "sold out" to somebody whose place
// went to a booking that was never committed would be a lie.
func TestRefusalsOfAGroupThatWasNotWritten(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		group, want error
	}{
		{"written", nil, ticketing.ErrSoldOut},
		{"not written", unavailable("commit", errors.New("connection reset")), ticketing.ErrUnavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			taker := &job{done: make(chan error, 1)}
			refused := &job{err: ticketing.ErrSoldOut, done: make(chan error, 1)}
			answer([]*job{taker, refused}, c.group)
			assert.Equal(t, c.group, <-taker.done)
			assert.ErrorIs(t, <-refused.done, c.want)
		})
	}
}
