package checkin_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/checkin"
	"fairgate/ticketing/document"
	"fairgate/ticketing/ticket"
)

// list reads and opens one page.
func (g *gate) list(q checkin.ListRequest) (checkin.List, checkin.Sheet) {
	g.f.t.Helper()
	if q.Pool == "" {
		q.Pool, q.Date = "main", may10
	}
	page, err := g.f.List(g.f.t.Context(), g.token, q)
	require.NoError(g.f.t, err)
	text, err := g.key.OpenList(page.Sealed)
	require.NoError(g.f.t, err)
	var sheet checkin.Sheet
	require.NoError(g.f.t, json.Unmarshal(text, &sheet))
	return page, sheet
}

func (g *gate) upload(scans ...checkin.OfflineScan) []checkin.Result {
	g.f.t.Helper()
	return g.uploadAt(g.f.clock(), scans...)
}

func (g *gate) uploadAt(clock time.Time, scans ...checkin.OfflineScan) []checkin.Result {
	g.f.t.Helper()
	results, err := g.f.Upload(g.f.t.Context(), g.token, checkin.Upload{Clock: clock, Scans: scans})
	require.NoError(g.f.t, err)
	require.Len(g.f.t, results, len(scans))
	return results
}

func offline(code, receipt string, at time.Time) checkin.OfflineScan {
	return checkin.OfflineScan{Attempt: checkin.Attempt{Nonce: uuid.NewString(), Code: code, ScannedAt: at}, Receipt: receipt}
}

func TestAListTellsTicketsWithoutSayingThem(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.rules("main", ticketing.CheckInRules{GraceAfterSeconds: 60})
	f.pool("other", nil)
	_, order := f.one(1)
	f.book(f.person(2), ticketing.Booking{Date: may11, Visitors: []ticketing.Visitor{visitor(2)}})
	f.book(f.person(3), ticketing.Booking{Pool: "other", Visitors: []ticketing.Visitor{visitor(3)}})
	f.visit()
	g, thief := f.gate("one", "north"), f.gate("two", "north")
	page, sheet := g.list(checkin.ListRequest{})
	assert.Equal(t, f.clock().Add(24*time.Hour), page.ExpiresAt)
	assert.False(t, page.More)
	require.Len(t, sheet.Orders, 1)
	got := sheet.Orders[0]
	assert.Equal(t, order.ID, got.OrderID)
	assert.Equal(t, "2026-05-10T16:01:00.000Z", got.Closes.UTC().Format("2006-01-02T15:04:05.000Z"))
	require.Len(t, got.Positions, 1)
	p := got.Positions[0]
	verifier, err := ticket.NewVerifier(sheet.TicketKeys[0])
	require.NoError(t, err)
	said, err := verifier.Verify(order.codes[0])
	require.NoError(t, err, "a terminal off line tells forgeries by the list's keys")
	assert.Equal(t, checkin.ListMark(sheet.Salt, "ticket", said.Secret.String()), p.Ticket)
	doc, err := document.Parse(document.Passport, "p 0000001", "gbr", f.clock())
	require.NoError(t, err)
	assert.Equal(t, checkin.ListMark(sheet.Salt, "document", doc.Key()), p.Document)

	text, err := g.key.OpenList(page.Sealed)
	require.NoError(t, err)
	assert.NotContains(t, string(text), "0000001", "no number")
	assert.NotContains(t, string(text), said.Secret.String())
	_, err = thief.key.OpenList(page.Sealed)
	require.Error(t, err, "sealed to one terminal")
	page.Sealed[40] ^= 1
	_, err = g.key.OpenList(page.Sealed)
	require.Error(t, err)
	_, others := thief.list(checkin.ListRequest{})
	assert.NotEqual(t, sheet.Salt, others.Salt)
}

func TestAListIsReadInPagesAndByChanges(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", nil)
	f.pool("other", nil)
	account := f.person(1)
	var orders []tickets
	for n := range 5 {
		orders = append(orders, f.book(account, ticketing.Booking{Visitors: []ticketing.Visitor{visitor(2 * n), visitor(2*n + 1)}}))
	}
	f.visit()
	g := f.gate("one", "north", "main", "other")
	seen := map[string]bool{}
	q := checkin.ListRequest{Pool: "main", Date: may10, Limit: 2}
	var version int64
	for pages := 1; ; pages++ {
		page, sheet := g.list(q)
		for _, o := range sheet.Orders {
			assert.False(t, seen[o.OrderID])
			seen[o.OrderID] = true
			assert.Len(t, o.Positions, 2)
		}
		q.Cursor, version = page.Cursor, page.Version
		if !page.More {
			assert.Equal(t, 3, pages)
			break
		}
		// What happens between pages is put right by the changes.
		if pages == 1 {
			_, err := f.booking.Cancel(t.Context(), ticketing.Call{}, account, orders[4].ID)
			require.NoError(t, err)
		}
	}
	assert.Len(t, seen, 4)
	_, err := f.booking.CancelPositions(t.Context(), ticketing.Call{}, account, orders[0].ID, []string{orders[0].Positions[0].ID})
	require.NoError(t, err)
	_, err = f.booking.ChangeDate(t.Context(), ticketing.Call{}, account, orders[1].ID, may11, "")
	require.NoError(t, err)
	require.True(t, g.scan(orders[2].codes[0]).Accepted)
	f.book(account, ticketing.Booking{Pool: "other", Visitors: []ticketing.Visitor{visitor(1)}})
	late := f.book(account, ticketing.Booking{Visitors: []ticketing.Visitor{visitor(99)}})

	states := map[string]int{}
	entered := 0
	q = checkin.ListRequest{Pool: "main", Date: may10, Limit: 2, Since: version}
	for {
		page, sheet := g.list(q)
		for _, o := range sheet.Orders {
			states[o.OrderID] = len(o.Positions)
			for _, p := range o.Positions {
				entered += p.Entries
			}
		}
		require.Greater(t, page.Version, q.Since)
		q.Since = page.Version
		if !page.More {
			break
		}
	}
	assert.Equal(t, map[string]int{orders[4].ID: 0, orders[0].ID: 1, orders[1].ID: 0, orders[2].ID: 2, late.ID: 1}, states)
	assert.Equal(t, 1, entered)
	page, sheet := g.list(q)
	assert.Empty(t, sheet.Orders)
	assert.Equal(t, q.Since, page.Version)
}

func TestBadListRequests(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", nil)
	f.visit()
	g := f.gate("one", "north")
	for name, c := range map[string]struct {
		q    checkin.ListRequest
		want error
	}{
		"another pool":       {checkin.ListRequest{Pool: "other", Date: may10}, ticketing.ErrNotFound},
		"no such day":        {checkin.ListRequest{Pool: "main", Date: "2026-02-31"}, ticketing.ErrInvalidField},
		"too far ahead":      {checkin.ListRequest{Pool: "main", Date: "2026-05-18"}, ticketing.ErrInvalidField},
		"long past":          {checkin.ListRequest{Pool: "main", Date: "2026-05-08"}, ticketing.ErrInvalidField},
		"too many":           {checkin.ListRequest{Pool: "main", Date: may10, Limit: 1001}, ticketing.ErrInvalidField},
		"a negative version": {checkin.ListRequest{Pool: "main", Date: may10, Since: -1}, ticketing.ErrInvalidField},
		"two ways at once":   {checkin.ListRequest{Pool: "main", Date: may10, Since: 1, Cursor: "1.x"}, ticketing.ErrInvalidField},
		"a made-up cursor":   {checkin.ListRequest{Pool: "main", Date: may10, Cursor: "x"}, ticketing.ErrInvalidField},
	} {
		_, err := f.List(t.Context(), g.token, c.q)
		require.ErrorIs(t, err, c.want, name)
	}
}

// TestOfflineScansStay holds that who was let in off line stays let in, and
// that the house sees what on line would not have been.
func TestOfflineScansStay(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", nil)
	account, plain := f.one(1)
	_, online := f.one(2)
	_, both := f.one(3)
	gone := f.book(account, ticketing.Booking{Visitors: []ticketing.Visitor{visitor(4)}})
	moved := f.book(account, ticketing.Booking{Visitors: []ticketing.Visitor{visitor(5)}})
	handed := f.book(account, ticketing.Booking{Visitors: []ticketing.Visitor{visitor(6)}})
	f.visit()
	a, b := f.gate("one", "north"), f.gate("two", "south")
	page, sheet := a.list(checkin.ListRequest{})
	require.Len(t, sheet.Orders, 6)
	other, _ := b.list(checkin.ListRequest{})
	f.pass(10 * time.Minute)
	at := f.clock()
	f.pass(time.Hour)
	_, err := f.booking.Cancel(t.Context(), ticketing.Call{}, account, gone.ID)
	require.NoError(t, err)
	_, err = f.booking.ChangeDate(t.Context(), ticketing.Call{}, account, moved.ID, may11, "")
	require.NoError(t, err)
	_, err = f.booking.Transfer(t.Context(), ticketing.Call{}, account, handed.ID, ticketing.Transfer{ToAccountID: f.person(9), Visitors: []ticketing.Visitor{visitor(9)}})
	require.NoError(t, err)
	require.True(t, b.scan(online.codes[0]).Accepted)

	scans := []checkin.OfflineScan{
		offline(plain.codes[0], page.Receipt, at), offline(online.codes[0], page.Receipt, at), offline(both.codes[0], page.Receipt, at),
		offline(gone.codes[0], page.Receipt, at), offline(moved.codes[0], page.Receipt, at), offline(handed.codes[0], page.Receipt, at),
		offline("not ours", page.Receipt, at), offline(forged(f, plain), page.Receipt, at),
		{Attempt: checkin.Attempt{Nonce: uuid.NewString(), Position: plain.Positions[0].ID, Direction: checkin.Exit, ScannedAt: at.Add(time.Minute)}, Receipt: page.Receipt},
	}
	first := a.upload(scans...)
	var got []string
	for _, r := range first {
		require.NoError(t, r.Err)
		got = append(got, fmt.Sprintf("%v %s %s", r.Answer.Accepted, r.Answer.Reason, r.Answer.Conflict))
	}
	assert.Equal(t, []string{
		"true ok ", "true ok already_redeemed", "true ok ", "true ok cancelled", "true ok wrong_day", "true ok superseded",
		"false not_a_ticket not_a_ticket", "false forged forged", "true ok ",
	}, got)
	second := b.upload(offline(both.codes[0], other.Receipt, at.Add(time.Second)))
	assert.Equal(t, checkin.AlreadyRedeemed, second[0].Answer.Conflict, "both are kept, the second flagged")
	assert.Equal(t, "one", second[0].Answer.Outcomes[0].Prior.Terminal)

	for i, r := range a.upload(scans...) {
		assert.True(t, r.Answer.Repeated)
		r.Answer.Repeated = false
		assert.Equal(t, first[i], r, "an upload again changes nothing")
	}
	conflicts, err := f.Conflicts(t.Context(), 0, 100)
	require.NoError(t, err)
	require.Len(t, conflicts, 7)
	assert.Equal(t, at, conflicts[0].At, "by its own time")
	assert.Equal(t, f.clock(), conflicts[0].RecordedAt)
	rest, err := f.Conflicts(t.Context(), conflicts[5].Seq, 100)
	require.NoError(t, err)
	assert.Len(t, rest, 1)
	counts, err := f.Counts(t.Context(), may10)
	require.NoError(t, err)
	assert.Equal(t, []int{8, 1, 5, 7}, []int{counts.Total.Entries, counts.Total.Exits, counts.Total.People, counts.Total.Conflicts})
	_, err = f.booking.Cancel(t.Context(), ticketing.Call{}, account, moved.ID)
	require.ErrorIs(t, err, ticketing.ErrEntered)
}

// TestOfflineTimes judges scans by their own time, corrected by the terminal's
// clock at the upload.
func TestOfflineTimes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", nil)
	_, order := f.one(1)
	_, other := f.one(2)
	f.visit()
	g := f.gate("one", "north")
	page, _ := g.list(checkin.ListRequest{})
	issued := f.clock()
	f.pass(time.Hour)
	now := f.clock()
	const wrong = -72 * time.Hour // the terminal's clock is three days behind
	for name, c := range map[string]struct {
		at       time.Time
		receipt  string
		reason   checkin.Reason
		conflict checkin.Reason
	}{
		"in the future":             {now.Add(time.Minute), page.Receipt, checkin.TimeInFuture, checkin.TimeInFuture},
		"before the list":           {issued.Add(-3 * time.Minute), page.Receipt, checkin.OlderThanList, checkin.OlderThanList},
		"years ago":                 {now.AddDate(-20, 0, 0), page.Receipt, checkin.OlderThanList, checkin.OlderThanList},
		"without a list":            {now, "", checkin.ListNotRecognised, checkin.ListNotRecognised},
		"with a list made up":       {now, "1.9999999999999.AAAA", checkin.ListNotRecognised, checkin.ListNotRecognised},
		"as the list is just there": {issued, page.Receipt, checkin.OK, ""},
	} {
		s := offline(order.codes[0], c.receipt, c.at.Add(wrong))
		got := g.uploadAt(now.Add(wrong), s)[0].Answer
		assert.Equal(t, c.reason, got.Reason, name)
		if c.reason != checkin.OK {
			assert.Equal(t, c.conflict, got.Conflict, name)
		}
		assert.Equal(t, wrong, got.Skew, name)
	}
	f.pass(24 * time.Hour)
	g.signIn()
	late := g.upload(offline(other.codes[0], page.Receipt, f.clock()))[0].Answer
	assert.True(t, late.Accepted, "an old list is a conflict, no refusal")
	assert.Equal(t, checkin.WrongDay, late.Conflict)
}

func TestAnExpiredListIsAConflict(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", nil)
	_, order := f.one(1)
	f.now.Store(noon().Add(-25 * time.Hour).UnixMilli())
	g := f.gate("one", "north")
	page, _ := g.list(checkin.ListRequest{})
	f.visit()
	g.signIn()
	got := g.upload(offline(order.codes[0], page.Receipt, f.clock()))[0].Answer
	assert.Equal(t, []any{true, checkin.OK, checkin.ListExpired}, []any{got.Accepted, got.Reason, got.Conflict})
}

func TestOneBadScanSpoilsNoUpload(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", nil)
	_, order := f.one(1)
	_, other := f.one(2)
	f.visit()
	g := f.gate("one", "north")
	page, _ := g.list(checkin.ListRequest{})
	good := offline(order.codes[0], page.Receipt, f.clock())
	noNonce, whole, twice := good, good, offline(other.codes[0], page.Receipt, f.clock())
	noNonce.Nonce, whole.WholeOrder, twice.Nonce = "", true, good.Nonce
	byDocument := good
	byDocument.Nonce, byDocument.Code, byDocument.Document = uuid.NewString(), "", passport(1)
	got := g.upload(noNonce, whole, good, twice, byDocument)
	require.ErrorIs(t, got[0].Err, ticketing.ErrInvalidField)
	require.ErrorIs(t, got[1].Err, ticketing.ErrInvalidField)
	require.NoError(t, got[2].Err)
	assert.True(t, got[2].Answer.Accepted)
	require.ErrorIs(t, got[3].Err, checkin.ErrNonceReused)
	require.ErrorIs(t, got[4].Err, ticketing.ErrInvalidField)
	byPosition := checkin.OfflineScan{Attempt: checkin.Attempt{Nonce: good.Nonce, Position: order.Positions[0].ID, ScannedAt: f.clock()}, Receipt: page.Receipt}
	again := g.upload(byPosition)[0]
	require.NoError(t, again.Err)
	assert.True(t, again.Answer.Repeated, "it is the same ticket")

	_, err := f.Upload(t.Context(), g.token, checkin.Upload{Clock: f.clock()})
	require.ErrorIs(t, err, ticketing.ErrInvalidField)
	_, err = f.Upload(t.Context(), g.token, checkin.Upload{Scans: []checkin.OfflineScan{good}})
	require.ErrorIs(t, err, ticketing.ErrInvalidField)
	_, err = f.Upload(t.Context(), g.token, checkin.Upload{Clock: f.clock(), Scans: make([]checkin.OfflineScan, 501)})
	require.ErrorIs(t, err, ticketing.ErrInvalidField)
	all := g.upload(noNonce)
	require.ErrorIs(t, all[0].Err, ticketing.ErrInvalidField)
}

func TestCounts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", nil)
	_, a := f.one(1)
	_, b := f.one(2)
	f.visit()
	north, south := f.gate("one", "north"), f.gate("two", "south")
	north.scan(a.codes[0])
	north.scan(b.codes[0])
	f.pass(time.Minute)
	south.exit(a.codes[0])
	south.scan(b.codes[0])
	south.scan("x")
	got, err := f.Counts(t.Context(), may10)
	require.NoError(t, err)
	assert.Equal(t, []int{2, 1, 2, 1, 2}, []int{got.Total.Entries, got.Total.Exits, got.Total.People, got.Total.Inside, got.Total.Refused})
	require.Len(t, got.Gates, 2)
	assert.Equal(t, []any{"north", 2, 2}, []any{got.Gates[0].Name, got.Gates[0].Entries, got.Gates[0].Inside})
	assert.Equal(t, []any{"south", 1, -1}, []any{got.Gates[1].Name, got.Gates[1].Exits, got.Gates[1].Inside})
	assert.Equal(t, map[checkin.Reason]int{checkin.AlreadyRedeemed: 1, checkin.NotATicket: 1}, got.Gates[1].Reasons)
	require.Len(t, got.Pools, 1)
	assert.Equal(t, 1, got.Pools[0].Refused, "what is no ticket is of no pool")
	own, _, err := f.GateCounts(t.Context(), south.token)
	require.NoError(t, err)
	assert.Equal(t, got.Gates[1], own)
	empty, _, err := f.GateCounts(t.Context(), f.gate("three", "west").token)
	require.NoError(t, err)
	assert.Equal(t, checkin.Tally{Name: "west", Reasons: map[checkin.Reason]int{}}, empty)
	_, err = f.Counts(t.Context(), "today")
	require.ErrorIs(t, err, ticketing.ErrInvalidField)
}

// FuzzScan holds that no code is an error or anything but a refusal.
func FuzzScan(fz *testing.F) {
	f := newFixture(fz)
	f.pool("main", nil)
	_, order := f.one(1)
	f.visit()
	g := f.gate("one", "north")
	for _, seed := range []string{"x", order.codes[0][:20], forged(f, order), "FG1.", "FG2." + order.codes[0][4:], "\x00\xff"} {
		fz.Add(seed)
	}
	fz.Fuzz(func(t *testing.T, code string) {
		if code == "" || len(code) > 3000 || code == order.codes[0] {
			return
		}
		got, err := f.Scan(t.Context(), g.token, checkin.Attempt{Nonce: uuid.NewString(), Code: code, ScannedAt: f.clock()})
		require.NoError(t, err)
		assert.False(t, got.Accepted)
		assert.Contains(t, []checkin.Reason{checkin.NotATicket, checkin.Forged}, got.Reason)
		assert.Empty(t, got.Outcomes)
	})
}
