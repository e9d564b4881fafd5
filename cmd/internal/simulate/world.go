package simulate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"
)

// World holds what all actors share: the clock of the run, the sale, and the
// pools of static traits that people and attackers draw from alike.
type World struct {
	Seed     uint64
	Duration time.Duration
	// Opens is when the sale opens, from the start of the timed part.
	Opens time.Duration
	Pool  string
	Days  []string
	rng   *rand.Rand
	run   uint64
	next  uint64
	used  map[string]bool // phones and document numbers given out
}

// NewWorld makes the world of one run. Worlds of the same seed hold the same
// actors; run tells passes of one seed apart where names must not clash in the
// service (pool, phones and documents), and changes nothing else.
func NewWorld(seed, run uint64, duration time.Duration, firstDay time.Time) *World {
	w := &World{
		Seed: seed, Duration: duration, Opens: duration / 4,
		Pool: fmt.Sprintf("sim-%d-%d", seed, run),
		rng:  rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15)),
		run:  run, used: map[string]bool{},
	}
	for d := range 14 {
		w.Days = append(w.Days, firstDay.AddDate(0, 0, d).Format(time.DateOnly))
	}
	return w
}

// Traits are the static properties of an actor. Nothing in them tells people
// and attackers apart; a test holds that.
type Traits struct {
	UserAgent string
	Language  string
	IP        netip.Addr
	Phone     string
	Password  string
	// Beacons says whether this actor's browser runs the collector.
	Beacons bool
}

// Device is a browser or phone: it keeps the token that the gateway gave it.
type Device struct {
	mu    sync.Mutex
	token string
	// telemetry is what the gateway gave it to carry of its last beacon.
	telemetry string
	hands     turn // whose it is at the moment
}

// NewDevice makes a device that nobody has used yet.
func NewDevice() *Device { return &Device{} }

// Token returns the device token, empty before the first answer.
func (d *Device) Token() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.token
}

// Keep stores the token of an answer.
func (d *Device) Keep(token string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.token = token
}

// Person is one visitor's document.
type Person struct {
	Name   string
	Number string // PRC resident id
}

// Actor makes an actor with fresh traits and a device of its own.
func (w *World) Actor(s Scenario) *Actor {
	w.next++
	return &Actor{
		Scenario: s.ID, Hostile: s.Hostile, Books: s.Books,
		Operator: fmt.Sprintf("%s-%d", s.ID, w.next),
		Traits:   w.traits(), Device: NewDevice(),
		Seed: w.rng.Uint64(),
	}
}

func (w *World) traits() Traits {
	return Traits{
		UserAgent: userAgents[w.rng.IntN(len(userAgents))],
		Language:  languages[w.rng.IntN(len(languages))],
		IP:        w.Address(),
		Phone:     w.phone(),
		Password:  fmt.Sprintf("pw-%016x", w.rng.Uint64()),
		Beacons:   w.rng.Float64() < 0.9,
	}
}

// phone draws a mobile number that nobody else in this world has.
func (w *World) phone() string {
	prefix, n := 30+w.rng.IntN(60), w.rng.Uint64N(100_000_000)+w.run*7_919
	for ; ; n++ {
		phone := fmt.Sprintf("1%d%08d", prefix, n%100_000_000)
		if !w.used[phone] {
			w.used[phone] = true
			return phone
		}
	}
}

// Address draws a client address. Everybody draws from the same carrier-like
// ranges.
func (w *World) Address() netip.Addr {
	base := ranges[w.rng.IntN(len(ranges))].Addr().As4()
	base[1] += byte(w.rng.IntN(16))     //nolint:gosec // below 16
	base[2] = byte(w.rng.IntN(256))     //nolint:gosec // below 256
	base[3] = byte(1 + w.rng.IntN(254)) //nolint:gosec // below 256
	return netip.AddrFrom4(base)
}

// Person draws a visitor with a well-formed resident id (GB 11643-1999).
func (w *World) Person() Person {
	region := regions[w.rng.IntN(len(regions))]
	birth := time.Date(1945+w.rng.IntN(70), time.Month(1+w.rng.IntN(12)), 1+w.rng.IntN(28), 0, 0, 0, 0, time.UTC)
	name := surnames[w.rng.IntN(len(surnames))] + given[w.rng.IntN(len(given))]
	for serial := w.rng.Uint64N(1000) + w.run*389; ; serial++ {
		body := fmt.Sprintf("%s%s%03d", region, birth.Format("20060102"), serial%1000)
		if !w.used[body] {
			w.used[body] = true
			return Person{Name: name, Number: body + checkDigit(body)}
		}
	}
}

// Party draws n visitors.
func (w *World) Party(n int) []Person {
	out := make([]Person, n)
	for i := range out {
		out[i] = w.Person()
	}
	return out
}

// Day draws a pool day; near days are wanted more.
func (w *World) Day() string {
	i := int(math.Abs(w.rng.NormFloat64()) * float64(len(w.Days)) / 2)
	return w.Days[min(i, len(w.Days)-1)]
}

// Arrival draws when a visitor comes: most around the opening, the rest
// through the first two thirds of the run.
func (w *World) Arrival() time.Duration {
	if w.rng.Float64() < 0.4 {
		return time.Duration(w.rng.Float64() * float64(w.Opens))
	}
	return time.Duration(w.rng.Float64() * 0.6 * float64(w.Duration))
}

func checkDigit(body string) string {
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += int(body[i]-'0') * w
	}
	return string("10X98765432"[sum%11])
}
