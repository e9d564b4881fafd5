// Package backtesttest makes history for measuring and testing backtests:
// events of an ordinary sale with its share of scalpers, and rulesets of any
// size to run over them, the same for the same seed. It is for tests and the
// bench command only.
package backtesttest

import (
	"encoding/binary"
	"fmt"
	"iter"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/google/uuid"

	"fairgate/ingest"
)

// Traffic is what kind of history to make. Zero values mean the defaults named.
type Traffic struct {
	Seed     uint64
	Start    time.Time // 1 March 2026, 01:00 UTC
	Rate     float64   // events a second; 400
	Accounts int       // that come back; 50,000
	// Scalpers is how many accounts poll and order from shared devices; one in
	// a hundred of Accounts.
	Scalpers int
	Site     string // museum
}

func (t Traffic) withDefaults() Traffic {
	if t.Start.IsZero() {
		t.Start = time.Date(2026, 3, 1, 1, 0, 0, 0, time.UTC)
	}
	if t.Rate <= 0 {
		t.Rate = 400
	}
	if t.Accounts <= 0 {
		t.Accounts = 50_000
	}
	if t.Scalpers <= 0 {
		t.Scalpers = max(1, t.Accounts/100)
	}
	if t.Site == "" {
		t.Site = "museum"
	}
	return t
}

// Scalper names a scalper's account, from 0.
func Scalper(i int) string { return fmt.Sprintf("scalper-%06d", i) }

// Person names an ordinary account, from 0.
func Person(i int) string { return fmt.Sprintf("person-%07d", i) }

// Events yields n events in the order of (time, id). Each is the receiver's.
func Events(t Traffic, n int) iter.Seq[*ingest.Event] {
	t = t.withDefaults()
	return func(yield func(*ingest.Event) bool) {
		random := rand.New(rand.NewPCG(t.Seed, 4))
		at := t.Start
		for i := range n {
			at = at.Add(time.Duration(random.ExpFloat64() / t.Rate * float64(time.Second)))
			if !yield(event(&t, random, i, at.Truncate(time.Millisecond))) {
				return
			}
		}
	}
}

func event(t *Traffic, random *rand.Rand, i int, at time.Time) *ingest.Event {
	e := &ingest.Event{
		ID: id(at, uint64(i)), Time: at, Site: t.Site, Gateway: "gateway-1", Boot: "b", Seq: uint64(i + 1),
		Method: "GET", Route: "stock", Path: "/api/v1/stock",
		Kind:     ingest.KindStockRead,
		Decision: ingest.Decision{Action: ingest.Allow, Ruleset: "000000000000"},
		Outcome:  ingest.Outcome{Disposition: ingest.DispositionForwarded, Status: 200, Latency: 7 * time.Millisecond, Screening: time.Millisecond},
	}
	who := random.IntN(t.Accounts)
	scalper := random.IntN(4) == 0
	if scalper {
		who = random.IntN(t.Scalpers)
		e.Subject.Account, e.Subject.Device = Scalper(who), fmt.Sprintf("farm-device-%05d", who/4)
		e.Client.IP = netip.AddrFrom4([4]byte{203, 0, 113, byte(who % 64)})
		e.Client.UserAgent = "okhttp/4.12"
	} else {
		e.Subject.Account, e.Subject.Device = Person(who), fmt.Sprintf("device-%07d", who)
		e.Client.IP = netip.AddrFrom4([4]byte{100, byte(64 + who%60), byte(who / 60 % 250), byte(1 + who%250)})
		e.Client.UserAgent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/8.0.50"
	}
	e.Subject.Session = fmt.Sprintf("%016x", uint64(who)*0x9e3779b97f4a7c15+1)
	e.Subject.DeviceIssued = t.Start.Add(-time.Duration(who%72) * time.Hour)
	b := e.Client.IP.As4()
	e.Client.Subnet = fmt.Sprintf("%d.%d.%d.0/24", b[0], b[1], b[2])
	e.Client.ASN, e.Client.ASOrg, e.Client.Country, e.Client.Language = 4134+uint32(who%7), "CHINANET", "CN", "zh-CN"
	switch n := random.IntN(100); {
	case n < 45:
	case n < 65:
		e.Kind, e.Route, e.Path = ingest.KindDetailRead, "detail", "/api/v1/days"
	case n < 80:
		e.Kind, e.Route, e.Path = ingest.KindPageRead, "page", "/"
	default:
		order(e, random, who, scalper)
	}
	return e
}

func order(e *ingest.Event, random *rand.Rand, who int, scalper bool) {
	e.Kind, e.Route, e.Path, e.Method = ingest.KindOrderSubmit, "orders", "/api/v1/orders", "POST"
	e.Order = ingest.Order{Pool: "hall", Day: e.Time.AddDate(0, 0, 1+random.IntN(7)).Format(time.DateOnly), Positions: 1 + random.IntN(4)}
	for i := range e.Order.Positions {
		document := uint64(who*8 + i)
		if scalper {
			document = random.Uint64N(1 << 24)
		}
		e.Subject.Documents = append(e.Subject.Documents, fmt.Sprintf("%032x", document*0x9e3779b97f4a7c15))
	}
	e.Subject.Phone = fmt.Sprintf("%032x", uint64(who)*0xc4ceb9fe1a85ec53)
	if random.IntN(3) == 0 {
		e.Outcome.Status, e.Outcome.Code = 409, "sold_out"
		return
	}
	e.Outcome.Status, e.Outcome.OrderState = 201, "held"
	e.Order.ID = "O" + e.ID[:23]
}

// id is a UUIDv7 made of the time and a number.
func id(at time.Time, n uint64) string {
	var u uuid.UUID
	ms := uint64(at.UnixMilli())
	binary.BigEndian.PutUint64(u[:8], ms<<16|0x7000|n>>52)
	binary.BigEndian.PutUint64(u[8:], 2<<62|n)
	return u.String()
}
