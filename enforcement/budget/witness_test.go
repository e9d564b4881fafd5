package budget_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/budget"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
)

// messages is a source that ends when it is empty.
type messages struct {
	values    []string
	committed []string
}

var errEmpty = errors.New("no more messages")

func (m *messages) Fetch(context.Context) (enforcement.Delivery, error) {
	if len(m.values) == 0 {
		return enforcement.Delivery{}, errEmpty
	}
	d := enforcement.Delivery{Value: []byte(m.values[0]), Handle: m.values[0]}
	m.values = m.values[1:]
	return d, nil
}

func (m *messages) Commit(_ context.Context, deliveries ...enforcement.Delivery) error {
	for _, d := range deliveries {
		m.committed = append(m.committed, string(d.Value))
	}
	return nil
}

func TestEvidenceComesFromOutcomesAndLabels(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := build(t, db, budget.Options{})
		outcomes := &messages{values: []string{
			`{"id":"1","type":"order.checked_in","occurred_at":"2026-04-28T08:00:00Z","site":"museum","order_id":"o1","account_id":"came"}`,
			`{"id":"2","type":"order.paid","occurred_at":"2026-04-28T08:00:00Z","site":"museum","order_id":"o2","account_id":"paid"}`,
			`{"id":"3","type":"order.checked_in","occurred_at":"2026-04-28T08:00:00Z","site":"museum","order_id":"o3"}`,
			`{"id":"4","type":"order.checked_in","occurred_at":"2026-04-28T08:00:00Z","site":"museum","order_id":"o4","account_id":"zero\u0000"}`,
			`not json`,
		}}
		labels := &messages{values: []string{
			`{"id":"1","time":"2026-04-28T08:00:00Z","site":"museum","account":"reviewed","value":"human","source":"review"}`,
			`{"id":"2","time":"2026-04-28T08:00:00Z","site":"museum","account":"appealed","value":"human","source":"appeal"}`,
			`{"id":"3","time":"2026-04-28T08:00:00Z","site":"museum","account":"sampled","value":"human","source":"sample"}`,
			`{"id":"4","time":"2026-04-28T08:00:00Z","site":"museum","account":"fed","value":"human","source":"report"}`,
			`{"id":"5","time":"2026-04-28T08:00:00Z","site":"museum","account":"unsure","value":"unknown","source":"review"}`,
			`{"id":"7","time":"2026-04-29T08:00:00Z","site":"museum","account":"reviewed","value":"scalper","source":"outcome"}`,
			`{"id":"6","time":"2026-04-29T08:00:00Z","site":"museum","account":"came","value":"scalper","source":"report"}`,
		}}
		for _, tt := range []struct {
			from *messages
			read func([]byte) (budget.Testimony, bool, error)
		}{{outcomes, budget.FromOutcome}, {labels, budget.FromLabel}} {
			all := append([]string(nil), tt.from.values...)
			require.ErrorIs(t, h.s.Witness(t.Context(), tt.from, tt.read), errEmpty)
			assert.Equal(t, all, tt.from.committed, "what says nothing is passed over")
		}
		for account, person := range map[string]bool{
			"paid": false, "reviewed": true, // which a mere hint does not change
			"appealed": true, "sampled": true, "fed": false, "unsure": false,
			"came": false, // and was found to be a scalper
		} {
			before := h.used()
			h.spend(blocked(account, rule("r-"+account)))
			assert.Equal(t, person, h.used() > before, account)
		}
		assert.Contains(t, h.logs.String(), "evidence passed over")
		assert.NotContains(t, h.logs.String(), "zero", "no account is in the log")
	})
}

// used is how many people all rules blocked in the hour of at.
func (h *house) used() (n int) {
	h.t.Helper()
	require.NoError(h.t, h.db.Read.QueryRowContext(h.t.Context(), `SELECT COUNT(*) FROM budget_spent`).Scan(&n))
	return n
}

func TestWitnessEndsWithItsContextWhileSQLIsAway(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := build(t, db, budget.Options{})
		_, err := db.Write.ExecContext(t.Context(), `DROP TABLE budget_evidence`)
		require.NoError(t, err)
		source := &messages{values: []string{
			`{"id":"1","type":"order.checked_in","occurred_at":"2026-04-28T08:00:00Z","site":"museum","order_id":"o1","account_id":"came"}`,
		}}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		require.NoError(t, h.s.Witness(ctx, source, budget.FromOutcome))
		assert.Empty(t, source.committed, "it is delivered again")
	})
}

func FuzzEvidence(f *testing.F) {
	f.Add([]byte(`{"type":"order.checked_in","occurred_at":"2026-04-28T08:00:00Z","site":"m","account_id":"a"}`))
	f.Add([]byte(`{"time":"2026-04-28T08:00:00Z","site":"m","account":"a","value":"human","source":"review"}`))
	f.Add([]byte(`{"time":"0001-01-01T00:00:00Z","value":"scalper"}`))
	f.Fuzz(func(t *testing.T, value []byte) {
		for _, read := range []func([]byte) (budget.Testimony, bool, error){budget.FromOutcome, budget.FromLabel} {
			got, ok, err := read(value)
			if err != nil {
				assert.False(t, ok)
			}
			if ok {
				assert.True(t, got.Kind.Valid() && got.Site != "" && got.Account != "" && !got.At.IsZero(), "%+v", got)
			}
		}
	})
}
