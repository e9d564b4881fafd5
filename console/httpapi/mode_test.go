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
		{"no route", h.admin, `{"route":"stock","observe":true,"reason":"a campaign"}`, http.StatusUnprocessableEntity},
		{"a script", h.admin, `{"route":"<script>","observe":true,"reason":"a campaign"}`, http.StatusUnprocessableEntity},
		{"no route, back", h.admin, `{"route":"stock","observe":false,"reason":"a campaign"}`, http.StatusUnprocessableEntity},
		{"a long id", h.admin, `{"route":"` + keyOf("long") + keyOf("long") + `","observe":true,"reason":"a campaign"}`, http.StatusUnprocessableEntity},
	} {
		assert.Equal(t, tt.want, h.call(t, tt.token, http.MethodPut, path, tt.body, nil), tt.name)
	}
	assert.Empty(t, h.audit(t))
	var p problem
	require.Equal(t, http.StatusUnprocessableEntity, h.call(t, h.admin, http.MethodPut, path, `{"route":"stock-reads","observe":true,"reason":"a campaign"}`, &p))
	assert.Equal(t, `route: "stock-reads" is no id in the route table, did you mean "stock-read"?; it has: order-submit, stock-read`, p.Detail)
	require.Len(t, p.Errors, 1)
	assert.Equal(t, "body.route", p.Errors[0].Location)
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

func TestARouteOfAFormerTableIsTurnedBack(t *testing.T) {
	h := build(t)
	const path = "/api/v1/mode/routes"
	require.NoError(t, h.mode.SetRoute(t.Context(), "former", true, "root", "a campaign"))
	on := `{"route":"former","observe":true,"reason":"once more"}`
	assert.Equal(t, http.StatusUnprocessableEntity, h.call(t, h.admin, http.MethodPut, path, on, nil))
	off := `{"route":"former","observe":false,"reason":"the table has changed"}`
	assert.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodPut, path, off, nil))
	assert.Equal(t, http.StatusUnprocessableEntity, h.call(t, h.admin, http.MethodPut, path, off, nil), "it acts again")
}
