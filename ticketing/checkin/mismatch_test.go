package checkin_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/checkin"
	"fairgate/ticketing/document"
)

// mismatched lists what the outbox was told of strangers at the gate.
func (f *fixture) mismatched() []ticketing.Event {
	f.t.Helper()
	events, err := f.booking.Events(f.t.Context(), 0, 1000)
	require.NoError(f.t, err)
	var out []ticketing.Event
	for _, e := range events {
		if e.Type == ticketing.EventMismatched {
			out = append(out, e)
		}
	}
	return out
}

func TestATicketShownWithItsHoldersDocumentPasses(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", nil)
	_, order := f.one(1)
	f.visit()
	g := f.gate("handheld 1", "north")
	got := g.try(checkin.Attempt{Code: order.codes[0], Document: passport(1)})
	assert.True(t, got.Accepted, got.Reason)
	assert.Empty(t, f.mismatched())
	assert.Len(t, f.checkedIn(), 1)
}

func TestATicketShownByAStrangerIsRefusedAndTold(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", nil)
	account, order := f.one(1)
	f.visit()
	g := f.gate("handheld 1", "north")
	attempt := checkin.Attempt{Nonce: "stranger-1", Code: order.codes[0], Document: passport(2)}
	got := g.try(attempt)
	assert.False(t, got.Accepted)
	assert.Equal(t, checkin.DocumentMismatch, got.Reason)
	assert.True(t, g.try(attempt).Repeated)
	told := f.mismatched()
	require.Len(t, told, 1, "a repeated scan tells nothing new")
	assert.Equal(t, account, told[0].AccountID)
	assert.Equal(t, order.ID, told[0].OrderID)
	assert.Equal(t, 1, told[0].Positions)
	assert.Equal(t, order.State, told[0].State)
	assert.Empty(t, f.checkedIn())

	assert.True(t, g.try(checkin.Attempt{Code: order.codes[0], Document: passport(1)}).Accepted, "its holder still enters")
}

func TestPeopleWhoBookedTogetherMayMixUpTheirCodes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", nil)
	family := f.book(f.person(1), ticketing.Booking{Visitors: []ticketing.Visitor{visitor(1), visitor(2)}})
	f.visit()
	g := f.gate("handheld 1", "north")
	assert.Equal(t, checkin.DocumentMismatch, g.try(checkin.Attempt{Code: family.codes[0], Document: passport(2)}).Reason)
	assert.Empty(t, f.mismatched())
}

func TestADocumentBesideACodeIsCheckedLikeAnyOther(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", nil)
	_, order := f.one(1)
	f.visit()
	g := f.gate("handheld 1", "north")
	bad := &checkin.DocumentScan{Type: document.PRCID, Number: "11010519491231002Y"}
	assert.Equal(t, checkin.DocumentInvalid, g.try(checkin.Attempt{Code: order.codes[0], Document: bad}).Reason)
	assert.Equal(t, checkin.Forged, g.try(checkin.Attempt{Code: forged(f, order), Document: passport(1)}).Reason)
	a := checkin.Attempt{Nonce: "same-nonce", Code: order.codes[0], Document: passport(2)}
	g.try(a)
	a.Document = passport(3)
	a.ScannedAt = f.clock()
	_, err := f.Scan(t.Context(), g.token, a)
	require.ErrorIs(t, err, checkin.ErrNonceReused, "the document is part of what was scanned")
	assert.Len(t, f.mismatched(), 1)
}
