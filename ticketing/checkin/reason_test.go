package checkin_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/checkin"
	"fairgate/ticketing/document"
)

func TestReasonsHaveTexts(t *testing.T) {
	t.Parallel()
	for _, reason := range checkin.Reasons() {
		assert.True(t, reason.Valid(), reason)
		assert.NotEmpty(t, reason.ZH(), reason)
		assert.NotEmpty(t, reason.EN(), reason)
	}
	assert.False(t, checkin.Reason("because").Valid())
}

// TestEveryReason scans one booking in every way that it can be answered.
func TestEveryReason(t *testing.T) {
	t.Parallel()
	type world struct {
		*fixture
		*gate
		account string
		ticket  tickets
	}
	code := func(w *world) checkin.Answer { return w.scan(w.ticket.codes[0]) }
	must := func(t *testing.T, err error) { t.Helper(); require.NoError(t, err) }
	for name, c := range map[string]struct {
		rules ticketing.CheckInRules
		pool  func(*ticketing.PoolChange)
		slot  string
		hold  bool
		do    func(t *testing.T, w *world) // before the visit day
		at    time.Duration                // from noon
		scan  func(w *world) checkin.Answer
		want  checkin.Reason
	}{
		"a ticket":                 {scan: code, want: checkin.OK},
		"a document":               {scan: func(w *world) checkin.Answer { return w.try(checkin.Attempt{Document: passport(1)}) }, want: checkin.OK},
		"somebody else's document": {scan: func(w *world) checkin.Answer { return w.try(checkin.Attempt{Document: passport(2)}) }, want: checkin.UnknownTicket},
		"a document that cannot be": {scan: func(w *world) checkin.Answer {
			return w.try(checkin.Attempt{Document: &checkin.DocumentScan{Type: document.PRCID, Number: "110105194912310021"}})
		}, want: checkin.DocumentInvalid},
		"another QR code":            {scan: func(w *world) checkin.Answer { return w.scan("https://weixin.qq.com/x") }, want: checkin.NotATicket},
		"a forged code":              {scan: func(w *world) checkin.Answer { return w.scan(forged(w.fixture, w.ticket)) }, want: checkin.Forged},
		"a second time":              {scan: func(w *world) checkin.Answer { code(w); return code(w) }, want: checkin.AlreadyRedeemed},
		"by document after the code": {scan: func(w *world) checkin.Answer { code(w); return w.try(checkin.Attempt{Document: passport(1)}) }, want: checkin.AlreadyRedeemed},
		"cancelled": {do: func(t *testing.T, w *world) {
			t.Helper()
			_, err := w.booking.Cancel(t.Context(), ticketing.Call{}, w.account, w.ticket.ID)
			must(t, err)
		}, scan: code, want: checkin.Cancelled},
		"a cancelled one's document": {do: func(t *testing.T, w *world) {
			t.Helper()
			_, err := w.booking.Cancel(t.Context(), ticketing.Call{}, w.account, w.ticket.ID)
			must(t, err)
		}, scan: func(w *world) checkin.Answer { return w.try(checkin.Attempt{Document: passport(1)}) }, want: checkin.UnknownTicket},
		"handed over": {do: func(t *testing.T, w *world) {
			t.Helper()
			_, err := w.booking.Transfer(t.Context(), ticketing.Call{}, w.account, w.ticket.ID, ticketing.Transfer{ToAccountID: w.person(2)})
			must(t, err)
		}, scan: code, want: checkin.Superseded},
		"handed over to somebody else": {do: func(t *testing.T, w *world) {
			t.Helper()
			_, err := w.booking.Transfer(t.Context(), ticketing.Call{}, w.account, w.ticket.ID, ticketing.Transfer{ToAccountID: w.person(2), Visitors: []ticketing.Visitor{visitor(2)}})
			must(t, err)
		}, scan: code, want: checkin.Superseded},
		"withdrawn": {pool: func(c *ticketing.PoolChange) { c.Pool.Cutoff = time.Hour }, do: func(t *testing.T, w *world) {
			t.Helper()
			_, err := w.booking.Withdraw(t.Context(), ticketing.Call{}, w.ticket.ID, "x", "r")
			must(t, err)
		}, scan: code, want: checkin.Withdrawn},
		"provisional to the last": {pool: func(c *ticketing.PoolChange) { c.Pool.Cutoff = time.Hour }, scan: code, want: checkin.OK},
		"unpaid":                  {hold: true, pool: func(c *ticketing.PoolChange) { c.Pool.Hold = 7 * 24 * time.Hour }, scan: func(w *world) checkin.Answer { return w.try(checkin.Attempt{Document: passport(1)}) }, want: checkin.Unpaid},
		"unpaid for too long":     {hold: true, scan: func(w *world) checkin.Answer { return w.try(checkin.Attempt{Document: passport(1)}) }, want: checkin.Expired},
		"for another pool": {do: func(t *testing.T, w *world) {
			t.Helper()
			w.pool("other", nil)
			w.gate = w.fixture.gate("other", "north", "other")
		}, scan: code, want: checkin.WrongPool},
		"a document of another pool": {do: func(t *testing.T, w *world) {
			t.Helper()
			w.pool("other", nil)
			w.gate = w.fixture.gate("other", "north", "other")
		}, scan: func(w *world) checkin.Answer { return w.try(checkin.Attempt{Document: passport(1)}) }, want: checkin.WrongPool},
		"at another gate":               {rules: ticketing.CheckInRules{Gates: []string{"south"}}, scan: code, want: checkin.WrongGate},
		"at the right gate":             {rules: ticketing.CheckInRules{Gates: []string{"south", "north"}}, scan: code, want: checkin.OK},
		"the day before":                {at: -24 * time.Hour, scan: code, want: checkin.WrongDay},
		"the day after":                 {at: 24 * time.Hour, scan: code, want: checkin.WrongDay},
		"before opening":                {rules: ticketing.CheckInRules{From: "12:30"}, scan: code, want: checkin.TooEarly},
		"before opening, within grace":  {rules: ticketing.CheckInRules{From: "12:30", GraceBeforeSeconds: 1800}, scan: code, want: checkin.OK},
		"after closing":                 {rules: ticketing.CheckInRules{To: "12:00"}, scan: code, want: checkin.TooLate},
		"after closing, within grace":   {rules: ticketing.CheckInRules{To: "12:00", GraceAfterSeconds: 1}, scan: code, want: checkin.OK},
		"after midnight, within grace":  {rules: ticketing.CheckInRules{GraceAfterSeconds: 3600}, at: 12 * time.Hour, scan: code, want: checkin.OK},
		"a document after midnight":     {rules: ticketing.CheckInRules{GraceAfterSeconds: 3600}, at: 12 * time.Hour, scan: func(w *world) checkin.Answer { return w.try(checkin.Attempt{Document: passport(1)}) }, want: checkin.OK},
		"before its slot":               {slot: "13:00", scan: code, want: checkin.TooEarly},
		"before its slot, as allowed":   {slot: "13:00", rules: ticketing.CheckInRules{FromSeconds: -3600}, scan: code, want: checkin.OK},
		"in its slot":                   {slot: "11:00", scan: code, want: checkin.OK},
		"late into its slot":            {slot: "11:00", rules: ticketing.CheckInRules{ToSeconds: 1800}, scan: code, want: checkin.TooLate},
		"after its slot":                {slot: "09:00", scan: code, want: checkin.TooLate},
		"a document where codes count":  {rules: ticketing.CheckInRules{CodeOnly: true}, scan: func(w *world) checkin.Answer { return w.try(checkin.Attempt{Document: passport(1)}) }, want: checkin.DocumentRefused},
		"a document of the wrong type":  {rules: ticketing.CheckInRules{Documents: []document.Type{document.PRCID}}, scan: func(w *world) checkin.Answer { return w.try(checkin.Attempt{Document: passport(1)}) }, want: checkin.DocumentRefused},
		"a document of the right type":  {rules: ticketing.CheckInRules{Documents: []document.Type{document.Passport}}, scan: func(w *world) checkin.Answer { return w.try(checkin.Attempt{Document: passport(1)}) }, want: checkin.OK},
		"out without having been in":    {scan: func(w *world) checkin.Answer { return w.exit(w.ticket.codes[0]) }, want: checkin.NotInside},
		"out":                           {scan: func(w *world) checkin.Answer { code(w); return w.exit(w.ticket.codes[0]) }, want: checkin.OK},
		"in again after going out":      {scan: func(w *world) checkin.Answer { code(w); w.exit(w.ticket.codes[0]); return code(w) }, want: checkin.AlreadyRedeemed},
		"in again, allowed all day":     {rules: ticketing.CheckInRules{ReEntry: ticketing.ReEntrySameDay}, scan: func(w *world) checkin.Answer { code(w); return code(w) }, want: checkin.OK},
		"in again too often":            {rules: ticketing.CheckInRules{ReEntry: ticketing.ReEntrySameDay, MaxEntries: 2}, scan: func(w *world) checkin.Answer { code(w); code(w); return code(w) }, want: checkin.AlreadyRedeemed},
		"in again without going out":    {rules: ticketing.CheckInRules{ReEntry: ticketing.ReEntryAfterExit}, scan: func(w *world) checkin.Answer { code(w); return code(w) }, want: checkin.AlreadyRedeemed},
		"in again after an exit, rules": {rules: ticketing.CheckInRules{ReEntry: ticketing.ReEntryAfterExit}, scan: func(w *world) checkin.Answer { code(w); w.exit(w.ticket.codes[0]); return code(w) }, want: checkin.OK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.pool("main", func(change *ticketing.PoolChange) {
				change.Rules = &ticketing.Rules{CheckIn: &c.rules}
				if c.slot != "" {
					change.Days = []ticketing.DayCapacity{{Date: may10, Slots: []ticketing.SlotCapacity{
						{Start: "09:00", End: "11:00", Capacity: 9}, {Start: "11:00", End: "13:00", Capacity: 9}, {Start: "13:00", End: "15:00", Capacity: 9},
					}}}
				}
				if c.pool != nil {
					c.pool(change)
				}
			})
			w := &world{fixture: f, gate: f.gate("one", "north"), account: f.person(1)}
			w.ticket = f.book(w.account, ticketing.Booking{Slot: c.slot, Hold: c.hold, Visitors: []ticketing.Visitor{visitor(1)}})
			if c.do != nil {
				c.do(t, w)
			}
			f.visit()
			f.pass(c.at)
			w.signIn()
			got := c.scan(w)
			assert.Equal(t, c.want, got.Reason)
			assert.Equal(t, c.want == checkin.OK, got.Accepted)
		})
	}
}
