package app

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/challenge"
	"fairgate/enforcement/hints"
	"fairgate/ingest"
	"fairgate/ingest/outcome"
	"fairgate/ingest/stream"
	"fairgate/ticketing"
)

func TestWhatTheBookingSystemTellsIsUnderstood(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 5, 10, 18, 0, 0, 0, time.UTC)
	wanted := map[ticketing.EventType]hints.Kind{
		ticketing.EventNoShow: hints.NoShow, ticketing.EventNoShowLifted: hints.NoShowLifted, ticketing.EventMismatched: hints.Mismatch,
	}
	for _, kind := range ticketing.EventTypes() {
		body, err := json.Marshal(map[string]any{"events": []ticketing.Event{{
			Seq: 1, ID: "e1", Type: kind, OccurredAt: ticketing.Millis{Time: at}, OrderID: "o1", AccountID: "a1", Pool: "main", Date: "2026-05-09",
			State: ticketing.StateConfirmed, Positions: 2,
		}}})
		require.NoError(t, err)
		records, err := outcome.Decode(body)
		require.NoError(t, err, kind)
		log := &innerLog{topics: stream.NewTopics("")}
		receiver, err := outcome.NewReceiver(log, log.topics.Outcomes, [][]byte{make([]byte, 32)}, outcome.ReceiverOptions{Site: "museum"})
		require.NoError(t, err)
		require.NoError(t, receiver.Publish(t.Context(), records))
		require.Len(t, log.people, 1, kind)
		f, ok, err := hints.FromOutcome(log.people[0].Value)
		require.NoError(t, err)
		require.Equal(t, wanted[kind] != "", ok, kind)
		if ok {
			assert.Equal(t, hints.Fact{
				Site: "museum", Account: "a1", Kind: wanted[kind], Subject: "o1", ID: "e1", Positions: 2,
				Day: time.Date(2026, 5, 9, 0, 0, 0, 0, time.UTC), At: at,
			}, f)
		}
	}
}

// told keeps the events that it is given.
type told struct{ events []*ingest.Event }

func (*told) Intend(context.Context, *ingest.Event) error { return nil }

func (r *told) Complete(_ context.Context, e *ingest.Event) error {
	r.events = append(r.events, e)
	return nil
}

func TestAWrongAnswerIsAnEvent(t *testing.T) {
	t.Parallel()
	var e Env
	e.Config.Site, e.Config.Gateway.Name = "museum", "gw1"
	to := &told{}
	tell := tellWrong(e, to)
	wrong := challenge.Wrong{
		Visitor: challenge.Visitor{Subject: ingest.Subject{Account: "a", Device: "d"}, Subnet: "203.0.113.0/24"},
		Scope:   challenge.Scope{Kind: ingest.KindOrderSubmit, Pool: "main"}, Time: time.Date(2026, 5, 1, 8, 0, 0, 1500, time.UTC), Nth: 1,
	}
	tell(t.Context(), wrong)
	tell(t.Context(), wrong)
	wrong.Nth = 2
	tell(t.Context(), wrong)
	require.Len(t, to.events, 3)
	first := to.events[0]
	assert.Equal(t, &ingest.Event{
		ID: first.ID, Time: time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC), Site: "museum", Gateway: "gw1", Kind: ingest.KindChallengeFailed,
		Subject: ingest.Subject{Account: "a", Device: "d"}, Client: ingest.Client{Subnet: "203.0.113.0/24"}, Order: ingest.Order{Pool: "main"},
	}, first)
	assert.Equal(t, first.ID, to.events[1].ID, "the same answer is the same event")
	assert.NotEqual(t, first.ID, to.events[2].ID)
}
