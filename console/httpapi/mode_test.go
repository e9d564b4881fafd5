package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/mode"
)

func TestOneRouteIsTurnedAndAudited(t *testing.T) {
	h := build(t)
	const path = "/api/v1/mode/routes"
	for _, tt := range []struct {
		name, token, body string
		want              int
	}{
		{"an analyst", keyOf("ana"), `{"route":"stock-read","observe":true,"reason":"a campaign"}`, http.StatusForbidden},
		{"without a reason", h.admin, `{"route":"stock-read","observe":true}`, http.StatusUnprocessableEntity},
		{"no id", h.admin, `{"route":"stock\nread","observe":true,"reason":"a campaign"}`, http.StatusUnprocessableEntity},
		{"a long id", h.admin, `{"route":"` + keyOf("long") + keyOf("long") + `","observe":true,"reason":"a campaign"}`, http.StatusUnprocessableEntity},
	} {
		assert.Equal(t, tt.want, h.call(t, tt.token, http.MethodPut, path, tt.body, nil), tt.name)
	}
	assert.Empty(t, h.audit(t))
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodPut, path, `{"route":"stock-read","observe":true,"reason":"a campaign"}`, nil))
	entry := h.audit(t)[0]
	assert.Equal(t, []string{"mode.set_route", "stock-read", "root", "a campaign", `{"observe":false}`, `{"observe":true}`},
		[]string{entry.Action, entry.Object, entry.Actor, entry.Reason, entry.Before, entry.After})
	var m struct {
		Observe bool
		Routes  []mode.Route
	}
	require.Equal(t, http.StatusOK, h.call(t, keyOf("ana"), http.MethodGet, "/api/v1/mode", "", &m))
	assert.False(t, m.Observe, "the site acts")
	require.Len(t, m.Routes, 1)
	assert.Equal(t, []any{"stock-read", true, "root"}, []any{m.Routes[0].Route, m.Routes[0].Observe, m.Routes[0].Actor})
}
