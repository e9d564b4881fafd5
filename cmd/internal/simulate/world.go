package simulate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// World holds what all actors share: the calendar of the run, the pools that
// are sold, and the static traits that people and attackers draw from alike.
//
// There are two kinds. A short world is one sale that opens once, for all days,
// within a minute or so, and everybody is brisk. A long world has days: each
// morning the furthest of the days that can be booked is released, and people
// come when they come.
type World struct {
	drawer
	Seed     uint64
	Duration time.Duration
	// Opens is when the sale of a short world opens, from the start of the timed
	// part.
	Opens time.Duration
	// Pool is the free admission; Paid a special exhibition that costs something.
	Pool, Paid string
	// Days are those that can be booked. In a long world the first is the day
	// on which the run begins.
	Days []string
	// Long tells the kinds apart.
	Long bool
	// Fill stretches or shortens how long pollers watch, so that the hostile
	// share of a long run comes out as wanted.
	Fill float64

	habits   habitParams
	meets    meetingParams
	models   []model
	networks []Network
	foreign  []Network
	run      uint64
	next     uint64
	used     map[string]bool // phones and document numbers given out
	members  []string        // phone numbers of people's accounts
}

// NewWorld makes the short world of one run. Worlds of the same seed hold the
// same actors; run tells passes of one seed apart where names must not clash in
// the service (pool, phones and documents), and changes nothing else.
func NewWorld(seed, run uint64, duration time.Duration, firstDay time.Time) *World {
	w := newWorld(seed, run, duration, nil)
	w.Opens = duration / 4
	w.addDays(firstDay, 14)
	return w
}

// Ahead is how many days ahead a day of a long world is released, at
// OpeningHour of the venue's time.
const (
	Ahead       = 7
	OpeningHour = 8
	day         = 24 * time.Hour
)

// NewLongWorld makes a world of so many days. It begins at midnight of the
// first, in the venue's time. shift draws other parameters; 0 leaves them as
// they are.
func NewLongWorld(seed, run uint64, days int, first time.Time, shift uint64) *World {
	w := newWorld(seed, run, time.Duration(days)*day, Shifts(shift))
	w.Long = true
	w.addDays(first, days+Ahead)
	return w
}

func newWorld(seed, run uint64, duration time.Duration, shifts map[string]float64) *World {
	pool := fmt.Sprintf("sim-%d-%d", seed, run)
	return &World{
		drawer: drawer{rng: rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15)), shifts: shifts},
		Seed:   seed, Duration: duration, Pool: pool, Paid: pool + "-special", Fill: 1,
		habits: habits(), meets: challengeParams(), models: models(), networks: Networks(), foreign: foreignNetworks(),
		run: run, used: map[string]bool{},
	}
}

func (w *World) addDays(first time.Time, n int) {
	for d := range n {
		w.Days = append(w.Days, first.AddDate(0, 0, d).Format(time.DateOnly))
	}
}

// Actor makes an actor with fresh traits and a device of its own.
func (w *World) Actor(s Scenario) *Actor {
	g := GuiseLocal
	switch {
	case s.Hostile:
		g = w.guise()
	case s.Guise != "":
		g = s.Guise
	}
	w.next++
	a := &Actor{
		Scenario: s.ID, Hostile: s.Hostile, Books: s.Books, Hasty: s.Hasty,
		Operator: fmt.Sprintf("%s-%d", s.ID, w.next),
		Traits:   w.traits(g), Device: NewDevice(),
		Member: !w.Long || w.happens(w.habits.member),
		budget: w.count(w.meets.budget, 1), buysCodes: w.happens(w.meets.buys),
		Seed: w.rng.Uint64(),
	}
	a.ByCode = !a.Member && w.happens(w.habits.byCode)
	if !w.Long {
		a.budget = solveBudget
	}
	if a.Member && !a.Hostile {
		w.members = append(w.members, a.Traits.Phone)
	}
	return a
}

// strangers draws the numbers of people's accounts.
func (w *World) strangers(n int) []string {
	var out []string
	for range min(n, len(w.members)) {
		out = append(out, w.members[w.rng.IntN(len(w.members))])
	}
	return out
}

// dayStart is when a day begins, from the start of the timed part.
func (w *World) dayStart(date string) time.Duration {
	return time.Duration(slices.Index(w.Days, date)) * day
}

// Wish is one thing that an actor wants: places on one day.
type Wish struct {
	// At is when the visit for it begins, from the start of the timed part.
	At time.Duration
	// Opens is when booking of its day begins; it may have begun long ago.
	Opens time.Duration
	Pool  string
	Day   string
	Party []Person
	// Group is booked by a leader with a ticket for groups.
	Group bool
	// Buyers are for whom an attacker swaps or sells the place later.
	Buyers []Person
}

// wish draws when somebody comes and for which day: many for the opening, the
// rest at all hours. In a long world it lies between two days of the run, the
// second excluded.
func (w *World) wish(from, to int, party []Person) Wish {
	h := w.habits
	wish := Wish{Pool: w.Pool, Party: party}
	if !w.Long {
		wish.At, wish.Opens, wish.Day = w.arrival(), w.Opens, w.Days[w.soon(len(w.Days))]
		return wish
	}
	if w.happens(h.paid) {
		wish.Pool = w.Paid
	}
	today := from + w.rng.IntN(max(1, to-from))
	if w.happens(h.opening) {
		wish.Opens = w.opening(today + Ahead)
		wish.At = wish.Opens - w.time(h.lead)
		wish.Day = w.Days[today+Ahead]
		return wish
	}
	wish.At = time.Duration(today)*day + w.hour()
	ahead := Ahead - 1
	if wish.At > w.opening(today+Ahead) {
		ahead = Ahead
	}
	i := today + 1 + w.soon(ahead)
	wish.Day, wish.Opens = w.Days[i], w.opening(i)
	return wish
}

// opening is when booking of a day begins in a long world; before the start
// for the first ones.
func (w *World) opening(i int) time.Duration {
	return time.Duration(i-Ahead)*day + OpeningHour*time.Hour
}

// soon draws one of the next n days; near ones are wanted more.
func (w *World) soon(n int) int {
	return min(int(math.Abs(w.rng.NormFloat64())*float64(n)/2), n-1)
}

// hour draws a time of day: people are awake by day, and more of them at noon
// and in the evening.
func (w *World) hour() time.Duration {
	middle, spread := 12.5, 1.8
	switch at := w.rng.Float64(); {
	case at < 0.45:
		middle, spread = 20.2, 1.5
	case at < 0.7:
		middle, spread = 9, 1.2
	}
	h := min(max(middle+w.rng.NormFloat64()*spread, 0.2), 23.2)
	return time.Duration(h * float64(time.Hour))
}

// arrival draws when a visitor of a short world comes: most around the opening,
// the rest through the first two thirds of the run.
func (w *World) arrival() time.Duration {
	if w.rng.Float64() < 0.4 {
		return time.Duration(w.rng.Float64() * float64(w.Opens))
	}
	return time.Duration(w.rng.Float64() * 0.6 * float64(w.Duration))
}

// runDays is how many days the run has; 1 in a short world.
func (w *World) runDays() int {
	if !w.Long {
		return 1
	}
	return len(w.Days) - Ahead
}
