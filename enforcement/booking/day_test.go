package booking_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/booking"
)

func TestCapacityOfADay(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "Bearer key":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/internal/v1/pools/main/release" && r.URL.Query().Get("date") == "2026-12-01":
			_, _ = w.Write([]byte(`{"pool":"main","capacity":500,"left":3}`))
		case r.URL.Path == "/internal/v1/pools/broken/release":
			_, _ = w.Write([]byte(`<html>`))
		case r.URL.Path == "/internal/v1/outbox" && r.URL.Query().Get("limit") == "1":
			_, _ = w.Write([]byte(`{"events":[]}`))
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer s.Close()
	c, err := booking.New(s.URL, "key", booking.Options{Attempts: 1, Timeout: time.Second})
	require.NoError(t, err)
	n, err := c.Capacity(t.Context(), "main", "2026-12-01")
	require.NoError(t, err)
	assert.Equal(t, 500, n)
	n, err = c.Capacity(t.Context(), "main", "2026-12-02")
	require.NoError(t, err)
	assert.Zero(t, n, "a day that there is not")
	_, err = c.Capacity(t.Context(), "broken", "2026-12-01")
	require.ErrorContains(t, err, "capacity")
	_, err = c.Capacity(t.Context(), "..", "2026-12-01")
	require.Error(t, err)
	require.NoError(t, c.Ping(t.Context()))

	other, err := booking.New(s.URL, "wrong", booking.Options{Attempts: 1, Timeout: time.Second})
	require.NoError(t, err)
	require.ErrorIs(t, other.Ping(t.Context()), booking.ErrRefused)
	s.Close()
	require.Error(t, c.Ping(t.Context()))
}
