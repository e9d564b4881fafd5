package gateway

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDeadlinesAreSharedAndEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deadlines{after: 8 * time.Second}
		first := d.now()
		for range 30 {
			ctx := d.now()
			until, ok := ctx.Deadline()
			require.True(t, ok)
			left := time.Until(until)
			assert.True(t, left > 7*time.Second && left <= 8*time.Second, "%v is left", left)
			require.NoError(t, ctx.Err())
			time.Sleep(300 * time.Millisecond) //nolint:forbidigo // in a bubble
		}
		require.ErrorIs(t, first.Err(), context.DeadlineExceeded)
		time.Sleep(d.after) //nolint:forbidigo // in a bubble; the last ones end by themselves, too
	})
}
