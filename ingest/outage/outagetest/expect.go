package outagetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/outage"
)

// patience is how long what is tested may take to notice, in real time.
const patience = 10 * time.Second

// Expect holds what fails by now, and is tried again and again under the
// book's clock, to the lines of an outage: one that says fails, another a
// minute later, and one that says over after mend.
func Expect(t *testing.T, b *Book, fails, over string, mend func()) {
	t.Helper()
	said := func(message string, n int) func() bool {
		return func() bool { return b.Count(message) == n }
	}
	require.Eventually(t, said(fails, 1), patience, time.Millisecond)
	b.Add(outage.Remind)
	require.Eventually(t, said(fails, 2), patience, time.Millisecond)
	assert.Equal(t, outage.Remind, b.Last(fails)["lasting"])
	assert.Zero(t, b.Count(over))
	mend()
	require.Eventually(t, func() bool {
		b.Add(time.Second)
		return b.Count(over) == 1
	}, patience, 20*time.Millisecond)
	assert.Equal(t, 2, b.Count(fails))
}
