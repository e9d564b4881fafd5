package outcome_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/ingest/outcome"
)

func TestReportsAsEvents(t *testing.T) {
	at := time.Date(2026, 5, 3, 9, 0, 0, 123_456_789, time.FixedZone("", 8*3600))
	report := outcome.Record{
		ID: "r-1", Type: outcome.HoldExpired, OccurredAt: at, Site: "museum", OrderID: "o-1", AccountID: "a-1", FromAccountID: "a-0",
		Pool: "hall", Date: "2026-05-09", State: "expired", Positions: 4, Channel: "agency", RequestID: "q",
	}
	e, ok := outcome.Event(report)
	require.True(t, ok)
	require.NoError(t, e.Validate())
	again, _ := outcome.Event(report)
	assert.Equal(t, e, again, "a repeat is the same event")
	other := report
	other.Site = "elsewhere"
	elsewhere, _ := outcome.Event(other)
	assert.NotEqual(t, e.ID, elsewhere.ID)
	e.ID = ""
	assert.Equal(t, ingest.Event{
		Time: at.UTC().Truncate(time.Millisecond), Site: "museum", Kind: ingest.KindHoldExpired, Subject: ingest.Subject{Account: "a-1"},
		Order:   ingest.Order{ID: "o-1", Pool: "hall", Day: "2026-05-09", Positions: 4, Channel: "agency"},
		Outcome: ingest.Outcome{OrderState: "expired"},
	}, e)

	for _, c := range []struct {
		of        outcome.Type
		requestID string
		kind      ingest.Kind
		account   string
	}{
		{outcome.Held, "q", ingest.KindOrderGranted, "a-1"},
		{outcome.Provisional, "q", ingest.KindOrderGranted, "a-1"},
		{outcome.Confirmed, "q", ingest.KindOrderGranted, "a-1"},
		{outcome.Confirmed, "", "", ""}, // by time: granted before
		{outcome.Paid, "q", "", ""},
		{outcome.Cancelled, "q", "", ""},
		{outcome.Transferred, "q", ingest.KindOrderTransferred, "a-0"}, // who gave it away
		{outcome.Refunded, "", ingest.KindOrderRefunded, "a-1"},
		{outcome.CheckedIn, "", ingest.KindOrderCheckedIn, "a-1"},
		{outcome.NoShow, "", ingest.KindOrderNoShow, "a-1"},
		{outcome.Withdrawn, "", "", ""},
	} {
		r := report
		r.Type, r.RequestID = c.of, c.requestID
		e, ok := outcome.Event(r)
		assert.Equal(t, c.kind != "", ok, c.of)
		assert.Equal(t, c.kind, e.Kind, c.of)
		assert.Equal(t, c.account, e.Subject.Account, c.of)
		if ok {
			assert.False(t, e.Kind.Asked(), "no route can have it")
		}
	}
}

// log is a Publisher that remembers what went where.
type log struct {
	mu   sync.Mutex
	went map[string][]string
}

func (l *log) Publish(_ context.Context, topic, key string, values ...[]byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, v := range values {
		l.went[topic+" "+key] = append(l.went[topic+" "+key], string(v))
	}
	return nil
}

// A report is published twice: as it came, and as an event.
func TestReceiverTellsEvents(t *testing.T) {
	l := &log{went: map[string][]string{}}
	r, err := outcome.NewReceiver(l, "outcomes", [][]byte{newKey}, outcome.ReceiverOptions{Site: "museum", Events: "events"})
	require.NoError(t, err)
	require.NoError(t, r.Publish(t.Context(), []outcome.Record{
		{ID: "1", Type: outcome.HoldExpired, OccurredAt: now, OrderID: "o", AccountID: "a"},
	}))
	require.Len(t, l.went["outcomes a"], 1)
	require.Len(t, l.went["events a"], 1)
	var e ingest.Event
	require.NoError(t, json.Unmarshal([]byte(l.went["events a"][0]), &e))
	assert.Equal(t, ingest.KindHoldExpired, e.Kind)
	assert.Equal(t, "museum", e.Site)
	require.NoError(t, r.Publish(t.Context(), []outcome.Record{{ID: "2", Type: outcome.Paid, OccurredAt: now, OrderID: "o", AccountID: "a"}}))
	assert.Len(t, l.went["events a"], 1, "what a request said already is not told again")
}
