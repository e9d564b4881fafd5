package live_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/ledger"
	"fairgate/enforcement/ledger/archive"
	"fairgate/enforcement/ledger/chdb/chdbtest"
	"fairgate/enforcement/ledger/live"
	"fairgate/ingest"
)

func TestMain(m *testing.M) { os.Exit(chdbtest.Main(m)) }

const site = "museum"

// now is noon in UTC, yesterday; retention keeps what the tests write.
var now = time.Now().UTC().Truncate(24 * time.Hour).Add(-12 * time.Hour)

// world is a ledger under test.
type world struct {
	*live.Reader
	t       *testing.T
	archive *archive.Archive
	records []ledger.Record
}

func newWorld(t *testing.T) *world {
	t.Helper()
	supervisor := chdbtest.Start(t)
	a, err := archive.Open(supervisor.Writer(), archive.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, a.Close()) })
	r, err := live.Open(supervisor.Reader())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	require.Error(t, r.Ping(t.Context()), "there is no ledger yet")
	require.NoError(t, a.Migrate(t.Context()))
	require.NoError(t, r.Ping(t.Context()))
	return &world{Reader: r, t: t, archive: a}
}

// see notes a request of an account, ago before now.
func (w *world) see(account string, ago time.Duration, change ...func(*ingest.Event)) *ingest.Event {
	e := &ingest.Event{
		ID: fmt.Sprintf("e-%06d", len(w.records)), Time: now.Add(-ago), Site: site, Gateway: "gw", Boot: "b", Seq: uint64(len(w.records)) + 1,
		Kind: ingest.KindStockRead, Route: "stock", Subject: ingest.Subject{Account: account}, Order: ingest.Order{Pool: "main"},
		Client: ingest.Client{Subnet: "192.0.2.0/24"}, Decision: ingest.Decision{Action: ingest.Allow},
		Outcome: ingest.Outcome{Disposition: ingest.DispositionForwarded, Status: 200},
	}
	for _, c := range change {
		c(e)
	}
	w.records = append(w.records, ledger.Record{Event: e})
	return e
}

func (w *world) write() {
	w.t.Helper()
	require.NoError(w.t, w.archive.Write(w.t.Context(), w.records))
	require.NoError(w.t, w.archive.Write(w.t.Context(), w.records[len(w.records)/2:]), "a part comes again")
}

func refused(action ingest.Action, rule string) func(*ingest.Event) {
	return func(e *ingest.Event) {
		e.Decision = ingest.Decision{Action: action, Hits: []ingest.Hit{{Rule: rule, Action: action, Entity: "account", Key: e.Subject.Account}}}
		e.Outcome = ingest.Outcome{Disposition: ingest.DispositionRefused, Status: 403}
	}
}

func pool(name string) func(*ingest.Event) {
	return func(e *ingest.Event) { e.Order.Pool = name }
}

func TestTraffic(t *testing.T) {
	w := newWorld(t)
	for i := range 10 {
		w.see(fmt.Sprintf("person-%d", i), 20*time.Second)
		w.see(fmt.Sprintf("bot-%d", i), 30*time.Second, refused(ingest.Block, "fast"))
	}
	// Met after two seconds, never met, and still open.
	w.see("solver", 40*time.Second, refused(ingest.Challenge, "odd"))
	w.see("solver", 38*time.Second, func(e *ingest.Event) { e.Decision.Passed = true })
	w.see("mute", 40*time.Second, refused(ingest.Challenge, "odd"))
	w.see("mute", 41*time.Second, func(e *ingest.Event) { e.Decision.Passed = true }) // a pass of before
	w.see("new", time.Second, refused(ingest.Challenge, "odd"))
	w.see("marked", 5*time.Second, func(e *ingest.Event) { e.Decision.Action = ingest.Flag })
	w.see("watched", 5*time.Second, func(e *ingest.Event) { e.Decision.Observed, e.Decision.Degraded = ingest.Block, true })
	w.see("", 5*time.Second, refused(ingest.Block, "fast"), pool("east"))
	w.see("", 5*time.Second, refused(ingest.Block, "fast"), pool("east")) // of one network
	w.see("late bot", 5*time.Second, refused(ingest.Block, "fast"), func(e *ingest.Event) { e.Kind = ingest.KindOrderSubmit })
	w.see("late person", 5*time.Second, func(e *ingest.Event) { e.Kind = ingest.KindOrderSubmit })
	w.see("earlier", 61*time.Second, refused(ingest.Block, "fast"))
	w.see("elsewhere", time.Second, refused(ingest.Block, "fast"), func(e *ingest.Event) { e.Site = "theatre" })
	w.see("telling", time.Second, func(e *ingest.Event) { e.Kind = ingest.KindBeacon })
	w.write()

	got, err := w.Traffic(t.Context(), site, live.Last(now, time.Minute))
	require.NoError(t, err)
	assert.Equal(t, []live.Traffic{
		{Whole: true, Requests: 30, Hostile: 16, Blocked: 13, Challenged: 1, Flagged: 1, Accounts: 14, Sources: 15, Orders: 2, HostileOrders: 1, OrderAccounts: 1, OrderSources: 1, Degraded: 1},
		{Pool: "main", Requests: 28, Hostile: 14, Blocked: 11, Challenged: 1, Flagged: 1, Accounts: 14, Sources: 14, Orders: 2, HostileOrders: 1, OrderAccounts: 1, OrderSources: 1, Degraded: 1},
		{Pool: "east", Requests: 2, Hostile: 2, Blocked: 2, Sources: 1},
	}, got)
	assert.InDelta(t, 0.5, got[1].Share(), 0)
	assert.Zero(t, live.Traffic{}.Share())

	quiet, err := w.Traffic(t.Context(), site, live.Last(now.Add(-time.Hour), time.Minute))
	require.NoError(t, err)
	for _, row := range quiet {
		assert.Zero(t, row.Requests)
	}
}

func TestUsual(t *testing.T) {
	w := newWorld(t)
	for d := range 8 {
		ago := time.Duration(d) * 24 * time.Hour
		w.see(fmt.Sprintf("person-%d", d), ago+10*time.Minute)
		w.see(fmt.Sprintf("bot-%d", d), ago, refused(ingest.Block, "fast"))
		w.see(fmt.Sprintf("other-hour-%d", d), ago+31*time.Minute, refused(ingest.Block, "fast"))
	}
	w.write()
	require.NoError(t, w.archive.Write(t.Context(), nil))
	got, err := w.Usual(t.Context(), site, now)
	require.NoError(t, err)
	require.Len(t, got, 2)
	for _, u := range got {
		assert.EqualValues(t, 7, u.Days, "today is not the usual")
		assert.InDelta(t, 0.5, float64(u.Hostile)/float64(u.Requests), 0.1)
	}
	assert.True(t, got[0].Whole)
	assert.Equal(t, "main", got[1].Pool)
}

func TestBooked(t *testing.T) {
	w := newWorld(t)
	order := func(day, device, ip string, places int) func(*ingest.Event) {
		return func(e *ingest.Event) {
			e.Kind, e.Order, e.Subject.Device = ingest.KindOrderSubmit, ingest.Order{Pool: "main", Day: day, Positions: places}, device
			e.Outcome.Status = 201
			require.NoError(t, e.Client.IP.UnmarshalText([]byte(ip)))
		}
	}
	for i := range 6 { // each from a device and address of its own
		w.see(fmt.Sprintf("person-%d", i), 30*time.Second, order("2026-12-01", fmt.Sprintf("d-%d", i), fmt.Sprintf("192.0.2.%d", i+1), 2))
	}
	for i := range 4 {
		w.see(fmt.Sprintf("phone-%d", i), 20*time.Second, order("2026-12-01", "farm", "", 5))
		w.see(fmt.Sprintf("proxy-%d", i), 20*time.Second, order("2026-12-01", fmt.Sprintf("p-%d", i), "198.51.100.7", 3))
	}
	w.see("late", 61*time.Second, order("2026-12-01", "farm", "", 5))
	w.see("unlucky", time.Second, order("2026-12-01", "farm", "", 5), func(e *ingest.Event) { e.Outcome.Status = 409 })
	w.see("other", time.Second, order("2026-12-02", "x", "", 1))
	w.write()
	got, err := w.Booked(t.Context(), site, live.Last(now, time.Minute))
	require.NoError(t, err)
	assert.Equal(t, []live.Booked{
		{Pool: "main", Day: "2026-12-01", Orders: 14, Places: 44, Accounts: 14, SharedPlaces: 32, SharedAccounts: 8},
		{Pool: "main", Day: "2026-12-02", Orders: 1, Places: 1, Accounts: 1},
	}, got)
}

func TestRuleBlocks(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		w.see(fmt.Sprintf("bot-%d", i), 2*time.Minute, refused(ingest.Block, "fast"))
		w.see(fmt.Sprintf("bot-%d", i), time.Minute, refused(ingest.Block, "fast")) // the same again
	}
	w.see("then", 15*time.Minute, refused(ingest.Block, "fast"))
	w.see("long ago", 30*time.Hour, refused(ingest.Flag, "fast"))
	w.see("listed", time.Minute, refused(ingest.Block, "list:x"))
	w.see("asked", time.Minute, refused(ingest.Challenge, "odd"))
	w.see("first", time.Minute, refused(ingest.Block, "fresh"))
	w.records = append(w.records, ledger.Record{Action: &enforcement.Action{
		ID: "a", Time: now.Add(-3 * time.Minute), Site: site, Kind: enforcement.ActionBlock, Rule: "fast", Actor: enforcement.ActorEnforcer,
		Target: enforcement.Target{Entity: "account", Key: "found later"},
	}})
	w.write()
	got, err := w.RuleBlocks(t.Context(), site, now)
	require.NoError(t, err)
	require.Len(t, got.Rules, 2)
	fast, fresh := got.Rules[0], got.Rules[1]
	assert.Equal(t, "fast", fast.Rule)
	assert.True(t, fast.Known)
	assert.EqualValues(t, 6, fast.Counts[live.Day], "five accounts, and one that was found later")
	assert.EqualValues(t, 1, fast.Counts[live.Day-1])
	assert.Equal(t, "fresh", fresh.Rule)
	assert.False(t, fresh.Known)
	assert.EqualValues(t, 8, got.Seen[live.Day])
}

func TestAStretchThatIsNone(t *testing.T) {
	w := &live.Reader{}
	for name, over := range map[string]live.Stretch{
		"backwards": live.Last(now, -time.Second), "empty": {From: now, To: now}, "too long": live.Last(now, time.Hour),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.Traffic(t.Context(), site, over)
			require.ErrorIs(t, err, live.ErrInvalidStretch)
			_, err = w.Booked(t.Context(), site, over)
			require.ErrorIs(t, err, live.ErrInvalidStretch)
		})
	}
}
