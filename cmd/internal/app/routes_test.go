package app

import (
	"log/slog"
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
	e := Env{Config: config.Config{Gateway: config.Gateway{Routes: file}}, Log: slog.New(slog.DiscardHandler)}
	_, err = routeIDs(t.Context(), e)
	require.ErrorContains(t, err, file, "a table that cannot be read is a fault")
	e.Config.Gateway.Routes = file + ".none"
	ids, err := routeIDs(t.Context(), e)
	require.NoError(t, err, "the gateways may run elsewhere")
	assert.Empty(t, ids)
	_, err = routeTable(config.Gateway{Routes: file + ".none"})
	require.ErrorIs(t, err, os.ErrNotExist)
}
