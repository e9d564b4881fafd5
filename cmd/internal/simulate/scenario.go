// Package simulate drives labelled traffic over HTTP at a running gateway and
// measures what became of it.
//
// It owns the actors (people and attackers), what they do, and the figures
// computed from what they saw. It knows the truth about every actor and never
// tells it to the service before the run is over; then it feeds in labels and
// nothing else, and asks the service for the same figures. It reaches the
// service only over HTTP, on the live stage through sockets, on the virtual one
// by calling the same handlers.
//
// The rules for scenarios, by which a run repeats with its seed on the virtual
// stage, and behaves alike on the live one:
//
//   - Every choice comes from the world's rng while actors are made (w.rng) and
//     from the visit's own while they act (v.rng, v.between, …). No other source
//     of chance, and nothing that depends on the order of a map.
//   - Every time and pause comes from the stage: v.now, v.since, v.wait, v.until,
//     v.think. Never the time package's clock, timers or sleeps.
//   - What goes on beside the visit begins with v.fork; who waits for another
//     actor does so with v.take (the device) or a turn of his own. No go
//     statements, channels or wait groups.
//   - Actors share only what is behind such a turn, or what Populate made and
//     nobody changes afterwards. Code between two calls of the stage is not
//     interrupted on the virtual stage, but it is on the live one: shared state
//     needs its mutex, which must not be held over a call of the stage.
//   - Every request goes through v.send, v.once or v.do.
//   - A visit returns soon after its ctx has ended: every wait says so.
package simulate

import (
	"context"
	"sync"
	"time"
)

// Scenario is one way to behave: an attack of the catalogue (S…) or a cohort
// of people (H…). Each stands in a file of its own.
type Scenario struct {
	// ID is the catalogue's: S1, H4, …
	ID string
	// About says in one sentence what these actors do.
	About string
	// Hostile actors want tickets to resell; the others want to visit.
	Hostile bool
	// Books is false where the actors never try to book (polling): what counts
	// then is whether they were stopped.
	Books bool
	// AlertOnly is answered by an alert or a case, not by refusing: what counts
	// is whether it was detected, and how many detections were right.
	AlertOnly bool
	// Long scenarios need days; a short run leaves them out.
	Long bool
	// Short ones make up the short run where none are named.
	Short bool
	// Guise is what the people of a cohort look like; empty: local.
	Guise Guise
	// Signals are the static properties by which the catalogue lets the
	// scenario be told from people; no other may.
	Signals []Property
	// Hasty attacks race: the catalogue lets their pace tell them from people. The
	// programs of all others take a page's and a hand's time wherever a field says
	// how long something took.
	Hasty bool
	// Units is how many units the short run has per 500 people.
	Units int
	// Params are what the scenario draws beyond the habits of all.
	Params []Param
	// Populate makes n units of actors: people, or operators with all their
	// accounts.
	Populate func(w *World, n int) []*Actor
	// Play is one actor's whole visit. It returns when the visit is over or
	// ctx ends.
	Play func(ctx context.Context, v *Visit)
	// Requests is about how many requests one actor sends in the timed part,
	// for reaching the wanted hostile share.
	Requests func(w *World) float64
}

// Scenarios lists every scenario in the order of the catalogue, attackers
// first.
func Scenarios() []Scenario {
	return []Scenario{
		polling(), direct(), forgedTelemetry(), deviceFarm(), residentialProxies(), lowAndSlow(), identityRotation(), accountFarm(),
		simBank(), captchaFarm(), holdAndRelease(), regrab(), hiredBooking(), transferLoophole(), sharedSession(), openingBurst(),
		leakage(), adaptive(), apiAbuse(), stuffing(),
		ordinary(), family(), groups(), sharedAddress(), foreigners(), bare(), helper(), fan(), flakyNetwork(), changer(),
	}
}

// Actor is one account and whoever uses it.
type Actor struct {
	Scenario string
	Hostile  bool
	Books    bool
	Hasty    bool
	// Operator stands behind one or several accounts; intents are counted per
	// operator and pool day.
	Operator string
	Traits   Traits
	// Device is shared by all actors that hold the same phone or browser.
	Device *Device
	// NoCookies is a browser that keeps none.
	NoCookies bool
	// Member has had an account since before the run. Who has none opens one
	// with a code by text message, or with a password.
	Member, ByCode bool
	// Anonymous never signs in.
	Anonymous bool
	// Channel is the partner's channel that is booked through, past the gateway.
	Channel string
	// Wishes are what is wanted, in order of time.
	Wishes []Wish
	// Contact is the phone number written into orders, where it is not the
	// account's own.
	Contact string
	// Friend is the phone number of somebody else's account.
	Friend string
	// Ring is what the accounts of one operator have in common; nil where each
	// works alone.
	Ring *Ring
	// Arrive is when the visit starts, from the start of the timed part.
	Arrive time.Duration

	// Seed makes the actor's own choices repeatable.
	Seed uint64

	pastes    bool     // names and numbers come from a list
	machines  []Traits // further looks that the actor takes on
	strangers []string // accounts' numbers to give orders to
	farm      *Param   // challenges are solved elsewhere, and come back after this
	codeDelay *Param   // how long a code takes to be typed in
	budget    int      // proofs of work that an attacker pays for
	buysCodes bool     // an attacker for whom codes are bought

	account string
	token   string
	since   time.Time // of the session

	mu   sync.Mutex // guards seen where two requests are under way
	seen Seen
}

// Seen is what happened to one actor, as the actor saw it.
type Seen struct {
	Requests   int
	Refused    int // blocked by the gate
	Challenged int // challenges received
	Passed     int // challenges met, request then taken
	GaveUp     int // challenges abandoned
	Tried      int // challenges that an attacker set out to solve
	Proofs     int // proofs of work that were solved
	Codes      int // codes by text message that were typed in
	Errors     int // no usable answer
	FirstStop  int // ordinal of the first request that was challenged or blocked; 0: none
	// Began is when the first request was answered, Stopped when that of FirstStop
	// was.
	Began, Stopped time.Time
	Hashes         uint64
	Attempts       []Attempt
	// Open has the kinds of request whose last challenge was not followed by
	// one that reached the booking system.
	Open map[string]bool
}

// Attempt is one try to book.
type Attempt struct {
	Pool    string
	Day     string
	At      time.Time
	OrderID string // set where an order was accepted
	// Result is accepted, refused (by the gate), abandoned (challenge not
	// met), house (refused by stock or booking rules) or error.
	Result Result
	Code   string // the booking system's refusal code
	held   bool   // accepted, and to be paid
}

// Result of an Attempt.
type Result string

// Results of an attempt to book.
const (
	ResultAccepted  Result = "accepted"
	ResultRefused   Result = "refused"
	ResultAbandoned Result = "abandoned"
	ResultHouse     Result = "house"
	ResultError     Result = "error"
)
