package ticketing_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/document"
)

// wang is a call by a named operator.
func wang() ticketing.Call { return ticketing.Call{Actor: "wang", RequestID: "r-1"} }

// withPhones is a booking whose visitors gave phone numbers.
func withPhones(documents ...int) ticketing.Booking {
	b := booking("main", documents...)
	for i := range b.Visitors {
		b.Visitors[i].Phone = fmt.Sprintf("139%08d", documents[i])
	}
	return b
}

func TestRevealShowsInFullAndIsAuditedWithoutTheData(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	f.pool("main", 0, 10)
	o := f.book(f.person(1), withPhones(1, 2))
	all := []ticketing.RevealField{ticketing.RevealName, ticketing.RevealDocument, ticketing.RevealPhone}
	shown, err := f.Reveal(t.Context(), wang(), ticketing.RevealRequest{Order: o.ID, Fields: all, Reason: " 核对证件 case 7 "})
	require.NoError(t, err)
	require.Len(t, shown.Positions, 2)
	assert.Equal(t, ticketing.RevealedPosition{
		ID: o.Positions[1].ID, Name: "Ann", Phone: "+8613900000002",
		Document: document.Document{Type: document.Passport, Number: "P0000002", Nationality: "GBR"},
	}, shown.Positions[1])
	assert.Equal(t, "+8613800000001", shown.AccountPhone)

	one, err := f.Reveal(t.Context(), wang(), ticketing.RevealRequest{
		Order: o.ID, Positions: []string{o.Positions[0].ID}, Fields: all[:1], Reason: "name at the gate",
	})
	require.NoError(t, err)
	assert.Equal(t, ticketing.Revealed{OrderID: o.ID, Positions: []ticketing.RevealedPosition{{ID: o.Positions[0].ID, Name: "Ann"}}}, one,
		"what was not asked for is not shown")

	audit, err := f.Reveals(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, audit, 2)
	assert.Equal(t, ticketing.Reveal{
		Seq: 1, At: ticketing.Millis{Time: opening()}, Kind: ticketing.RevealOrder, Who: "wang", Role: "privacy", OrderID: o.ID,
		Positions: []string{o.Positions[0].ID, o.Positions[1].ID}, Fields: all, Persons: 3, Reason: "核对证件 case 7", RequestID: "r-1",
	}, audit[0])
	text, err := json.Marshal(audit)
	require.NoError(t, err)
	for _, personal := range []string{"Ann", "P0000001", "P0000002", "1390000000", "1380000000"} {
		assert.NotContains(t, string(text), personal)
	}
	rest, err := f.Reveals(t.Context(), 1, 10)
	require.NoError(t, err)
	assert.Len(t, rest, 1)
}

func TestRevealOfAGroupShowsItsLeader(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	f.pool("main", 0, 10)
	_, err := f.PutPool(t.Context(), ticketing.Call{}, ticketing.PoolChange{
		Pool:     ticketing.Pool{ID: "main", Name: "Main hall", LimitPerOrder: 5, Hold: time.Minute, Cutoff: time.Hour},
		Products: &[]ticketing.Product{{ID: "group", Name: "Group", Kind: ticketing.ProductGroup, Persons: 2, Places: 1}},
	})
	require.NoError(t, err)
	o, err := f.BookGroup(t.Context(), ticketing.Call{}, f.person(1), ticketing.GroupBooking{
		Pool: "main", Date: may10, Product: "group", LeaderName: "李雷", LeaderPhone: "13700000009", People: []ticketing.Visitor{visitor(1), visitor(2)},
	})
	require.NoError(t, err)
	shown, err := f.Reveal(t.Context(), wang(), ticketing.RevealRequest{
		Order: o.ID, Fields: []ticketing.RevealField{ticketing.RevealName, ticketing.RevealPhone}, Reason: "late group",
	})
	require.NoError(t, err)
	assert.Equal(t, "李雷", shown.LeaderName)
	assert.Equal(t, "+8613700000009", shown.LeaderPhone)
	found, err := f.Lookup(t.Context(), wang(), ticketing.Lookup{Phone: "137 0000 0009", Reason: "a call", Limit: 10})
	require.NoError(t, err)
	require.Len(t, found, 1)
	assert.Equal(t, o.ID, found[0].ID)
}

func TestRevealIsRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	f.pool("main", 0, 10)
	o := f.book(f.person(1), withPhones(1))
	good := ticketing.RevealRequest{Order: o.ID, Fields: []ticketing.RevealField{ticketing.RevealName}, Reason: "a case"}
	for name, c := range map[string]struct {
		call  ticketing.Call
		spoil func(*ticketing.RevealRequest)
		code  ticketing.Code
		field string
	}{
		"nobody named":      {ticketing.Call{Actor: " "}, func(*ticketing.RevealRequest) {}, ticketing.CodeInvalidField, "X-Operator"},
		"a name of control": {ticketing.Call{Actor: "a\nb"}, func(*ticketing.RevealRequest) {}, ticketing.CodeInvalidField, "X-Operator"},
		"no reason":         {wang(), func(r *ticketing.RevealRequest) { r.Reason = "  x " }, ticketing.CodeInvalidField, "reason"},
		"a long reason":     {wang(), func(r *ticketing.RevealRequest) { r.Reason = strings.Repeat("长", 501) }, ticketing.CodeInvalidField, "reason"},
		"lines":             {wang(), func(r *ticketing.RevealRequest) { r.Reason = "one\ntwo" }, ticketing.CodeInvalidField, "reason"},
		"a phone as reason": {wang(), func(r *ticketing.RevealRequest) { r.Reason = "回电 138-0000-0001" }, ticketing.CodeInvalidField, "reason"},
		"a card as reason":  {wang(), func(r *ticketing.RevealRequest) { r.Reason = "11010519491231002X 本人" }, ticketing.CodeInvalidField, "reason"},
		"no field":          {wang(), func(r *ticketing.RevealRequest) { r.Fields = nil }, ticketing.CodeInvalidField, "fields"},
		"unknown field":     {wang(), func(r *ticketing.RevealRequest) { r.Fields = []ticketing.RevealField{"face"} }, ticketing.CodeInvalidField, "fields[0]"},
		"field twice":       {wang(), func(r *ticketing.RevealRequest) { r.Fields = append(r.Fields, r.Fields...) }, ticketing.CodeInvalidField, "fields[1]"},
		"unknown position":  {wang(), func(r *ticketing.RevealRequest) { r.Positions = []string{"x"} }, ticketing.CodeInvalidField, "positions[0]"},
		"position twice": {
			wang(), func(r *ticketing.RevealRequest) { r.Positions = []string{o.Positions[0].ID, o.Positions[0].ID} }, ticketing.CodeInvalidField,
			"positions[1]",
		},
		"too many":      {wang(), func(r *ticketing.RevealRequest) { r.Positions = make([]string, 501) }, ticketing.CodeInvalidField, "positions"},
		"unknown order": {wang(), func(r *ticketing.RevealRequest) { r.Order = "x" }, ticketing.CodeNotFound, ""},
	} {
		want := good
		c.spoil(&want)
		_, err := f.Reveal(t.Context(), c.call, want)
		var refused *ticketing.Error
		require.ErrorAs(t, err, &refused, name)
		assert.Equal(t, c.code, refused.Code, name)
		assert.Equal(t, c.field, refused.Field, name)
	}
	for name, l := range map[string]ticketing.Lookup{
		"neither":       {Reason: "a case", Limit: 10},
		"both":          {Reason: "a case", Limit: 10, Phone: "13800000001", Type: document.Passport, Number: "P0000001", Nationality: "GBR"},
		"bad phone":     {Reason: "a case", Limit: 10, Phone: "1"},
		"bad document":  {Reason: "a case", Limit: 10, Type: document.PRCID, Number: "110105194912310021"},
		"no limit":      {Reason: "a case", Phone: "13800000001"},
		"beyond limits": {Reason: "a case", Phone: "13800000001", Limit: 201},
		"no reason":     {Phone: "13800000001", Limit: 1},
	} {
		_, err := f.Lookup(t.Context(), wang(), l)
		require.ErrorIs(t, err, ticketing.ErrInvalidField, name)
	}
	_, err := f.Lookup(t.Context(), ticketing.Call{}, ticketing.Lookup{Phone: "13800000001", Reason: "a case", Limit: 1})
	require.ErrorIs(t, err, ticketing.ErrInvalidField, "nobody named")
	audit, err := f.Reveals(t.Context(), 0, 10)
	require.NoError(t, err)
	assert.Empty(t, audit, "nothing was shown, so nothing is audited")
	_, err = f.Reveals(t.Context(), 0, 1001)
	require.ErrorIs(t, err, ticketing.ErrInvalidField)
}

func TestAnOperatorSeesOnlySoManyPersonsAnHour(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{RevealsPerHour: 3})
	f.pool("main", 0, 10)
	o := f.book(f.person(1), booking("main", 1, 2, 3, 4))
	see := func(who string, n int) error {
		want := ticketing.RevealRequest{Order: o.ID, Fields: []ticketing.RevealField{ticketing.RevealName}, Reason: "a case"}
		for _, p := range o.Positions[:n] {
			want.Positions = append(want.Positions, p.ID)
		}
		_, err := f.Reveal(t.Context(), ticketing.Call{Actor: who}, want)
		return err
	}
	require.ErrorIs(t, see("wang", 4), ticketing.ErrRevealLimit, "more than an hour allows")
	require.NoError(t, see("wang", 1))
	f.pass(20 * time.Minute)
	require.NoError(t, see("wang", 2))
	err := see("wang", 1)
	var refused *ticketing.Error
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, ticketing.CodeRevealLimit, refused.Code)
	assert.Equal(t, 40*time.Minute, refused.RetryAfter, "when the first is an hour old")
	err = see("wang", 2)
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, time.Hour, refused.RetryAfter, "two need the second entry to go")
	_, err = f.Lookup(t.Context(), ticketing.Call{Actor: "wang"}, ticketing.Lookup{Phone: "13800000001", Reason: "a case", Limit: 1})
	require.ErrorIs(t, err, ticketing.ErrRevealLimit, "look-ups count")
	require.NoError(t, see("zhao", 3), "another operator has an hour of their own")
	f.pass(40 * time.Minute)
	require.NoError(t, see("wang", 1))
	audit, err := f.Reveals(t.Context(), 0, 10)
	require.NoError(t, err)
	assert.Len(t, audit, 4, "refusals are no entries")
}

func TestLookupFindsOrdersByDocumentAndPhone(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	f.pool("main", 0, 20)
	f.pool("other", 0, 20)
	first := f.book(f.person(1), withPhones(7))
	f.pass(time.Second)
	again := withPhones(7)
	again.Pool = "other"
	second := f.book(f.person(2), again)
	f.book(f.person(3), withPhones(8))
	ids := func(orders []ticketing.Order) []string {
		var out []string
		for _, o := range orders {
			out = append(out, o.ID)
		}
		return out
	}
	byDocument := ticketing.Lookup{Type: document.Passport, Number: "p 0000007", Nationality: "gbr", Reason: "a case", Limit: 10}
	found, err := f.Lookup(t.Context(), wang(), byDocument)
	require.NoError(t, err)
	assert.Equal(t, []string{second.ID, first.ID}, ids(found), "newest first")
	assert.Equal(t, "P******7", found[0].Positions[0].DocumentMasked)
	byDocument.Limit = 1
	found, err = f.Lookup(t.Context(), wang(), byDocument)
	require.NoError(t, err)
	assert.Equal(t, []string{second.ID}, ids(found))
	byDocument.Before = second.ID
	found, err = f.Lookup(t.Context(), wang(), byDocument)
	require.NoError(t, err)
	assert.Equal(t, []string{first.ID}, ids(found), "the next page")
	for phone, want := range map[string][]string{
		"13900000007": {second.ID, first.ID}, "13800000001": {first.ID}, "+8613800000002": {second.ID}, "13700000000": nil,
	} {
		found, err := f.Lookup(t.Context(), wang(), ticketing.Lookup{Phone: phone, Reason: "a case", Limit: 10})
		require.NoError(t, err)
		assert.Equal(t, want, ids(found), phone)
	}
	audit, err := f.Reveals(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, audit, 7)
	assert.Equal(t, ticketing.RevealLookupDocument, audit[0].Kind)
	assert.Empty(t, audit[0].OrderID)
	assert.Equal(t, ticketing.RevealLookupPhone, audit[6].Kind)
}
