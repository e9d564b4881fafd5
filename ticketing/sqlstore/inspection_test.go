package sqlstore_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/document"
	"fairgate/ticketing/inspection"
)

func (m *museum) book(t *testing.T, account, date, slot string, numbers ...int) ticketing.Order {
	t.Helper()
	b := ticketing.Booking{Pool: "main", Date: date, Slot: slot}
	for _, n := range numbers {
		b.Visitors = append(b.Visitors, ticketing.Visitor{
			Name: "Ann", Phone: "13900000001", Type: document.Passport, Number: fmt.Sprintf("P%07d", n), Nationality: "GBR",
		})
	}
	o, err := m.Book(t.Context(), ticketing.Call{}, account, b)
	require.NoError(t, err)
	return o
}

// sound makes pools of every form, with bookings, cancels, moves and transfers
// that all went well.
func (m *museum) sound(t *testing.T) (account string) {
	t.Helper()
	ctx := t.Context()
	_, err := m.PutPool(ctx, ticketing.Call{}, ticketing.PoolChange{
		Pool: ticketing.Pool{ID: "main", Name: "Main hall", LimitPerOrder: 5, Hold: time.Minute, Cutoff: time.Hour},
		Days: []ticketing.DayCapacity{{Date: "2026-05-10", Capacity: 30}, {Date: "2026-05-11", Capacity: 30}, {Date: "2026-05-12", Slots: []ticketing.SlotCapacity{
			{Start: "09:00", End: "10:00", Capacity: 9}, {Start: "10:00", End: "11:00", Capacity: 9},
		}}},
	})
	require.NoError(t, err)
	at := time.UnixMilli(m.now.Load())
	_, err = m.PutRelease(ctx, ticketing.Call{}, "main", "2026-05-11", []ticketing.StagePlan{{At: at, Quantity: 10}, {At: at.Add(time.Hour), Quantity: 10}})
	require.NoError(t, err)
	_, err = m.FireReleases(ctx)
	require.NoError(t, err)
	a, err := m.Register(ctx, ticketing.Call{}, "13800000001", "correct horse")
	require.NoError(t, err)
	b, err := m.Register(ctx, ticketing.Call{}, "13800000002", "correct horse")
	require.NoError(t, err)
	m.book(t, a.ID, "2026-05-10", "", 1, 2)
	staged := m.book(t, a.ID, "2026-05-11", "", 3, 4)
	m.book(t, a.ID, "2026-05-12", "09:00", 5)
	_, err = m.CancelPositions(ctx, ticketing.Call{}, a.ID, staged.ID, []string{staged.Positions[0].ID})
	require.NoError(t, err)
	moved := m.book(t, a.ID, "2026-05-11", "", 6)
	_, err = m.ChangeDate(ctx, ticketing.Call{}, a.ID, moved.ID, "2026-05-12", "10:00")
	require.NoError(t, err)
	_, err = m.Transfer(ctx, ticketing.Call{}, a.ID, moved.ID, ticketing.Transfer{ToAccountID: b.ID})
	require.NoError(t, err)
	return a.ID
}

func TestASoundHouseHasNoFindingsAndEveryFaultIsFound(t *testing.T) {
	t.Parallel()
	for name, dsn := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, target := t.Context(), dsn(t)
			m := newMuseum(t, target)
			account := m.sound(t)
			inspector, err := inspection.New(m.store.Inspection(), func() time.Time { return time.UnixMilli(m.now.Load()) },
				inspection.Options{Limits: inspection.Limits{Places: 10, Orders: 5, Transfers: 2, Cancels: 3}})
			require.NoError(t, err)
			standing, err := inspector.Inspect(ctx)
			require.NoError(t, err)
			assert.Empty(t, standing)

			db := rawDB(t, target)
			broken := map[inspection.Kind]string{
				inspection.StockMismatch:      `UPDATE pool_days SET remaining = remaining - 1 WHERE day = '2026-05-10'`,
				inspection.SlotMismatch:       `UPDATE pool_slots SET remaining = remaining - 1 WHERE starts = '09:00'`,
				inspection.StageMismatch:      `UPDATE release_parts SET taken = taken - 1 WHERE taken > 0`,
				inspection.StageUnfired:       `UPDATE release_stages SET release_at = 1 WHERE fired_at = 0`,
				inspection.SecretMissing:      `UPDATE positions SET secret = '' WHERE day = '2026-05-10'`,
				inspection.ProvisionalOverdue: `UPDATE orders SET provisional_until = 1 WHERE state = 'provisional' AND day = '2026-05-10'`,
				inspection.Unscanned: `INSERT INTO no_show_days (pool_id, day, outcome, expected, missed, judged_at)
					VALUES ('main', '2026-04-30', 'unscanned', 5, 0, 1)`,
				inspection.ScanOrphan: `INSERT INTO checkin_states (position_id, order_id, first_at, entries, inside, last_at, last_gate, last_terminal_id)
					VALUES ('nobody', 'no-order', 1, 1, 1, 9000000000000, 'g', 't')`,
			}
			for kind, statement := range broken {
				_, err := db.ExecContext(ctx, statement)
				require.NoError(t, err, kind)
			}
			m.flows(t, account)
			m.pass(20 * time.Minute)
			standing, err = inspector.Inspect(ctx)
			require.NoError(t, err)
			for _, kind := range []inspection.Kind{
				inspection.StockMismatch, inspection.SlotMismatch, inspection.SlotSumMismatch, inspection.StageMismatch, inspection.StageUnfired,
				inspection.SecretMissing, inspection.ProvisionalOverdue, inspection.HoldOverdue, inspection.Unscanned, inspection.ScanOrphan,
				inspection.OutboxLag, inspection.CancelSpike, inspection.AccountHoard, inspection.PhoneSpread, inspection.TransferChain,
			} {
				assert.Equal(t, 1, standing[kind], kind)
			}
			all, err := inspector.Findings(ctx, inspection.Query{State: inspection.Open, Limit: 100})
			require.NoError(t, err)
			var stock inspection.Finding
			for _, f := range all {
				assert.Equal(t, f.Kind.Severity(), f.Severity)
				if f.Kind == inspection.StockMismatch {
					stock = f
				}
				assert.NotContains(t, f.Subject, "139")
			}
			assert.Equal(t, []string{"main", "2026-05-10", "16", "15"}, []string{stock.Pool, string(stock.Date), stock.Expected, stock.Found})

			acknowledged, err := inspector.Acknowledge(ctx, stock.ID, "wang", "counting")
			require.NoError(t, err)
			assert.Equal(t, inspection.Acknowledged, acknowledged.State)
			m.pass(time.Minute)
			_, err = inspector.Inspect(ctx)
			require.NoError(t, err)
			kept, err := inspector.Findings(ctx, inspection.Query{State: inspection.Acknowledged, Limit: 10})
			require.NoError(t, err)
			require.Len(t, kept, 1)
			assert.Equal(t, 2, kept[0].Count)
			assert.Equal(t, "wang", kept[0].AcknowledgedBy)
			_, err = db.ExecContext(ctx, `UPDATE pool_days SET remaining = remaining + 1 WHERE day = '2026-05-10'`)
			require.NoError(t, err)
			m.pass(time.Minute)
			_, err = inspector.Inspect(ctx)
			require.NoError(t, err)
			gone, err := inspector.Findings(ctx, inspection.Query{State: inspection.Resolved, Limit: 10})
			require.NoError(t, err)
			require.Len(t, gone, 1, "resolved by itself")
			assert.Equal(t, stock.ID, gone[0].ID)
		})
	}
}

// flows makes what is odd: hoarding, a phone everywhere, an order handed on, many
// cancels within an hour, a hold nobody released, and nothing delivered.
func (m *museum) flows(t *testing.T, account string) {
	t.Helper()
	ctx := t.Context()
	for i := range 4 {
		m.book(t, account, "2026-05-10", "", 100+3*i, 101+3*i, 102+3*i)
	}
	for i := range 3 {
		o := m.book(t, account, "2026-05-11", "", 200+i)
		_, err := m.Cancel(ctx, ticketing.Call{}, account, o.ID)
		require.NoError(t, err)
	}
	other, err := m.Register(ctx, ticketing.Call{}, "13800000003", "correct horse")
	require.NoError(t, err)
	o := m.book(t, account, "2026-05-12", "10:00", 300)
	_, err = m.Transfer(ctx, ticketing.Call{}, account, o.ID, ticketing.Transfer{ToAccountID: other.ID})
	require.NoError(t, err)
	_, err = m.Transfer(ctx, ticketing.Call{}, other.ID, o.ID, ticketing.Transfer{ToAccountID: account})
	require.NoError(t, err)
	b := ticketing.Booking{Pool: "main", Date: "2026-05-11", Hold: true, Visitors: []ticketing.Visitor{
		{Name: "Ann", Type: document.Passport, Number: "P0000400", Nationality: "GBR"},
	}}
	_, err = m.Book(ctx, ticketing.Call{}, account, b)
	require.NoError(t, err)
}

func TestAnOrderWithoutPositionsIsFound(t *testing.T) {
	t.Parallel()
	for name, dsn := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, dsn(t))
			at := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
			require.NoError(t, s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error {
				if err := tx.PutPool(ctx, ticketing.Pool{ID: "p", Name: "p", LimitPerOrder: 1, Hold: time.Second}); err != nil {
					return err
				}
				if err := tx.PutDay(ctx, "p", "2026-05-10", 5); err != nil {
					return err
				}
				if err := tx.InsertAccount(ctx, ticketing.Account{ID: "a", PhoneKey: bytes.Repeat([]byte{1}, 32), PhoneSealed: []byte{1}}); err != nil {
					return err
				}
				o := ticketing.Order{ID: "o", AccountID: "a", Pool: "p", Date: "2026-05-10", State: ticketing.StateConfirmed, Positions: []ticketing.Position{
					{ID: "x", NameSealed: []byte{1}, DocumentKey: []byte{1}, DocumentSealed: []byte{1}, Secret: "s"},
				}}
				if err := tx.InsertOrder(ctx, o); err != nil {
					return err
				}
				return tx.CancelPositions(ctx, "o", []string{"x"}, at)
			}))
			seen, err := s.Inspection().Observe(t.Context(), inspection.OrderEmpty, at, inspection.Limits{Most: 10})
			require.NoError(t, err)
			require.Len(t, seen, 1)
			assert.Equal(t, "o", seen[0].Subject)
			_, err = s.Inspection().Observe(t.Context(), "nothing", at, inspection.Limits{Most: 10})
			require.Error(t, err)
		})
	}
}
