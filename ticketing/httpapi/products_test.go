package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestProductsAndTicketsOverHTTP(t *testing.T) {
	t.Parallel()
	s := start(t)
	put := s.house(http.MethodPut, "/internal/v1/pools/main", `{"name":"Main","limit_per_order":3,"hold_seconds":60,
		"products":[{"id":"double","name":"双人票","kind":"double","price_fen":0}],"rules":{"minor_age":14},
		"days":[{"date":"2026-05-10","capacity":4}]}`, operationsKey)
	require.Equal(t, http.StatusOK, put.status, put.body)
	want := []any{map[string]any{"id": "double", "name": "双人票", "kind": "double", "price_fen": 0.0, "persons": 2.0, "places": 2.0}}
	assert.Equal(t, want, put.body["products"])
	again := s.house(http.MethodPut, "/internal/v1/pools/main", `{"name":"Main","limit_per_order":3,"hold_seconds":60}`, operationsKey)
	assert.Equal(t, want, again.body["products"], "what is not given stays")
	assert.Equal(t, map[string]any{"minor_age": 14.0}, again.body["rules"])
	bad := s.house(http.MethodPut, "/internal/v1/pools/main", `{"name":"Main","limit_per_order":3,"hold_seconds":60,"products":[{"id":"x","name":"x","kind":"double","persons":3}]}`, operationsKey)
	assert.Equal(t, "products[0].persons", bad.text("field"))

	_, token := s.signUp(1)
	body := strings.ReplaceAll(booking("main", "2026-05-10", "AB123456", "AB123457"), `"name"`, `"product":"double","name"`)
	booked := s.visitor(http.MethodPost, "/api/v1/orders", body, token)
	require.Equal(t, http.StatusCreated, booked.status, booked.body)
	ticketOf := func(a answer) []string {
		var out []string
		positions, _ := a.body["positions"].([]any)
		for _, p := range positions {
			shown, _ := p.(map[string]any)
			code, _ := shown["ticket"].(string)
			out = append(out, code)
		}
		return out
	}
	assert.Equal(t, []string{"", ""}, ticketOf(booked), "only a look at the order shows its tickets")
	got := s.visitor(http.MethodGet, "/api/v1/orders/"+booked.text("order_id"), "", token)
	for _, code := range ticketOf(got) {
		assert.True(t, strings.HasPrefix(code, "FG1."), code)
	}
	assert.Equal(t, "no-store", got.header.Get("Cache-Control"))
	_, other := s.signUp(2)
	assert.Equal(t, http.StatusNotFound, s.visitor(http.MethodGet, "/api/v1/orders/"+booked.text("order_id"), "", other).status)
}
