package app

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/config"
)

func TestTheRouteTableIsTheConfiguredOne(t *testing.T) {
	t.Parallel()
	routes, err := routeTable(config.Gateway{})
	require.NoError(t, err)
	assert.Subset(t, routes.IDs(), []string{"order-submit", "pool-stock", "unmatched"})
	assert.NotContains(t, routes.IDs(), "collect", "beacons are never acted on")

	file := filepath.Join(t.TempDir(), "routes.yaml")
	require.NoError(t, os.WriteFile(file, []byte("routes:\n  - {id: mine, method: GET, path: /mine, kind: page.read}\n"), 0o600))
	routes, err = routeTable(config.Gateway{Routes: file})
	require.NoError(t, err)
	assert.Equal(t, []string{"mine", "unmatched"}, routes.IDs())

	require.NoError(t, os.WriteFile(file, []byte("routes: 7\n"), 0o600))
	_, err = routeTable(config.Gateway{Routes: file})
	require.ErrorContains(t, err, file)
	_, err = routeTable(config.Gateway{Routes: file + ".none"})
	require.ErrorIs(t, err, os.ErrNotExist)
}
