package checkin

import (
	"bytes"
	"crypto/hmac"
	"crypto/subtle"
	"slices"
	"time"

	"fairgate/ticketing"
	"fairgate/ticketing/ticket"
)

// settle gives an item its answer: the earlier one where its nonce is known,
// else what the rules say.
func (r *round) settle(it *item) {
	if earlier := r.known[it.key]; earlier != nil {
		first := earlier[0]
		same := bytes.Equal(first.Fingerprint, it.fingerprint) ||
			it.offline != nil && first.PositionID != "" && first.PositionID == it.read.position
		if !same {
			it.err = ErrNonceReused
			return
		}
		it.answer = r.answer(earlier)
		it.answer.Repeated = true
		return
	}
	scans, err := r.judge(it)
	if err != nil {
		it.err = err
		return
	}
	r.known[it.key] = scans
	r.scans = append(r.scans, scans...)
	for _, scan := range scans {
		r.count(scan)
	}
	it.answer = r.answer(scans)
}

// judge makes the scans of an item: of the ticket itself and, where one scan
// admits several, of the others.
func (r *round) judge(it *item) ([]Scan, error) {
	t := r.terminals[it.by.terminalID]
	base := Scan{
		Key: it.key, Fingerprint: it.fingerprint, TerminalID: t.ID, Gate: t.Gate, Direction: it.attempt.Direction,
		ScannedAt: it.attempt.ScannedAt.UTC().Truncate(time.Millisecond), At: r.now, RecordedAt: r.now, Skew: it.skew,
	}
	if it.offline != nil {
		base.Offline, base.At = true, it.offline.at
		if it.offline.refused != "" {
			base.Reason, base.Conflict, base.PositionID = it.offline.refused, it.offline.refused, it.read.position
			return []Scan{base}, nil
		}
	}
	if it.read.refused != "" {
		base.Reason = it.read.refused
		if it.offline != nil {
			base.Conflict = base.Reason
		}
		return []Scan{base}, nil
	}
	b, reason := r.find(it, t)
	if b == nil || reason != OK {
		return r.one(it, base, b, reason)
	}
	if it.read.holder != nil && len(b.DocumentKey) > 0 && !hmac.Equal(it.read.holder, b.DocumentKey) {
		return r.mismatch(it, base, b)
	}
	group := r.together(it, b)
	reasons := make([]Reason, len(group))
	for i, p := range group {
		reasons[i] = r.admits(it, t, p, base.At)
	}
	r.tieToAdults(it, group, reasons)
	if len(group) == 1 {
		return r.one(it, base, b, reasons[0])
	}
	return r.several(base, group, reasons)
}

// one makes the scan of a single ticket; b is nil where there is none.
func (r *round) one(it *item, base Scan, b *Booked, reason Reason) ([]Scan, error) {
	base.PositionID = it.read.position
	if b != nil {
		base.PositionID, base.OrderID, base.Pool = b.ID, b.OrderID, b.Pool
	}
	base.Reason, base.Accepted = reason, reason == OK
	if it.offline != nil {
		// Whoever was let in is in, whatever became of the booking meanwhile.
		base.Reason, base.Accepted = OK, true
		if reason == OK {
			reason = it.offline.late
		}
		if reason != OK {
			base.Conflict = reason
		}
	}
	if b == nil {
		return []Scan{base}, nil
	}
	first := r.pass(&base, b)
	return []Scan{base}, r.tell(b, base.At, first)
}

// mismatch refuses a ticket that was shown with somebody else's document. People
// who booked together take each other's code now and then; of a stranger the
// outbox is told.
func (r *round) mismatch(it *item, base Scan, b *Booked) ([]Scan, error) {
	scans, err := r.one(it, base, b, DocumentMismatch)
	if err != nil || slices.ContainsFunc(r.orders[b.OrderID], func(o *Booked) bool { return hmac.Equal(it.read.holder, o.DocumentKey) }) {
		return scans, err
	}
	return scans, r.note(ticketing.EventMismatched, b, base.At, 1)
}

// several makes the scans of a ticket and of those that pass with it. Of the
// others, those who have passed already are left out.
func (r *round) several(base Scan, group []*Booked, reasons []Reason) ([]Scan, error) {
	var scans []Scan
	people := 0
	for i, b := range group {
		scan := base
		scan.Part, scan.PositionID, scan.OrderID, scan.Pool = len(scans), b.ID, b.OrderID, b.Pool
		scan.Reason, scan.Accepted = reasons[i], reasons[i] == OK
		if i > 0 && (scan.Reason == AlreadyRedeemed || scan.Reason == NotInside) {
			continue
		}
		people += r.pass(&scan, b)
		scans = append(scans, scan)
	}
	return scans, r.tell(group[0], base.At, people)
}

// find looks for the position that an item is about. The reason is OK where one
// was found whose ticket this is.
func (r *round) find(it *item, t Terminal) (*Booked, Reason) {
	if it.read.document != nil {
		b := r.choose(r.documents[string(it.read.document)], t)
		if b == nil {
			return nil, UnknownTicket
		}
		return b, OK
	}
	b := r.booked[it.read.position]
	if b == nil {
		return nil, Superseded // signed by this house, so there was such a place
	}
	if it.read.secret != nil {
		secret, err := ticketing.SecretOf(r.s.vault, b.Position)
		if err != nil || !sameSecret(secret, *it.read.secret) {
			return b, Superseded
		}
	}
	return b, OK
}

// choose takes, of what a document is booked for around today, what is meant at
// this terminal: one of its pools and open now, else today's.
func (r *round) choose(candidates []*Booked, t Terminal) *Booked {
	var best *Booked
	most := -1
	for _, b := range candidates {
		score := 0
		opens, closes := r.window(b)
		if slices.Contains(t.Pools, b.Pool) {
			score += 4
		}
		if !r.now.Before(opens) && r.now.Before(closes) {
			score += 2
		}
		if b.Date == ticketing.DateOf(r.now) {
			score++
		}
		if score > most {
			best, most = b, score
		}
	}
	return best
}

func (r *round) window(b *Booked) (opens, closes time.Time) {
	rules := r.rules(b.Pool)
	return rules.Window(ticketing.Place{Pool: b.Pool, Date: b.Date, Slot: b.Slot}, b.SlotEnd)
}

// together is the scanned ticket and, after it, those that pass with it.
func (r *round) together(it *item, b *Booked) []*Booked {
	group := []*Booked{b}
	if it.offline != nil {
		return group
	}
	for _, other := range r.orders[b.OrderID] {
		if other != b && (it.attempt.WholeOrder || r.rules(b.Pool).Together && other.Unit == b.Unit) {
			group = append(group, other)
		}
	}
	return group
}

// admits says whether one ticket may pass, adults and minors aside.
func (r *round) admits(it *item, t Terminal, b *Booked, at time.Time) Reason {
	if reason := standing(b, at); reason != OK {
		return reason
	}
	if !slices.Contains(t.Pools, b.Pool) {
		return WrongPool
	}
	if it.attempt.Direction == Exit {
		if !b.Entry.Inside {
			return NotInside
		}
		return OK
	}
	rules := r.rules(b.Pool)
	if len(rules.Gates) > 0 && !slices.Contains(rules.Gates, t.Gate) {
		return WrongGate
	}
	if it.read.document != nil && (rules.CodeOnly || len(rules.Documents) > 0 && !slices.Contains(rules.Documents, it.read.kind)) {
		return DocumentRefused
	}
	if b.Entry.Entries > 0 && !again(rules, b.Entry) {
		return AlreadyRedeemed
	}
	return r.inTime(b, at)
}

// standing says whether the booking itself is in force.
func standing(b *Booked, at time.Time) Reason {
	if b.Cancelled {
		return Cancelled
	}
	switch b.State {
	case ticketing.StateProvisional, ticketing.StateConfirmed:
		return OK
	case ticketing.StateHeld:
		if !at.Before(b.HoldExpiresAt) {
			return Expired
		}
		return Unpaid
	case ticketing.StateExpired:
		return Expired
	case ticketing.StateWithdrawn:
		return Withdrawn
	case ticketing.StateCancelled:
		return Cancelled
	}
	return UnknownTicket
}

// inTime says whether a ticket is of now.
func (r *round) inTime(b *Booked, at time.Time) Reason {
	opens, closes := r.window(b)
	early, late := at.Before(opens), !at.Before(closes)
	switch {
	case !early && !late:
		return OK
	case ticketing.DateOf(at) != b.Date:
		return WrongDay
	case early:
		return TooEarly
	}
	return TooLate
}

// again reports whether the rules let somebody in who was in before.
func again(rules ticketing.CheckInRules, s State) bool {
	if rules.MaxEntries > 0 && s.Entries >= rules.MaxEntries {
		return false
	}
	return rules.ReEntry == ticketing.ReEntrySameDay || rules.ReEntry == ticketing.ReEntryAfterExit && !s.Inside
}

// tieToAdults refuses minors whose adult is neither inside nor passes now.
func (r *round) tieToAdults(it *item, group []*Booked, reasons []Reason) {
	if it.attempt.Direction == Exit || it.offline != nil || !r.rules(group[0].Pool).AdultFirst {
		return
	}
	for i, b := range group {
		if b.AdultID == "" || reasons[i] != OK {
			continue
		}
		adult := r.booked[b.AdultID]
		with := slices.IndexFunc(group, func(o *Booked) bool { return o.ID == b.AdultID })
		if adult == nil || !adult.Entry.Inside && (with < 0 || reasons[with] != OK) {
			reasons[i] = AdultMissing
		}
	}
}

// pass notes on a scan what was before it and, where it was accepted, changes
// the ticket's state. It returns how many people entered for the first time.
func (r *round) pass(scan *Scan, b *Booked) int {
	if !b.Entry.LastAt.IsZero() && (scan.Reason == AlreadyRedeemed || scan.Conflict == AlreadyRedeemed) {
		scan.PriorAt, scan.PriorGate, scan.PriorName = b.Entry.LastAt, b.Entry.LastGate, b.LastTerminal
	}
	if !scan.Accepted {
		return 0
	}
	before, s := b.Entry, b.Entry
	if scan.Direction == Exit && s.Entries == 0 {
		return 0 // off line, of somebody whose entry never came in
	}
	if scan.Direction == Entry {
		s.Entries++
	}
	if s.FirstAt.IsZero() {
		s.PositionID, s.OrderID, s.FirstAt = b.ID, b.OrderID, scan.At
	}
	s.Inside = scan.Direction == Entry
	s.LastAt, s.LastGate, s.LastTerminalID = scan.At, scan.Gate, scan.TerminalID
	b.Entry, b.LastTerminal = s, r.terminals[scan.TerminalID].Name
	r.states[b.ID] = s
	if before.Inside != s.Inside {
		line := r.line(*scan)
		line.Inside++
		if !s.Inside {
			line.Inside -= 2
		}
		r.put(*scan, line)
	}
	if before.Entries > 0 {
		return 0
	}
	line := r.line(*scan)
	line.People++
	r.put(*scan, line)
	return 1
}

// tell notes the event of people of one order who entered for the first time.
func (r *round) tell(b *Booked, at time.Time, people int) error {
	if people == 0 {
		return nil
	}
	return r.note(ticketing.EventCheckedIn, b, at, people)
}

// note notes an event about so many positions of an order.
func (r *round) note(kind ticketing.EventType, b *Booked, at time.Time, positions int) error {
	id, err := newID()
	if err != nil {
		return err
	}
	r.events = append(r.events, ticketing.Event{
		ID: id, Type: kind, OccurredAt: ticketing.Millis{Time: at}, OrderID: b.OrderID, AccountID: b.AccountID,
		Pool: b.Pool, Date: b.Date, State: b.State, Positions: positions,
	})
	return nil
}

// count adds a scan to the counts of its day.
func (r *round) count(scan Scan) {
	line := r.line(scan)
	switch {
	case !scan.Accepted:
		line.Refused++
	case scan.Direction == Entry:
		line.Entries++
	default:
		line.Exits++
	}
	if scan.Conflict != "" {
		line.Conflicts++
	}
	line.LastAt = scan.At
	r.put(scan, line)
}

func lineOf(scan Scan) Count {
	return Count{Day: ticketing.DateOf(scan.At), TerminalID: scan.TerminalID, Gate: scan.Gate, Pool: scan.Pool, Reason: scan.Reason}
}

func (r *round) line(scan Scan) Count {
	name := lineOf(scan)
	if line, known := r.counts[name]; known {
		return line
	}
	return name
}

func (r *round) put(scan Scan, line Count) { r.counts[lineOf(scan)] = line }

func sameSecret(a, b ticket.Secret) bool { return subtle.ConstantTimeCompare(a[:], b[:]) == 1 }
