package gateway_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"fairgate/ingest/fingerprint"
	"fairgate/ingest/gateway"
)

const smallTable = `
site: {session: ["cookie:sid"]}
routes:
  - id: book
    method: POST
    path: /book
    kind: order.submit
    keys: {pool: "json:$.pool"}
  - id: form
    method: POST
    path: /form
    kind: order.submit
    keys: {pool: "form:pool", documents: "form:doc", positions: "form:n", day: "query:day", phone: "header:X-Phone", claimed: "cookie:who"}
`

func mustRoutes(t testing.TB, table string) *gateway.Routes {
	t.Helper()
	routes, err := gateway.LoadRoutes([]byte(table))
	require.NoError(t, err)
	return routes
}

func mustReader(t testing.TB) *fingerprint.Reader {
	t.Helper()
	tokens, err := fingerprint.NewTokens(deviceKey, fingerprint.TokenOptions{})
	require.NoError(t, err)
	reader, err := fingerprint.New(tokens, fingerprint.Options{})
	require.NoError(t, err)
	return reader
}
