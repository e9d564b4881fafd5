package gateway_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
)

func TestFiguresAreWhatWasCounted(t *testing.T) {
	s := newSite(t, nil)
	before := s.gateway.Figures()
	assert.Empty(t, before.Verdicts)
	require.Len(t, before.Screening.Counts, len(before.Screening.Bounds)+1)
	assert.Positive(t, before.DeadlineMillis)

	for range 3 {
		s.send(t, "GET", "/api/v1/pools/main/stock", "")
	}
	s.screener.decide = always(ingest.Decision{Action: ingest.Block, Reason: ingest.ReasonPace})
	s.send(t, "POST", "/api/v1/orders", booking)
	s.send(t, "POST", "/nothing/is/here", "{}")

	after := s.gateway.Figures()
	assert.Equal(t, map[string]uint64{"allow": 3, "block": 1}, after.Verdicts)
	assert.Equal(t, uint64(1), after.Malformed)
	screened := uint64(0)
	for _, n := range after.Screening.Counts {
		screened += n
	}
	assert.Equal(t, uint64(4), screened)
}

func TestRoutesByID(t *testing.T) {
	routes := mustRoutes(t, `
routes:
  - {id: pay, method: POST, path: /pay, kind: order.pay, fail_mode: closed}
  - {id: list, method: GET, path: /list, kind: stock.read, fail_mode: open}
`)
	modes := map[string]ingest.FailMode{}
	for _, r := range routes.ByID() {
		modes[r.ID] = r.FailMode
	}
	assert.Equal(t, ingest.FailClosed, modes["pay"])
	assert.Equal(t, ingest.FailOpen, modes["list"])
	assert.Len(t, modes, len(routes.IDs()))
}
