package scoring_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/rulesets"
	"fairgate/scoring"
	"fairgate/scoring/window/memory"
)

// opening is when the places of the day are released.
var opening = time.Date(2026, 7, 1, 1, 0, 0, 0, time.UTC)

// actor is one person or script: what it is and what it sent.
type actor struct {
	*rand.Rand
	cohort string
	n      int
	at     time.Time
	who    ingest.Subject
	from   ingest.Client
	fresh  bool // throws its cookies away
	sent   []*ingest.Event
	worst  ingest.Action
}

// wait moves the actor's time by a random pause with the given median in
// seconds; people's pauses are log-normal.
func (a *actor) wait(median, least float64) {
	s := max(least, median*math.Exp(0.7*a.NormFloat64()))
	a.at = a.at.Add(time.Duration(s*1000) * time.Millisecond)
}

// exactly moves the actor's time by about s seconds, as timers do.
func (a *actor) exactly(s, jitter float64) {
	s *= 1 + jitter*(2*a.Float64()-1)
	a.at = a.at.Add(time.Duration(s*1000) * time.Millisecond)
}

func (a *actor) send(kind ingest.Kind, documents ...string) {
	e := &ingest.Event{
		ID: fmt.Sprintf("%s-%d-%d", a.cohort, a.n, len(a.sent)), Time: a.at, Kind: kind, Site: "museum",
		Subject: a.who, Client: a.from,
	}
	e.Subject.Documents = documents
	e.Order.Positions = len(documents)
	if kind == ingest.KindSessionCreate {
		e.Subject.Claimed, e.Subject.Account = a.who.Account, ""
	}
	if a.fresh {
		e.Subject.DeviceFresh, e.Subject.DeviceIssued = true, a.at
		e.Subject.Device = fmt.Sprintf("%s-%d", e.ID, a.Uint64())
	}
	a.sent = append(a.sent, e)
}

func (a *actor) signIn(account string) {
	a.who.Account = account
	a.send(ingest.KindSessionCreate)
}

func (a *actor) people(first, number int) []string {
	out := make([]string, number)
	for i := range out {
		out[i] = fmt.Sprintf("doc-%s-%d-%d", a.cohort, a.n, first+i)
	}
	return out
}

// visit is an ordinary person around the opening: comes, signs in, refreshes
// until there are places, and books, at times again.
func (a *actor) visit(documents ...string) {
	a.at = a.at.Add(time.Duration(a.Float64()*360-300) * time.Second)
	a.send(ingest.KindPageRead)
	a.wait(0.4, 0.1)
	a.send(ingest.KindStockRead)
	a.wait(8, 3)
	a.signIn(fmt.Sprintf("%s-%d", a.cohort, a.n))
	for a.at.Before(opening) {
		a.wait(4, 0.6)
		a.send(ingest.KindStockRead)
	}
	for range 1 + a.IntN(3) {
		a.wait(1.2, 0.3)
		a.send(ingest.KindStockRead)
		a.wait(2.5, 0.7)
		a.send(ingest.KindOrderSubmit, documents...)
	}
}

// flaky repeats requests, taps twice and changes the address.
func (a *actor) flaky() {
	var sent []*ingest.Event
	for i, e := range a.sent {
		e.Client.IP = netip.AddrFrom4([4]byte{10, 9, byte(a.n), byte(i / 5)})
		sent = append(sent, e)
		for a.IntN(10) < 3 {
			again := *e
			again.ID += fmt.Sprintf("-again-%d", a.Uint64())
			again.Time = e.Time.Add(time.Duration(50+a.IntN(900)) * time.Millisecond)
			sent = append(sent, &again)
		}
	}
	a.sent = sent
}

// population plays every cohort and scenario, a hundred actors each.
func population(seed uint64) []*actor {
	scripts := map[string]func(*actor){
		"H1": func(a *actor) { a.visit(a.people(0, 1+a.IntN(3))...) },
		"H2": func(a *actor) {
			a.visit(a.people(0, 5)...)
			a.wait(15, 6)
			a.send(ingest.KindOrderSubmit, a.people(5, 3)...) // the rest of the family
			a.wait(20, 8)
			a.signIn(fmt.Sprintf("H2-%d-other", a.n))
			a.wait(6, 2.5)
			a.send(ingest.KindStockRead)
			a.wait(8, 3)
			a.send(ingest.KindOrderSubmit, a.people(0, 4)...)
		},
		"H4": func(a *actor) {
			a.from.IP, a.from.Subnet = netip.MustParseAddr("203.0.113.1"), "203.0.113.0/24"
			a.visit(a.people(0, 1+a.IntN(2))...)
		},
		"H9": func(a *actor) { a.visit(a.people(0, 2)...); a.flaky() },
		"S1": func(a *actor) {
			a.signIn(fmt.Sprintf("S1-%d", a.n))
			pause := 0.5 + 3*a.Float64()
			for range 120 {
				a.send(ingest.KindStockRead)
				a.exactly(pause, 0.25)
			}
		},
		"S2": func(a *actor) {
			a.fresh = a.n%2 == 0
			a.signIn(fmt.Sprintf("S2-%d", a.n))
			for range 3 {
				a.wait(3, 0.3)
				a.send(ingest.KindOrderSubmit, a.people(0, 2)...)
			}
		},
		"S4": func(a *actor) {
			for i := range 8 {
				a.send(ingest.KindPageRead)
				a.exactly(0.5, 0.3)
				a.signIn(fmt.Sprintf("S4-%d-%d", a.n, i))
				a.wait(3, 1)
				a.send(ingest.KindStockRead)
				a.wait(3, 1)
				a.send(ingest.KindOrderSubmit, a.people(2*i, 2)...)
				a.wait(5, 1)
			}
		},
		"S7": func(a *actor) {
			a.signIn(fmt.Sprintf("S7-%d", a.n))
			for i := range 14 {
				a.wait(3, 1)
				a.send(ingest.KindStockRead)
				a.wait(4, 1)
				a.send(ingest.KindOrderSubmit, a.people(4*i, 1+a.IntN(4))...)
			}
		},
		"S16": func(a *actor) {
			a.from.Subnet = fmt.Sprintf("198.51.%d.0/24", a.n/10)
			a.at = opening.Add(-time.Minute)
			a.send(ingest.KindPageRead)
			if a.n%2 == 0 { // half of them sign in only when it opens
				a.signIn(fmt.Sprintf("S16-%d", a.n))
			}
			a.at = opening.Add(time.Duration(a.IntN(800)) * time.Millisecond)
			if a.n%2 == 1 {
				a.signIn(fmt.Sprintf("S16-%d", a.n))
				a.exactly(0.2, 0.5)
			}
			a.send(ingest.KindStockRead)
			a.exactly(0.15, 0.5)
			a.send(ingest.KindOrderSubmit, a.people(0, 2)...)
		},
	}
	var out []*actor
	for i, cohort := range []string{"H1", "H2", "H4", "H9", "S1", "S2", "S4", "S7", "S16"} {
		for n := range 100 {
			a := &actor{
				Rand: rand.New(rand.NewPCG(seed, uint64(i*1000+n))), cohort: cohort, n: n, at: opening, worst: ingest.Allow,
				who: ingest.Subject{Device: fmt.Sprintf("device-%s-%d", cohort, n), DeviceIssued: opening.Add(-time.Hour)},
				from: ingest.Client{
					IP: netip.AddrFrom4([4]byte{10, byte(i), byte(n), 1}), Subnet: fmt.Sprintf("10.%d.%d.0/24", i, n),
				},
			}
			scripts[cohort](a)
			out = append(out, a)
		}
	}
	return out
}

// TestMuseumAgainstBehaviour plays people and scripts through the in-line
// stage. Its scripts are simple: it guards the thresholds, the simulator
// measures them.
func TestMuseumAgainstBehaviour(t *testing.T) {
	t.Parallel()
	data, err := rulesets.Files.ReadFile("museum.yaml")
	require.NoError(t, err)
	program, err := rules.Load("museum.yaml", data, rules.Options{})
	require.NoError(t, err)
	for seed := range uint64(3) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			actors := population(seed)
			owner := map[*ingest.Event]*actor{}
			var events []*ingest.Event
			for _, a := range actors {
				for _, e := range a.sent {
					owner[e] = a
					events = append(events, e)
				}
			}
			slices.SortStableFunc(events, func(a, b *ingest.Event) int { return a.Time.Compare(b.Time) })
			engine := scoring.New(memory.New(memory.Options{}), scoring.Options{})
			engine.Swap(program)
			why := map[string]int{}
			for _, e := range events {
				var r scoring.Result
				require.NoError(t, engine.Inline(context.Background(), e, "", &r))
				for _, h := range r.Hits {
					a := owner[e]
					why[a.cohort+" "+h.Rule+" "+string(h.Action)]++
					if h.Action.Severity() > a.worst.Severity() {
						a.worst = h.Action
					}
				}
			}
			challenged, blocked := map[string]int{}, map[string]int{}
			for _, a := range actors {
				if a.worst == ingest.Block {
					blocked[a.cohort]++
				}
				if a.worst.Severity() >= ingest.Challenge.Severity() {
					challenged[a.cohort]++
				}
			}
			for _, h := range []string{"H1", "H2", "H4", "H9"} {
				assert.Zero(t, blocked[h], "%s blocked: %v", h, why)
				assert.LessOrEqual(t, challenged[h], 2, "%s challenged: %v", h, why)
			}
			assert.GreaterOrEqual(t, challenged["S1"], 95, why)
			for _, s := range []string{"S2", "S4", "S7", "S16"} {
				assert.GreaterOrEqual(t, blocked[s], 90, "%s blocked: %v", s, why)
			}
			t.Logf("challenged %v, blocked %v", challenged, blocked)
		})
	}
}
