package simulate

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"time"
)

// Traits are the static properties of an actor. Nothing in them tells people
// and attackers apart, signals of the catalogue excepted; a test holds that.
type Traits struct {
	Profile
	Guise    Guise
	Language string // Accept-Language
	Zone     string // IANA name
	Offset   int    // minutes east of UTC
	IP       netip.Addr
	Network  Network
	Phone    string
	Password string
	// Beacons says whether this actor's browser runs the collector.
	Beacons bool
	// Skew is by how much the device's clock is ahead.
	Skew time.Duration
}

// Guise is the kind of visitor that somebody is, or looks like: attackers take
// on the guises of all cohorts.
type Guise string

// The guises.
const (
	GuiseLocal   Guise = "local"
	GuiseForeign Guise = "foreign" // passport, foreign address and language
	GuiseBare    Guise = "bare"    // old phone, assistive technology or a browser that refuses the collector
)

// Valid reports whether g is one of the guises.
func (g Guise) Valid() bool { return g == GuiseLocal || g == GuiseForeign || g == GuiseBare }

// guise draws what an attacker looks like: a tenth each of the cohorts that
// stand out, as among people.
func (w *World) guise() Guise {
	switch at := w.rng.IntN(10); at {
	case 0:
		return GuiseForeign
	case 1:
		return GuiseBare
	default:
		return GuiseLocal
	}
}

// traits draws everything that stands for an actor's whole life.
func (w *World) traits(g Guise) Traits {
	t := Traits{
		Guise: g, Profile: profile(w.rng, w.models), Zone: "Asia/Shanghai", Offset: 480,
		Language: languages[weighted(w.rng, 0.62, 0.2, 0.1, 0.04, 0.04)],
		Network:  pick(w.rng, w.networks), Password: password(w.rng), Beacons: !w.happens(w.habits.refuses), Skew: w.skew(),
	}
	switch g {
	case GuiseForeign:
		abroad := visitorsFrom[w.rng.IntN(len(visitorsFrom))]
		t.Network, t.Language = pick(w.rng, w.foreign), abroad.language
		if w.happens(w.habits.homeClock) {
			t.Zone, t.Offset = abroad.zone, abroad.offset
		}
	case GuiseBare:
		t.Beacons = w.happens(w.habits.bareTells)
	case GuiseLocal:
	}
	t.Phone = w.phone(g)
	t.IP = t.Network.address(w.rng)
	return t
}

// languages of visitors, commonest first.
var languages = [...]string{"zh-CN,zh;q=0.9", "zh-CN,zh-Hans;q=0.9", "zh-CN,zh;q=0.9,en;q=0.8", "zh-TW,zh;q=0.9", "en-US,en;q=0.9"}

// visitorsFrom are the places where foreign visitors come from.
var visitorsFrom = [...]struct {
	nationality, language, zone string
	offset                      int
	dial                        string
}{
	{"GBR", "en-GB,en;q=0.9", "Europe/London", 0, "+4477"},
	{"DEU", "de-DE,de;q=0.9,en;q=0.7", "Europe/Berlin", 60, "+4915"},
	{"USA", "en-US,en;q=0.9", "America/New_York", -300, "+1646"},
	{"JPN", "ja-JP,ja;q=0.9", "Asia/Tokyo", 540, "+8190"},
	{"KOR", "ko-KR,ko;q=0.9", "Asia/Seoul", 540, "+8210"},
	{"FRA", "fr-FR,fr;q=0.9,en;q=0.6", "Europe/Paris", 60, "+336"},
}

// weighted draws an index by shares, the last for what is left.
func weighted(rng *rand.Rand, shares ...float64) int {
	at := rng.Float64()
	for i, s := range shares {
		if at -= s; at < 0 {
			return i
		}
	}
	return len(shares) - 1
}

// skew draws a clock's error: most are set by the network, a few are not.
func (w *World) skew() time.Duration {
	if w.happens(w.habits.badClock) {
		return time.Duration(w.rng.NormFloat64() * float64(3*time.Minute)).Round(time.Second)
	}
	return time.Duration(w.rng.NormFloat64() * float64(700*time.Millisecond)).Round(time.Millisecond)
}

// password draws one as people choose them: a word or a name, and digits.
func password(rng *rand.Rand) string {
	words := [...]string{"xiaoming", "wang", "museum", "lily", "qwer", "liwei", "abc", "chen", "happy", "sunny", "zhang", "love", "dragon", "panda"}
	word := words[rng.IntN(len(words))]
	if rng.Float64() < 0.35 {
		word = strings.ToUpper(word[:1]) + word[1:]
	}
	number := fmt.Sprintf("%04d%02d%02d", 1960+rng.IntN(50), 1+rng.IntN(12), 1+rng.IntN(28))
	if rng.Float64() < 0.5 {
		number = fmt.Sprintf("%06d", rng.IntN(1_000_000))
	}
	if rng.Float64() < 0.2 {
		number += "!"
	}
	return word + number
}

// Prefixes of mainland mobile numbers.
var (
	carrierPrefixes = [...]string{
		"130", "131", "132", "133", "134", "135", "136", "137", "138", "139", "147", "150", "151", "152", "155", "156", "157", "158",
		"159", "173", "176", "177", "178", "180", "181", "182", "183", "185", "186", "187", "188", "189", "198", "199",
	}
	virtualPrefixes = [...]string{"162", "165", "167", "170", "171"}
)

// phone draws a number that nobody else in this world has.
func (w *World) phone(g Guise) string {
	prefix := carrierPrefixes[w.rng.IntN(len(carrierPrefixes))]
	if w.happens(w.habits.virtual) {
		prefix = virtualPrefixes[w.rng.IntN(len(virtualPrefixes))]
	}
	if g == GuiseForeign && w.happens(w.habits.foreignPhone) {
		prefix = visitorsFrom[w.rng.IntN(len(visitorsFrom))].dial
	}
	return w.number(prefix)
}

// number draws an unused one with a prefix.
func (w *World) number(prefix string) string {
	for n := w.rng.Uint64N(100_000_000) + w.run*7_919; ; n++ {
		phone := fmt.Sprintf("%s%08d", prefix, n%100_000_000)
		if !w.used[phone] {
			w.used[phone] = true
			return phone
		}
	}
}
