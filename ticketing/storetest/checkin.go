package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/checkin"
)

// OpenGates makes an empty store with the part of it that check-in uses.
type OpenGates func(t *testing.T) (Store, checkin.Store)

// RunCheckIn runs the suite of what check-in asks of a store; each case gets a
// store of its own.
func RunCheckIn(t *testing.T, open OpenGates) {
	t.Helper()
	cases := map[string]func(*testing.T, Store, checkin.Store){
		"terminals":              terminals,
		"sign-ins and apps":      signIns,
		"audit of terminals":     terminalAudit,
		"scans, states, counts":  scans,
		"what is booked":         booked,
		"lists and what changed": lists,
		"rounds leave no trace":  undone,
	}
	for name, run := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, gates := open(t)
			run(t, s, gates)
		})
	}
}

func atGates(t *testing.T, s checkin.Store, fn func(ctx context.Context, tx checkin.Tx) error) {
	t.Helper()
	require.NoError(t, s.Update(t.Context(), fn))
}

func seen(t *testing.T, s checkin.Store, fn func(ctx context.Context, r checkin.Reader) error) {
	t.Helper()
	require.NoError(t, s.View(t.Context(), fn))
}

func terminal(id, name string) checkin.Terminal {
	return checkin.Terminal{
		ID: id, Name: name, Kind: checkin.Standing, Gate: "north", Pools: []string{pool, "other"}, CreatedAt: start(),
		SignPublic: []byte{0, 1}, SealPublic: []byte{2, 255},
	}
}

func terminals(t *testing.T, _ Store, s checkin.Store) {
	t.Helper()
	one, two := terminal("t1", "二"), terminal("t2", "a")
	two.SessionHash, two.SessionExpiresAt, two.SignedInAt, two.SeenAt = []byte{9}, start().Add(time.Hour), start(), start()
	two.Skew, two.AppVersion = -3*time.Second, "1.2"
	atGates(t, s, func(ctx context.Context, tx checkin.Tx) error {
		return errors.Join(tx.InsertTerminal(ctx, one), tx.InsertTerminal(ctx, two))
	})
	read := func() []checkin.Terminal {
		var all []checkin.Terminal
		seen(t, s, func(ctx context.Context, r checkin.Reader) (err error) {
			all, err = r.AllTerminals(ctx)
			return err
		})
		return all
	}
	assert.Equal(t, []checkin.Terminal{two, one}, read(), "in order of bytes, whatever the collation")
	seen(t, s, func(ctx context.Context, r checkin.Reader) error {
		some, err := r.Terminals(ctx, []string{"t1", "none", "t3"})
		assert.Equal(t, []checkin.Terminal{one}, some)
		none, nerr := r.Terminals(ctx, nil)
		assert.Empty(t, none)
		return errors.Join(err, nerr)
	})
	refused := func(fn func(ctx context.Context, tx checkin.Tx) error) error { return s.Update(t.Context(), fn) }
	require.ErrorIs(t, refused(func(ctx context.Context, tx checkin.Tx) error { return tx.InsertTerminal(ctx, terminal("t3", "a")) }), checkin.ErrNameTaken)
	taken := one
	taken.Name = "a"
	require.ErrorIs(t, refused(func(ctx context.Context, tx checkin.Tx) error { return tx.UpdateTerminal(ctx, taken) }), checkin.ErrNameTaken)
	require.ErrorIs(t, refused(func(ctx context.Context, tx checkin.Tx) error { return tx.UpdateTerminal(ctx, terminal("t9", "z")) }), ticketing.ErrNotFound)
	two.RevokedAt, two.SessionHash, two.Gate, two.Pools, two.SignPublic = start(), nil, "south", []string{"x"}, []byte{7}
	one.Name = "a"
	atGates(t, s, func(ctx context.Context, tx checkin.Tx) error { return tx.UpdateTerminal(ctx, two) })
	atGates(t, s, func(ctx context.Context, tx checkin.Tx) error { return tx.UpdateTerminal(ctx, one) })
	assert.Equal(t, []checkin.Terminal{one, two}, read(), "a revoked one's name is free")
}

func signIns(t *testing.T, _ Store, s checkin.Store) {
	t.Helper()
	atGates(t, s, func(ctx context.Context, tx checkin.Tx) error {
		return errors.Join(tx.InsertTerminal(ctx, terminal("t1", "a")), tx.InsertTerminal(ctx, terminal("t2", "b")),
			tx.RememberSignIn(ctx, "t1", "n", start()), tx.RememberSignIn(ctx, "t2", "n", start()), tx.RememberSignIn(ctx, "t1", "m", start()))
	})
	err := s.Update(t.Context(), func(ctx context.Context, tx checkin.Tx) error {
		return tx.RememberSignIn(ctx, "t1", "n", start().Add(time.Hour))
	})
	require.ErrorIs(t, err, checkin.ErrReplayed)
	app := checkin.App{Kind: checkin.Handheld, Minimum: "1", Latest: "2", NoticeZH: "升", NoticeEN: "up", URL: "https://x", SetAt: start()}
	for _, latest := range []string{"2", "3"} {
		app.Latest = latest
		atGates(t, s, func(ctx context.Context, tx checkin.Tx) error { return tx.PutApp(ctx, app) })
	}
	seen(t, s, func(ctx context.Context, r checkin.Reader) error {
		apps, err := r.Apps(ctx)
		assert.Equal(t, []checkin.App{app}, apps)
		return err
	})
}

func terminalAudit(t *testing.T, _ Store, s checkin.Store) {
	t.Helper()
	for _, what := range []string{"register", "change", "revoke"} {
		atGates(t, s, func(ctx context.Context, tx checkin.Tx) error {
			return tx.RecordTerminalChange(ctx, checkin.Change{
				Subject: "t1", At: ticketing.Millis{Time: start()}, Who: "王", What: what,
				Before: json.RawMessage(`null`), After: json.RawMessage(`{"a":1}`),
			})
		})
	}
	seen(t, s, func(ctx context.Context, r checkin.Reader) error {
		got, err := r.TerminalChanges(ctx, 1, 1)
		require.Len(t, got, 1)
		assert.Equal(t, checkin.Change{
			Seq: 2, Subject: "t1", At: ticketing.Millis{Time: start()}, Who: "王", What: "change",
			Before: json.RawMessage(`null`), After: json.RawMessage(`{"a":1}`),
		}, got[0])
		return err
	})
}

// scans holds that scans are numbered and read by their keys with all parts,
// that states are replaced but for their beginning, and that counts add up.
func scans(t *testing.T, store Store, s checkin.Store) {
	t.Helper()
	scan := func(key string, part int) checkin.Scan {
		return checkin.Scan{
			Key: key, Part: part, Fingerprint: []byte{0, 255}, TerminalID: "t1", Gate: "north", Pool: pool, PositionID: "p", OrderID: "o",
			Direction: checkin.Entry, Accepted: true, Reason: checkin.OK, ScannedAt: start(), At: start(), RecordedAt: start(), Skew: -time.Second,
		}
	}
	late := scan("t1/c", 0)
	late.Conflict, late.Offline, late.PriorAt, late.PriorGate, late.PriorName = checkin.AlreadyRedeemed, true, start(), "south", "南"
	line := checkin.Count{Day: day, TerminalID: "t1", Gate: "north", Pool: pool, Reason: checkin.OK, Entries: 2, People: 1, Inside: 1, LastAt: start()}
	state := checkin.State{PositionID: "p", OrderID: "o", FirstAt: start(), Entries: 1, Inside: true, LastAt: start(), LastGate: "north", LastTerminalID: "t1"}
	atGates(t, s, func(ctx context.Context, tx checkin.Tx) error {
		return errors.Join(tx.InsertTerminal(ctx, terminal("t1", "a")),
			tx.Record(ctx, []checkin.Scan{scan("t1/b", 0), scan("t1/b", 1), scan("t1/a", 0)}, []checkin.State{state}, []checkin.Count{line}))
	})
	out, refused := line, line
	out.Exits, out.Inside, out.People, out.Entries, out.LastAt = 1, -1, 0, 0, start().Add(-time.Hour)
	refused.Reason, refused.Refused, refused.Entries, refused.Conflicts = checkin.TooLate, 3, 0, 1
	later := state
	later.Entries, later.Inside, later.LastGate, later.FirstAt = 2, false, "south", start().Add(time.Hour)
	many := make([]checkin.Scan, 300)
	for i := range many {
		many[i] = scan("t1/many", i)
	}
	atGates(t, s, func(ctx context.Context, tx checkin.Tx) error {
		return tx.Record(ctx, append([]checkin.Scan{late}, many...), []checkin.State{later}, []checkin.Count{out, refused})
	})
	numbered := func(s checkin.Scan, seq int64) checkin.Scan { s.Seq = seq; return s }
	seen(t, s, func(ctx context.Context, r checkin.Reader) error {
		got, err := r.Scans(ctx, []string{"t1/a", "t1/b", "t1/none"})
		assert.Equal(t, []checkin.Scan{numbered(scan("t1/a", 0), 3), numbered(scan("t1/b", 0), 1), numbered(scan("t1/b", 1), 2)}, got)
		all, aerr := r.Scans(ctx, []string{"t1/many"})
		assert.Len(t, all, 300)
		conflicts, cerr := r.Conflicts(ctx, 0, 10)
		assert.Equal(t, []checkin.Scan{numbered(late, 4)}, conflicts)
		none, nerr := r.Conflicts(ctx, 4, 10)
		assert.Empty(t, none)
		counts, nerr2 := r.Counts(ctx, day)
		line.Exits, line.Inside = 1, 0
		assert.Equal(t, []checkin.Count{line, refused}, counts, "added up, with the latest moment")
		other, oerr := r.Counts(ctx, "2026-05-11")
		assert.Empty(t, other)
		return errors.Join(err, aerr, cerr, nerr, nerr2, oerr)
	})
	err := s.Update(t.Context(), func(ctx context.Context, tx checkin.Tx) error {
		return tx.Record(ctx, []checkin.Scan{scan("t1/a", 0)}, nil, nil)
	})
	require.Error(t, err, "a key and part are there once")
	view(t, store, func(ctx context.Context, r ticketing.Reader) error {
		entered, err := r.Entered(ctx, "o")
		assert.Equal(t, []string{"p"}, entered)
		none, nerr := r.Entered(ctx, "o2")
		assert.Empty(t, none)
		return errors.Join(err, nerr)
	})
}

func booked(t *testing.T, store Store, s checkin.Store) {
	t.Helper()
	seed(t, store, 10)
	first, other := order("o1", "d1"), order("o2", "d2")
	first.Slot, first.Positions = "09:00", append(first.Positions, position("d3"), position("d4"))
	other.Date = "2026-05-11"
	update(t, store, func(ctx context.Context, tx ticketing.Tx) error {
		return errors.Join(tx.PutPool(ctx, ticketing.Pool{ID: "slotted", Name: "x", LimitPerOrder: 1, Hold: time.Second}),
			tx.PutSlots(ctx, pool, day, []ticketing.Slot{{Start: "09:00", End: "10:30", Capacity: 5}}),
			tx.InsertOrder(ctx, first), tx.InsertOrder(ctx, other))
	})
	gone := first.Positions[2]
	update(t, store, func(ctx context.Context, tx ticketing.Tx) error {
		return tx.CancelPositions(ctx, "o1", []string{gone.ID}, start())
	})
	p := first.Positions[0]
	atGates(t, s, func(ctx context.Context, tx checkin.Tx) error {
		return errors.Join(tx.InsertTerminal(ctx, terminal("t1", "北")), tx.Record(ctx, []checkin.Scan{{
			Key: "k", Fingerprint: []byte{1}, TerminalID: "t1", Direction: checkin.Entry, Reason: checkin.OK,
		}}, []checkin.State{{PositionID: p.ID, OrderID: "o1", FirstAt: start(), Entries: 1, Inside: true, LastAt: start(), LastGate: "north", LastTerminalID: "t1"}}, nil))
	})
	read := func(w checkin.Wanted) []checkin.Booked {
		var got []checkin.Booked
		seen(t, s, func(ctx context.Context, r checkin.Reader) (err error) {
			got, err = r.Booked(ctx, w)
			return err
		})
		return got
	}
	one := read(checkin.Wanted{Positions: []string{p.ID, "none", "none either"}})
	require.Len(t, one, 1)
	b := one[0]
	assert.Equal(t, []any{p.ID, "o1", "a", pool, day, ticketing.Clock("09:00"), ticketing.Clock("10:30"), ticketing.StateHeld, 2},
		[]any{b.ID, b.OrderID, b.AccountID, b.Pool, b.Date, b.Slot, b.SlotEnd, b.State, b.OrderSize})
	assert.Equal(t, []any{p.Secret, p.AdultID, p.Product, p.Unit, p.DocumentKey, p.DocumentSealed},
		[]any{b.Secret, b.AdultID, b.Product, b.Unit, b.DocumentKey, b.DocumentSealed})
	assert.Equal(t, start().Add(time.Minute), b.HoldExpiresAt)
	assert.Equal(t, checkin.State{PositionID: p.ID, OrderID: "o1", FirstAt: start(), Entries: 1, Inside: true, LastAt: start(), LastGate: "north", LastTerminalID: "t1"}, b.Entry)
	assert.Equal(t, "北", b.LastTerminal)
	cancelled := read(checkin.Wanted{Positions: []string{gone.ID}})
	require.Len(t, cancelled, 1)
	assert.True(t, cancelled[0].Cancelled)
	assert.Equal(t, checkin.State{}, cancelled[0].Entry)

	whole := read(checkin.Wanted{Orders: []string{"o2", "o1", "none"}})
	require.Len(t, whole, 3, "without the cancelled one")
	assert.Equal(t, []string{p.ID, first.Positions[1].ID}, []string{whole[0].ID, whole[1].ID}, "in order")
	assert.Empty(t, whole[2].SlotEnd)

	documents := read(checkin.Wanted{Documents: [][]byte{[]byte("d1"), []byte("d2"), []byte("d4")}, Days: []ticketing.Date{day}})
	require.Len(t, documents, 1, "of the day, and in force")
	assert.Equal(t, p.ID, documents[0].ID)
	assert.Len(t, read(checkin.Wanted{Documents: [][]byte{[]byte("d2"), []byte("d1")}, Days: []ticketing.Date{day, "2026-05-11"}}), 2)
	assert.Empty(t, read(checkin.Wanted{}))
	seen(t, s, func(ctx context.Context, r checkin.Reader) error {
		pools, err := r.PoolsByID(ctx, []string{pool, "none"})
		require.Len(t, pools, 1)
		assert.Equal(t, "主馆", pools[0].Name)
		return err
	})
}

func lists(t *testing.T, store Store, s checkin.Store) {
	t.Helper()
	seed(t, store, 10)
	update(t, store, func(ctx context.Context, tx ticketing.Tx) error {
		return tx.PutPool(ctx, ticketing.Pool{ID: "other", Name: "x", LimitPerOrder: 1, Hold: time.Second})
	})
	for _, id := range []string{"o3", "o1", "o2", "x"} {
		update(t, store, func(ctx context.Context, tx ticketing.Tx) error {
			o := order(id, "d "+id)
			if id == "x" {
				o.State = ticketing.StateCancelled
			}
			o.Positions = append(o.Positions, position("e "+id))
			return tx.InsertOrder(ctx, o)
		})
	}
	emit := func(order, in string) {
		atGates(t, s, func(ctx context.Context, tx checkin.Tx) error {
			return tx.Append(ctx, ticketing.Event{ID: order + in + time.Now().String(), Type: ticketing.EventChanged, OrderID: order, Pool: in})
		})
	}
	for _, e := range [][2]string{{"o1", pool}, {"o2", "other"}, {"o1", pool}, {"o3", pool}, {"o2", pool}} {
		emit(e[0], e[1])
	}
	seen(t, s, func(ctx context.Context, r checkin.Reader) error {
		version, err := r.Version(ctx)
		assert.EqualValues(t, 5, version)
		ids, ierr := r.OrdersOn(ctx, pool, day, "", 2)
		assert.Equal(t, []string{"o1", "o2"}, ids)
		ids, rerr := r.OrdersOn(ctx, pool, day, "o2", 2)
		assert.Equal(t, []string{"o3"}, ids)
		changed, upTo, cerr := r.ChangedOrders(ctx, pool, 0, 1)
		assert.Equal(t, []any{[]string{"o1"}, int64(3)}, []any{changed, upTo}, "as far as one order goes")
		changed, upTo, derr := r.ChangedOrders(ctx, pool, 3, 10)
		assert.Equal(t, []any{[]string{"o3", "o2"}, int64(5)}, []any{changed, upTo})
		changed, upTo, eerr := r.ChangedOrders(ctx, pool, 5, 10)
		assert.Empty(t, changed)
		assert.EqualValues(t, 5, upTo)
		changed, upTo, ferr := r.ChangedOrders(ctx, "other", 2, 10)
		assert.Empty(t, changed)
		assert.EqualValues(t, 5, upTo, "what is of no concern is passed over")
		return errors.Join(err, ierr, rerr, cerr, derr, eerr, ferr)
	})
}

func undone(t *testing.T, store Store, s checkin.Store) {
	t.Helper()
	boom := errors.New("boom")
	err := s.Update(t.Context(), func(ctx context.Context, tx checkin.Tx) error {
		if err := errors.Join(tx.InsertTerminal(ctx, terminal("t1", "a")), tx.Record(ctx, []checkin.Scan{{
			Key: "k", Fingerprint: []byte{1}, TerminalID: "t1", Direction: checkin.Entry, Reason: checkin.OK, Conflict: checkin.TooLate,
		}}, nil, nil), tx.Append(ctx, ticketing.Event{ID: "e"})); err != nil {
			return err
		}
		return boom
	})
	require.ErrorIs(t, err, boom)
	seen(t, s, func(ctx context.Context, r checkin.Reader) error {
		all, err := r.AllTerminals(ctx)
		assert.Empty(t, all)
		conflicts, cerr := r.Conflicts(ctx, 0, 1)
		assert.Empty(t, conflicts)
		return errors.Join(err, cerr)
	})
	view(t, store, func(ctx context.Context, r ticketing.Reader) error {
		events, err := r.Events(ctx, 0, 10)
		assert.Empty(t, events)
		return err
	})
}
