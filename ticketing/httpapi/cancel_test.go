package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCancelPositionsOverHTTP(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.putPool("main", 0, 5)
	_, token := s.signUp(1)
	booked := s.visitor(http.MethodPost, "/api/v1/orders", booking("main", "2026-05-10", "AB123456", "AB123457"), token)
	positions, _ := booked.body["positions"].([]any)
	first, _ := positions[0].(map[string]any)
	id, _ := first["position_id"].(string)
	target := "/api/v1/orders/" + booked.text("order_id") + "/cancel"
	broken := s.visitor(http.MethodPost, target, `{"positions":["`+id+`"}`, token)
	assert.Equal(t, http.StatusBadRequest, broken.status, "a broken body does not cancel the whole order")
	assert.Equal(t, http.StatusUnprocessableEntity, s.visitor(http.MethodPost, target, `{"positions":[]}`, token).status)
	got := s.visitor(http.MethodPost, target, `{"positions":["`+id+`"]}`, token)
	require.Equal(t, http.StatusOK, got.status, got.body)
	assert.Equal(t, "provisional", got.text("state"))
	assert.InDelta(t, 4, s.left("main", "2026-05-10"), 0)
	got = s.visitor(http.MethodPost, target, "", token)
	assert.Equal(t, "cancelled", got.text("state"))
	assert.InDelta(t, 5, s.left("main", "2026-05-10"), 0)
}
