package main

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/app"
	"fairgate/ticketing"
	"fairgate/ticketing/checkin"
)

// TestADayAtTheGates books through the gateway and goes in at the gates, which
// are on the booking system's own address, and sees the ledger told.
func TestADayAtTheGates(t *testing.T) {
	s, _ := startService(t, app.DevOptions{Data: t.TempDir()})
	today := string(ticketing.DateOf(time.Now()))
	require.NoError(t, house(t.Context(), http.MethodPut, "http://"+s.ticketing+"/internal/v1/pools/main", s.operationsKey, map[string]any{
		"name": "Bronzes", "limit_per_order": 5, "hold_seconds": 600, "days": []map[string]any{{"date": today, "capacity": 20}},
	}, nil))
	guest, hesitant := newcomer(t, s.gateway), newcomer(t, s.gateway)
	entered := time.Now()
	takesTime(t, entered)
	booked := guest.must(t, http.MethodPost, "/api/v1/orders", booking("main", today))
	require.Equal(t, http.StatusCreated, booked.status, "%s", booked.body)
	order := booked.field("order_id")
	north, south := s.terminal(t, "North", "north"), s.terminal(t, "South", "south")

	code := guest.ticket(t, order)
	first := north.scan(t, uuid.NewString(), code)
	assert.True(t, first.Accepted, first.Reason)
	assert.Equal(t, "already_redeemed", south.scan(t, uuid.NewString(), code).Reason)
	assert.Equal(t, "forged", north.scan(t, uuid.NewString(), code[:len(code)-4]+"AAAA").Reason)
	late := guest.must(t, http.MethodPost, "/api/v1/orders/"+order+"/cancel", "")
	assert.Equal(t, http.StatusConflict, late.status, "who is in cannot give the place back: %s", late.body)

	t.Run("a cancel that crosses a check-in", func(t *testing.T) {
		r := hesitant.must(t, http.MethodPost, "/api/v1/orders", booking("main", today))
		require.Equal(t, http.StatusCreated, r.status, "%s", r.body)
		order := r.field("order_id")
		code := hesitant.ticket(t, order)
		var cancelled reply
		var scanned scanned
		var both sync.WaitGroup
		both.Go(func() {
			cancelled, _ = hesitant.send(t.Context(), http.MethodPost, "/api/v1/orders/"+order+"/cancel", "")
		})
		both.Go(func() { scanned = north.scan(t, uuid.NewString(), code) })
		both.Wait()
		assert.NotEqual(t, cancelled.status == http.StatusOK, scanned.Accepted, "exactly one wins: %d %s", cancelled.status, scanned.Reason)
	})
	t.Run("nobody reaches the gates from outside", func(t *testing.T) {
		r := newVisitor(s.gateway).must(t, http.MethodPost, "/terminal/v1/scans", `{}`)
		assert.Equal(t, http.StatusNotFound, r.status)
	})
	require.Eventually(t, func() bool {
		return s.sample(t, "fairgate_outcome_records_total", `type="order.checked_in"`) >= 1
	}, 10*time.Second, 100*time.Millisecond, "the outcome arrives")
}

// ticket is the code of an order's only ticket.
func (v *visitor) ticket(t *testing.T, order string) string {
	t.Helper()
	var shown struct {
		Positions []struct {
			Ticket string `json:"ticket"`
		} `json:"positions"`
	}
	r := v.must(t, http.MethodGet, "/api/v1/orders/"+order, "")
	require.NoError(t, json.Unmarshal(r.body, &shown))
	require.Len(t, shown.Positions, 1)
	require.NotEmpty(t, shown.Positions[0].Ticket, "%s", r.body)
	return shown.Positions[0].Ticket
}

// terminal is a device at a gate that has signed in.
type terminal struct {
	base, token string
}

type scanned struct {
	Accepted bool   `json:"accepted"`
	Reason   string `json:"reason"`
}

func (s *service) terminal(t *testing.T, name, gate string) *terminal {
	t.Helper()
	base := "http://" + s.ticketing
	var made struct {
		ID  string `json:"terminal_id"`
		Key string `json:"key"`
	}
	require.NoError(t, house(t.Context(), http.MethodPost, base+"/internal/v1/terminals", s.operationsKey, map[string]any{
		"name": name, "kind": "handheld", "gate": gate, "pools": []string{"main"},
	}, &made))
	key, err := checkin.ParseKey(made.Key)
	require.NoError(t, err)
	nonce, now := uuid.NewString(), time.Now().UTC().Truncate(time.Millisecond)
	var session struct {
		Token string `json:"session_token"`
	}
	require.NoError(t, house(t.Context(), http.MethodPost, base+"/terminal/v1/sessions", "", map[string]any{
		"terminal_id": made.ID, "nonce": nonce, "clock": now.Format(time.RFC3339Nano), "app_version": "1.0",
		"signature": base64.RawURLEncoding.EncodeToString(key.Sign(made.ID, nonce, now, "1.0")),
	}, &session))
	require.NotEmpty(t, session.Token)
	return &terminal{base: base, token: session.Token}
}

func (g *terminal) scan(t *testing.T, nonce, code string) scanned {
	t.Helper()
	var out scanned
	assert.NoError(t, house(t.Context(), http.MethodPost, g.base+"/terminal/v1/scans", g.token, map[string]any{
		"nonce": nonce, "code": code, "scanned_at": time.Now().UTC().Format(time.RFC3339Nano),
	}, &out), "nonce %s", nonce)
	return out
}
