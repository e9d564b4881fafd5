package gateway

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
)

func TestFailModesOfATable(t *testing.T) {
	routes, err := LoadRoutes([]byte(`
site: {session: ["cookie:sid"]}
routes:
  - {id: look, method: GET, path: /stock, kind: stock.read}
  - {id: book, method: POST, path: /orders, kind: order.submit, fail_mode: closed}
  - {id: page, method: GET, path: /page, kind: page.read, fail_mode: open}
`))
	require.NoError(t, err)
	assert.Equal(t, map[ingest.FailMode]int{ingest.FailDegraded: 1, ingest.FailClosed: 1, ingest.FailOpen: 1}, routes.FailModes())
}
