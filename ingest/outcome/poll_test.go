package outcome_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/outcome"
)

// paged answers like a booking system that holds n reports, a few a page.
func paged(t *testing.T, n int) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer key" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		after, err := strconv.Atoi(r.URL.Query().Get("after"))
		assert.NoError(t, err)
		events := []map[string]any{}
		for seq := after + 1; seq <= min(n, after+3); seq++ {
			events = append(events, map[string]any{
				"seq": seq, "id": "e" + strconv.Itoa(seq), "type": "order.paid", "order_id": "o" + strconv.Itoa(seq),
				"occurred_at": "2026-03-01T09:00:00Z",
			})
		}
		assert.NoError(t, json.NewEncoder(w).Encode(map[string]any{"events": events}))
	}))
	t.Cleanup(s.Close)
	return s
}

func TestPollerReadsEveryPage(t *testing.T) {
	var ids []string
	for r, err := range (outcome.Poller{URL: paged(t, 7).URL, Key: "key"}).Reports(t.Context(), 1) {
		require.NoError(t, err)
		ids = append(ids, r.OrderID)
	}
	assert.Equal(t, []string{"o2", "o3", "o4", "o5", "o6", "o7"}, ids)
}

func TestPollerSaysWhatWasWrong(t *testing.T) {
	for _, err := range (outcome.Poller{URL: paged(t, 1).URL, Key: "another"}).Reports(t.Context(), 0) {
		require.ErrorIs(t, err, outcome.ErrPoll)
		require.ErrorContains(t, err, "status 401")
	}
}
