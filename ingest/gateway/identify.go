package gateway

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"fairgate/ingest"
	"fairgate/ingest/fingerprint"
)

// Bounds of values that a visitor writes and an event keeps, in bytes. What is
// longer is dropped: no upstream knows a pool of such a name.
const (
	maxKeyLength = 64
	maxPath      = 512
)

// identify makes the event: who asks for what, from where. Raw document and
// phone numbers end here; the event has their keyed hashes.
func (g *Gateway) identify(x *exchange) {
	at := x.start.UTC().Truncate(time.Millisecond)
	seq := g.seq.Add(1)
	x.event = &ingest.Event{
		ID: newEventID(at, seq), Time: at,
		Site: g.o.Site, Gateway: g.o.Name, Boot: g.boot, Seq: seq,
		Kind: x.route.kind, Route: x.route.id, Method: x.method, Path: x.path[:min(len(x.path), maxPath)],
	}
	x.identity = g.o.Reader.Read(x.peer, x.headers)
	x.event.Subject = g.subject(x)
	x.event.Client = x.identity.Client
	x.event.Telemetry = x.identity.Sealed.Telemetry
	for i, s := range x.route.keys {
		g.key(x.event, s, x.keys[i])
	}
}

// subject says who asks, by the fingerprint that was read, and finds the account. It needs a canonical
// request but no route, so that mounted handlers can be told too.
func (g *Gateway) subject(x *exchange) ingest.Subject {
	s := ingest.Subject{
		Device: x.identity.Device.ID, DeviceIssued: x.identity.Device.Issued, DeviceFresh: x.identity.NewToken != "",
	}
	token, claim := "", ""
	if x.route != nil {
		claim = x.route.claim
	}
	if x.route == nil || !x.route.public {
		token = g.sessionToken(x)
	}
	if token == "" {
		return s
	}
	keys := g.o.Keyer.Keys(fingerprint.PurposeSession, token)
	x.sessionKey = keys[0]
	s.Session = x.sessionKey
	account, err := g.accounts.find(g.screening.Now(), token, claim, keys)
	if err != nil {
		g.metrics.bindingErrors.Inc()
	}
	s.Account = account
	return s
}

// maxToken bounds a session token, in bytes.
const maxToken = 4096

// sessionToken is the bearer token or, without one, what the table's session
// places hold.
func (g *Gateway) sessionToken(x *exchange) string {
	scheme, token, _ := strings.Cut(fingerprint.First(x.headers, "Authorization"), " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") {
		token = ""
	}
	for _, s := range g.routes.Load().sessions {
		if token != "" {
			break
		}
		if s.source == fromCookie {
			token, _ = fingerprint.Cookie(x.headers, s.name)
		} else {
			token = fingerprint.First(x.headers, s.name)
		}
	}
	if len(token) > maxToken {
		return ""
	}
	return token
}

// key puts what a selector found where it belongs.
func (g *Gateway) key(e *ingest.Event, s selector, f found) {
	switch s.key {
	case keyClaimed:
		// A claimed name is mostly a phone number or a mail address.
		e.Subject.Claimed = g.o.Keyer.Current(fingerprint.PurposeClaimed, f.first())
	case keyPhone:
		e.Subject.Phone = g.o.Keyer.Current(fingerprint.PurposePhone, f.first())
		e.Subject.PhoneClass = g.o.Reader.PhoneClass(f.first())
		if e.Subject.PhoneClass == ingest.PhoneVirtual {
			e.Subject.PhoneBlock = g.o.Keyer.Current(fingerprint.PurposeBlock, fingerprint.PhoneBlock(f.first()))
		}
	case keyDocuments:
		e.Subject.Documents = g.documents(f.values)
	case keyPool:
		e.Order.Pool = tidy(f.first())
	case keyDay:
		if day := f.first(); len(day) == len(time.DateOnly) {
			if _, err := time.Parse(time.DateOnly, day); err == nil {
				e.Order.Day = day
			}
		}
	case keyPayee:
		e.Subject.Payee = g.o.Keyer.Current(fingerprint.PurposePayee, f.first())
	case keyOrder:
		e.Order.ID = tidy(f.first())
	case keyPositions:
		e.Order.Positions = f.count
		if !s.counts() {
			n, err := strconv.Atoi(f.first())
			e.Order.Positions = 0
			if err == nil && n > 0 && n <= 1<<16 {
				e.Order.Positions = n
			}
		}
	case keyAccount: // a claim, read with the token
	}
}

// fewDocuments are compared one by one; of up to 500 that would be quadratic.
const fewDocuments = 16

// documents are the keys of the values, each once, in their order.
func (g *Gateway) documents(values []string) []string {
	if len(values) == 0 {
		return nil
	}
	keys := make([]string, 0, len(values))
	var seen map[string]bool
	if len(values) > fewDocuments {
		seen = make(map[string]bool, len(values))
	}
	for _, value := range values {
		key := g.o.Keyer.Current(fingerprint.PurposeDocument, value)
		switch {
		case key == "":
		case seen == nil:
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		case !seen[key]:
			seen[key] = true
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	return keys
}

// tidy drops a value that is too long or not text.
func tidy(value string) string {
	if len(value) > maxKeyLength || strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar }) {
		return ""
	}
	return value
}

// newEventID is a UUIDv7 (RFC 9562, 6.2, method 1) whose time is the event's and
// whose first 26 bits after it count the gateway's events: of events in one
// millisecond the one that came first sorts first, as counters have met them.
func newEventID(at time.Time, seq uint64) string {
	id := uuid.New()
	ms := uint64(at.UnixMilli())
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i)) //nolint:gosec // one byte of six
	}
	id[6], id[7] = 0x70|byte(seq>>22)&0x0f, byte(seq>>14) //nolint:gosec // bits of the count
	id[8], id[9] = 0x80|byte(seq>>8)&0x3f, byte(seq)      //nolint:gosec // the rest of them
	return id.String()
}
