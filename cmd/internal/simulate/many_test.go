package simulate

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestManyAreEachAsAlone plays worlds at the same time: each is what it is
// alone.
func TestManyAreEachAsAlone(t *testing.T) {
	t.Parallel()
	run := VirtualRun{Plan: Plan{Seed: 3, Duration: 10 * time.Second, People: 16, HostileShare: 0.6}}
	reports, err := run.Many(t.Context(), 2)
	require.NoError(t, err)
	run.Plan.Seed = 4
	alone, err := json.Marshal(playVirtual(t, run))
	require.NoError(t, err)
	beside, err := json.Marshal(reports[1])
	require.NoError(t, err)
	assert.JSONEq(t, string(alone), string(beside))
	assert.NotEqual(t, reports[0].Requests, reports[1].Requests)

	_, err = run.Many(t.Context(), 0)
	require.Error(t, err)
}

func TestUnknownFamilyIsRefused(t *testing.T) {
	t.Parallel()
	_, err := VirtualRun{Plan: Plan{Seed: 3, Duration: 10 * time.Second, People: 16}, Without: []string{"path", "nonsense"}}.Play(t.Context())
	require.ErrorContains(t, err, `"nonsense"`)
}
