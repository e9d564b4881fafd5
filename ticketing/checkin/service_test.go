package checkin_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/checkin"
	"fairgate/ticketing/document"
	"fairgate/ticketing/sqlstore"
)

const (
	may10 = "2026-05-10"
	may11 = "2026-05-11"
)

// noon is 2026-05-10 12:00 in Shanghai.
func noon() time.Time { return time.Date(2026, 5, 10, 4, 0, 0, 0, time.UTC) }

func keys() ticketing.Keys {
	return ticketing.Keys{
		Encryption: [][]byte{bytes.Repeat([]byte{1}, 32)}, Lookup: bytes.Repeat([]byte{2}, 32),
		Session: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, 32)),
	}
}

// fixture is the booking system and its gates on a new SQLite file, with a
// clock that the test sets. It is days before the visit; visit goes to noon of
// May 10.
type fixture struct {
	*checkin.Service
	t       testing.TB
	store   *sqlstore.Store
	booking *ticketing.Service
	dsn     string
	now     atomic.Int64 // Unix ms
}

func newFixture(tb testing.TB) *fixture {
	tb.Helper()
	return newFixtureOn(tb, "sqlite:"+filepath.Join(tb.TempDir(), "ticketing.db"), checkin.Options{})
}

func newFixtureOn(tb testing.TB, dsn string, opts checkin.Options) *fixture {
	tb.Helper()
	store, err := sqlstore.Open(tb.Context(), dsn, sqlstore.Options{})
	require.NoError(tb, err)
	tb.Cleanup(func() { assert.NoError(tb, store.Close()) })
	f := &fixture{t: tb, store: store, dsn: dsn}
	f.now.Store(noon().AddDate(0, 0, -5).UnixMilli())
	clock := func() time.Time { return time.UnixMilli(f.now.Load()) }
	f.booking, err = ticketing.NewService(store, keys(), clock, ticketing.Options{PasswordCost: ticketing.PasswordCost{MemoryKiB: 8, Passes: 1, Lanes: 1}})
	require.NoError(tb, err)
	if opts.CountsAge == 0 {
		opts.CountsAge = -1
	}
	if opts.ScanRate == 0 {
		opts.ScanRate = 100_000
	}
	f.Service, err = checkin.New(store.CheckIn(), keys(), clock, opts)
	require.NoError(tb, err)
	return f
}

func (f *fixture) clock() time.Time     { return time.UnixMilli(f.now.Load()).UTC() }
func (f *fixture) pass(d time.Duration) { f.now.Add(d.Milliseconds()) }
func (f *fixture) visit()               { f.now.Store(noon().UnixMilli()) }

// pool makes a pool that is provisional to the last; change may set more.
func (f *fixture) pool(id string, change func(*ticketing.PoolChange)) {
	f.t.Helper()
	c := ticketing.PoolChange{
		Pool: ticketing.Pool{ID: id, Name: "Hall " + id, LimitPerOrder: 10, Hold: 10 * time.Minute},
		Days: []ticketing.DayCapacity{{Date: may10, Capacity: 1000}, {Date: may11, Capacity: 1000}},
	}
	if change != nil {
		change(&c)
	}
	_, err := f.booking.PutPool(f.t.Context(), ticketing.Call{}, c)
	require.NoError(f.t, err)
}

// rules makes a pool with rules for check-in.
func (f *fixture) rules(id string, r ticketing.CheckInRules) {
	f.t.Helper()
	f.pool(id, func(c *ticketing.PoolChange) { c.Rules = &ticketing.Rules{CheckIn: &r} })
}

func (f *fixture) person(n int) string {
	f.t.Helper()
	a, err := f.booking.Register(f.t.Context(), ticketing.Call{}, fmt.Sprintf("138%08d", n), "correct horse")
	require.NoError(f.t, err)
	return a.ID
}

func visitor(n int) ticketing.Visitor {
	return ticketing.Visitor{Name: "Ann", Type: document.Passport, Number: fmt.Sprintf("P%07d", n), Nationality: "GBR"}
}

func passport(n int) *checkin.DocumentScan {
	return &checkin.DocumentScan{Type: document.Passport, Number: fmt.Sprintf("P%07d", n), Nationality: "GBR"}
}

// tickets are an order and its codes.
type tickets struct {
	ticketing.Order
	codes []string
}

func (f *fixture) book(account string, b ticketing.Booking) tickets {
	f.t.Helper()
	if b.Date == "" {
		b.Date = may10
	}
	if b.Pool == "" {
		b.Pool = "main"
	}
	o, err := f.booking.Book(f.t.Context(), ticketing.Call{}, account, b)
	require.NoError(f.t, err)
	return f.read(account, o.ID)
}

func (f *fixture) read(account, order string) tickets {
	f.t.Helper()
	o, codes, err := f.booking.OrderWithTickets(f.t.Context(), account, order)
	require.NoError(f.t, err)
	return tickets{Order: o, codes: codes}
}

// one books one visitor of the main pool, once the pool is there.
func (f *fixture) one(n int) (account string, t tickets) {
	f.t.Helper()
	account = f.person(n)
	return account, f.book(account, ticketing.Booking{Visitors: []ticketing.Visitor{visitor(n)}})
}

// gate is a terminal that has signed in.
type gate struct {
	f     *fixture
	id    string
	key   checkin.Key
	token string
}

func (f *fixture) register(name, at string, pools ...string) (string, checkin.Key) {
	f.t.Helper()
	if len(pools) == 0 {
		pools = []string{"main"}
	}
	made, err := f.Register(f.t.Context(), "王", "", checkin.Setting{Name: name, Kind: checkin.Handheld, Gate: at, Pools: pools})
	require.NoError(f.t, err)
	key, err := checkin.ParseKey(made.Key)
	require.NoError(f.t, err)
	return made.Terminal.ID, key
}

func (f *fixture) gate(name, at string, pools ...string) *gate {
	f.t.Helper()
	g := &gate{f: f}
	g.id, g.key = f.register(name, at, pools...)
	g.signIn()
	return g
}

func (g *gate) signIn() {
	g.f.t.Helper()
	session, err := g.f.SignIn(g.f.t.Context(), g.f.signed(g.id, g.key, uuid.NewString(), g.f.clock(), "1.0"))
	require.NoError(g.f.t, err)
	g.token = session.Token
}

func (f *fixture) signed(id string, key checkin.Key, nonce string, clock time.Time, app string) checkin.SignIn {
	return checkin.SignIn{TerminalID: id, Nonce: nonce, Clock: clock, AppVersion: app, Signature: key.Sign(id, nonce, clock, app)}
}

// try scans with a nonce of its own.
func (g *gate) try(a checkin.Attempt) checkin.Answer {
	g.f.t.Helper()
	if a.Nonce == "" {
		a.Nonce = uuid.NewString()
	}
	if a.ScannedAt.IsZero() {
		a.ScannedAt = g.f.clock()
	}
	out, err := g.f.Scan(g.f.t.Context(), g.token, a)
	require.NoError(g.f.t, err)
	return out
}

func (g *gate) scan(code string) checkin.Answer {
	g.f.t.Helper()
	return g.try(checkin.Attempt{Code: code})
}

func (g *gate) exit(code string) checkin.Answer {
	g.f.t.Helper()
	return g.try(checkin.Attempt{Code: code, Direction: checkin.Exit})
}

func (f *fixture) checkedIn() []ticketing.Event {
	f.t.Helper()
	events, err := f.booking.Events(f.t.Context(), 0, 1000)
	require.NoError(f.t, err)
	var out []ticketing.Event
	for _, e := range events {
		if e.Type == ticketing.EventCheckedIn {
			out = append(out, e)
		}
	}
	return out
}

// forged is a code like a ticket's, signed by somebody else's key.
func forged(f *fixture, order tickets) string {
	raw, err := base64.RawURLEncoding.DecodeString(order.codes[0][len("FG1."):])
	require.NoError(f.t, err)
	raw[len(raw)-1] ^= 1
	return "FG1." + base64.RawURLEncoding.EncodeToString(raw)
}
