package booking_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/booking"
)

const key = "the-key"

func client(t *testing.T, handler http.HandlerFunc) *booking.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	c, err := booking.New(server.URL, key, booking.Options{Backoff: time.Millisecond, Timeout: 500 * time.Millisecond})
	require.NoError(t, err)
	return c
}

func TestHeld(t *testing.T) {
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "/internal/v1/accounts/a%2Fb/orders", r.URL.EscapedPath())
		assert.Equal(t, "held,provisional", r.URL.Query().Get("states"))
		assert.Equal(t, "Bearer "+key, r.Header.Get("Authorization"))
		_, err := w.Write([]byte(`{"orders":[{"order_id":"o1","state":"held"},{"order_id":"o2","state":"confirmed"},{"order_id":"o3","state":"provisional"}]}`))
		assert.NoError(t, err)
	})
	held, err := c.Held(t.Context(), "a/b")
	require.NoError(t, err)
	assert.Equal(t, []enforcement.HeldOrder{{ID: "o1", State: "held"}, {ID: "o3", State: "provisional"}}, held)
}

func TestHeldReadsEveryPage(t *testing.T) {
	pages := map[string]string{
		"":  `{"orders":[{"order_id":"o1","state":"held"}],"next":"1"}`,
		"1": `{"orders":[{"order_id":"o2","state":"held"}],"next":"2"}`,
		"2": `{"orders":[{"order_id":"o3","state":"held"}]}`,
	}
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "held,provisional", r.URL.Query().Get("states"))
		_, err := w.Write([]byte(pages[r.URL.Query().Get("after")]))
		assert.NoError(t, err)
	})
	held, err := c.Held(t.Context(), "a")
	require.NoError(t, err)
	assert.Equal(t, []enforcement.HeldOrder{{ID: "o1", State: "held"}, {ID: "o2", State: "held"}, {ID: "o3", State: "held"}}, held)

	asked := 0
	endless := client(t, func(w http.ResponseWriter, _ *http.Request) {
		asked++
		_, err := fmt.Fprintf(w, `{"orders":[{"order_id":"o%d","state":"held"}],"next":"%d"}`, asked, asked)
		assert.NoError(t, err)
	})
	_, err = endless.Held(t.Context(), "a")
	assert.ErrorContains(t, err, "more than 100 pages", "half of a list is worse than none")
}

func TestWithdrawSendsReasonAndReceipt(t *testing.T) {
	c := client(t, func(_ http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "POST /internal/v1/orders/o1/withdraw", r.Method+" "+r.URL.Path)
		var body map[string]string
		assert.NoError(t, json.NewDecoder(r.Body).Decode(&body))
		assert.Equal(t, map[string]string{"reason_code": "pace", "receipt": "FG-1"}, body)
	})
	require.NoError(t, c.Withdraw(t.Context(), "o1", "pace", "FG-1"))
}

func TestTellLifted(t *testing.T) {
	status, body := http.StatusOK, `{"kind":"restriction_lifted","state":"queued"}`
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "POST /internal/v1/accounts/a1/notice", r.Method+" "+r.URL.Path)
		assert.Equal(t, "n1", r.Header.Get("Idempotency-Key"))
		sent, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		assert.JSONEq(t, `{"kind":"restriction_lifted"}`, string(sent))
		w.WriteHeader(status)
		_, err = w.Write([]byte(body))
		assert.NoError(t, err)
	})
	for _, tt := range []struct {
		name, body string
		status     int
		told       bool
	}{
		{"queued", body, http.StatusOK, true},
		{"no phone", `{"state":"none"}`, http.StatusOK, false},
		{"no account", `{"code":"not_found"}`, http.StatusNotFound, false},
	} {
		status, body = tt.status, tt.body
		told, err := c.TellLifted(t.Context(), "a1", "n1")
		require.NoError(t, err, tt.name)
		assert.Equal(t, tt.told, told, tt.name)
	}
	status, body = http.StatusForbidden, `{}`
	_, err := c.TellLifted(t.Context(), "a1", "n1")
	require.ErrorIs(t, err, booking.ErrRefused)
}

func TestAnswers(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		want   error
		asked  int32
	}{
		{"past the cut-off", 409, `{"code":"past_cutoff"}`, enforcement.ErrPastCutoff, 1},
		{"no place", 409, `{"code":"no_place"}`, enforcement.ErrNoPlace, 1},
		{"cancelled meanwhile", 409, `{"code":"invalid_state"}`, enforcement.ErrOrderGone, 1},
		{"unknown order", 404, `not json`, enforcement.ErrOrderGone, 1},
		{"wrong key", 401, `{"code":"wrong_key"}`, booking.ErrRefused, 1},
		{"broken", 500, ``, booking.ErrRefused, 3},
		{"busy", 429, `{}`, booking.ErrRefused, 3},
		{"redirect", 307, ``, booking.ErrRefused, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var asked atomic.Int32
			c := client(t, func(w http.ResponseWriter, _ *http.Request) {
				asked.Add(1)
				w.Header().Set("Location", "http://elsewhere.invalid/")
				w.WriteHeader(test.status)
				_, err := w.Write([]byte(test.body))
				assert.NoError(t, err)
			})
			err := c.Reinstate(t.Context(), "o1")
			require.ErrorIs(t, err, test.want)
			assert.Equal(t, test.asked, asked.Load())
			assert.NotContains(t, err.Error(), key)
		})
	}
}

func TestRetryAfterAFault(t *testing.T) {
	var asked atomic.Int32
	c := client(t, func(w http.ResponseWriter, r *http.Request) {
		switch asked.Add(1) {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			_, err := io.Copy(io.Discard, r.Body) // or the server would not see the client leave
			assert.NoError(t, err)
			<-r.Context().Done() // until the client's time limit
		}
	})
	require.NoError(t, c.Withdraw(t.Context(), "o1", "pace", ""))
	assert.EqualValues(t, 3, asked.Load())
}

func TestCancelledContextEndsTheWait(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := client(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		cancel()
	})
	require.ErrorIs(t, c.Withdraw(ctx, "o1", "pace", ""), context.Canceled)
}

func TestIDsThatArePathsAreRefused(t *testing.T) {
	c := client(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked for %s", r.URL) })
	for _, id := range []string{"", ".", ".."} {
		require.ErrorIs(t, c.Withdraw(t.Context(), id, "pace", ""), enforcement.ErrOrderGone)
		require.ErrorIs(t, c.Reinstate(t.Context(), id), enforcement.ErrOrderGone)
		held, err := c.Held(t.Context(), id)
		require.NoError(t, err)
		assert.Empty(t, held)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, base := range []string{"", "localhost:80", "ftp://h", "http://", "::"} {
		_, err := booking.New(base, key, booking.Options{})
		require.Error(t, err, base)
	}
	_, err := booking.New("http://h", "", booking.Options{})
	require.Error(t, err)
}
