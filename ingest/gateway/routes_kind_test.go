package gateway_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/ingest/gateway"
)

func TestKindOfPastRequests(t *testing.T) {
	routes, err := gateway.DefaultRoutes()
	require.NoError(t, err)
	tests := []struct {
		method, path string
		want         ingest.Kind
		ok           bool
	}{
		{"GET", "/api/v1/pools/main/stock", ingest.KindStockRead, true},
		{"POST", "/api/v1/orders", ingest.KindOrderSubmit, true},
		{"POST", "/api/v1/orders/o1/cancel", ingest.KindOrderCancel, true},
		{"POST", gateway.CollectPath, ingest.KindBeacon, true},
		{"GET", "/anything/else", ingest.KindPageRead, true},
		{"POST", "/anything/else", "", false},
	}
	for _, tt := range tests {
		_, kind, ok := routes.Kind(tt.method, tt.path)
		assert.Equal(t, tt.ok, ok, "%s %s", tt.method, tt.path)
		assert.Equal(t, tt.want, kind, "%s %s", tt.method, tt.path)
	}
}
