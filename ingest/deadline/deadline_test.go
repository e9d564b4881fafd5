package deadline_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/deadline"
)

func TestContextsAreSharedAndEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deadline.New(8 * time.Second)
		first := d.Now()
		for range 30 {
			ctx := d.Now()
			until, ok := ctx.Deadline()
			require.True(t, ok)
			left := time.Until(until)
			assert.True(t, left > 7*time.Second && left <= 8*time.Second, "%v is left", left)
			require.NoError(t, ctx.Err())
			<-time.After(300 * time.Millisecond)
		}
		require.ErrorIs(t, first.Err(), context.DeadlineExceeded)
		<-time.After(8 * time.Second) // the last ones end by themselves, too
	})
}

func TestBeneathIsTheSoonerOfTwo(t *testing.T) {
	d := deadline.New(8 * time.Second)
	for name, above := range map[string]context.Context{"a later one": deadline.New(time.Minute).Now(), "the same": d.Now()} {
		got, cancel := d.Beneath(above)
		assert.Equal(t, d.Now(), got, name)
		cancel()
		require.NoError(t, got.Err(), "%s: others have it, too", name)
	}
	sooner := deadline.New(time.Second).Now()
	got, cancel := d.Beneath(sooner)
	defer cancel()
	assert.Equal(t, sooner, got)
}

func TestBeneathEndsWithWhatCanBeCancelled(t *testing.T) {
	d := deadline.New(8 * time.Second)
	for name, above := range map[string]context.Context{"a plain one": t.Context(), "one made of a shared one": d.Now()} {
		above, leave := context.WithCancel(above)
		got, cancel := d.Beneath(above)
		_, bounded := got.Deadline()
		assert.True(t, bounded, name)
		leave()
		require.ErrorIs(t, got.Err(), context.Canceled, name)
		cancel()
	}
}
