package ledger_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/ledger"
	"fairgate/ingest"
	"fairgate/ingest/outcome"
	"fairgate/rules"
	"fairgate/scoring"
)

var at = time.Date(2026, 9, 1, 10, 0, 0, 123e6, time.UTC)

func examples() map[ledger.Kind]any {
	return map[ledger.Kind]any{
		ledger.KindEvent:   &ingest.Event{ID: "e1", Time: at, Kind: ingest.KindOrderSubmit},
		ledger.KindVerdict: &scoring.Verdict{EventID: "e1", Stage: rules.StageAsync, Time: at, Action: ingest.Flag},
		ledger.KindAction:  &enforcement.Action{ID: "a1", Time: at, Kind: enforcement.ActionBlock},
		ledger.KindOutcome: &outcome.Record{ID: "o1", OccurredAt: at, OrderID: "order", Type: outcome.Held},
		ledger.KindLabel:   &enforcement.Label{ID: "l1", Time: at, Account: "anna", Value: enforcement.LabelHuman},
	}
}

func TestDecodeGivesBackWhatWasWritten(t *testing.T) {
	for kind, value := range examples() {
		t.Run(string(kind), func(t *testing.T) {
			data, err := json.Marshal(value)
			require.NoError(t, err)
			record, err := ledger.Decode(kind, data)
			require.NoError(t, err)
			assert.Equal(t, kind, record.Kind())
			assert.True(t, record.Kind().Valid())
			var back any
			for _, field := range []any{record.Event, record.Verdict, record.Action, record.Outcome, record.Label} {
				if assert.ObjectsAreEqual(value, field) {
					back = field
				}
			}
			assert.Equal(t, value, back)
		})
	}
}

func TestDecodeNamesWhatIsWrong(t *testing.T) {
	cases := map[string]struct {
		kind ledger.Kind
		data string
		says string
	}{
		"unknown kind":   {"receipts", `{}`, `kind "receipts"`},
		"no JSON":        {ledger.KindEvent, `{`, "decode events"},
		"null":           {ledger.KindEvent, `null`, "events.id is empty"},
		"no id":          {ledger.KindEvent, `{"time":"2026-09-01T10:00:00Z"}`, "events.id is empty"},
		"no time":        {ledger.KindEvent, `{"id":"x"}`, "events.time"},
		"before 1970":    {ledger.KindAction, `{"id":"x","kind":"block","time":"1960-01-01T00:00:00Z"}`, "actions.time"},
		"no stage":       {ledger.KindVerdict, `{"event_id":"x","time":"2026-09-01T10:00:00Z"}`, "verdicts.stage is empty"},
		"no order":       {ledger.KindOutcome, `{"id":"x","occurred_at":"2026-09-01T10:00:00Z"}`, "outcomes.order_id is empty"},
		"label of sorts": {ledger.KindLabel, `{"id":"x","account":"a","time":"2026-09-01T10:00:00Z","value":"robot"}`, `labels.value "robot"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := ledger.Decode(c.kind, []byte(c.data))
			require.ErrorIs(t, err, ledger.ErrInvalidRecord)
			assert.ErrorContains(t, err, c.says)
		})
	}
	require.ErrorIs(t, ledger.Record{}.Validate(), ledger.ErrInvalidRecord)
	assert.False(t, ledger.Record{}.Kind().Valid())
}

func FuzzDecode(f *testing.F) {
	for kind, value := range examples() {
		data, err := json.Marshal(value)
		require.NoError(f, err)
		f.Add(string(kind), data)
	}
	f.Add("events", []byte(`{"id":"x","time":"9999-01-01T00:00:00Z"}`))
	f.Fuzz(func(t *testing.T, kind string, data []byte) {
		record, err := ledger.Decode(ledger.Kind(kind), data)
		if err != nil {
			require.ErrorIs(t, err, ledger.ErrInvalidRecord)
			return
		}
		require.NoError(t, record.Validate())
		require.Equal(t, ledger.Kind(kind), record.Kind())
	})
}
