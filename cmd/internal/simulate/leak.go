package simulate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Leak is how well one static property tells a scenario's attackers from
// people: what a rule could learn from the simulation alone, without any
// behaviour.
type Leak struct {
	Scenario string   `json:"scenario"`
	Property Property `json:"property"`
	// AUC is the probability that an attacker stands above a person when all are
	// ordered by the hostile share of their value, which was learnt from others:
	// 0.5 tells nothing.
	AUC float64 `json:"auc"`
	// Signal says that the catalogue lets the property tell the scenario apart.
	Signal bool `json:"signal,omitempty"`
}

// MostLeak is the largest AUC of a property that is no signal of its scenario.
const MostLeak = 0.55

// Leaks measures every property of every attack, on crowds of their own: what it
// learns from one it judges on another. The parameters are shifted as in a run
// with the same shift. It takes some seconds.
func Leaks(seed, shift uint64) []Leak {
	train, test := newCrowd(2*seed, shift), newCrowd(2*seed+1, shift)
	all := properties()
	names := slices.Sorted(maps.Keys(all))
	var out []Leak
	for _, s := range Scenarios() {
		if !s.Hostile {
			continue
		}
		learnt, judged := train.attackers(s), test.attackers(s)
		for _, name := range names {
			out = append(out, Leak{
				Scenario: s.ID, Property: name, AUC: separation(train, learnt, test, judged, all[name]),
				Signal: slices.Contains(s.Signals, name),
			})
		}
	}
	return out
}

// properties reads each property of an actor; the second answer is false where
// the actor has none.
func properties() map[Property]func(w *World, a *Actor) (string, bool) {
	always := func(get func(a *Actor) string) func(*World, *Actor) (string, bool) {
		return func(_ *World, a *Actor) (string, bool) { return get(a), true }
	}
	wish := func(get func(w *World, x Wish) string) func(*World, *Actor) (string, bool) {
		return func(w *World, a *Actor) (string, bool) {
			x, has := some(a)
			if !has || x.Group { // groups are H3's alone, by a ticket of their own
				return "", false
			}
			return get(w, x), true
		}
	}
	person := func(get func(p Person) string) func(*World, *Actor) (string, bool) {
		return wish(func(_ *World, x Wish) string { return get(x.Party[0]) })
	}
	return map[Property]func(*World, *Actor) (string, bool){
		PropertyAgent:    always(func(a *Actor) string { return a.Traits.Agent }),
		PropertyLanguage: always(func(a *Actor) string { return a.Traits.Language }),
		PropertyZone:     always(func(a *Actor) string { return fmt.Sprint(a.Traits.Zone, a.Traits.Offset) }),
		PropertyNetwork:  always(func(a *Actor) string { return fmt.Sprint(a.Traits.Network.ASN, a.Traits.Network.Country) }),
		PropertyAddress:  always(func(a *Actor) string { return string(a.Traits.IP.AsSlice()[:2]) }),
		PropertyPhone:    always(func(a *Actor) string { return a.Traits.Phone[:3] }),
		PropertyContact:  always(func(a *Actor) string { return cmp.Or(a.Contact, a.Traits.Phone)[:3] }),
		PropertyPassword: always(func(a *Actor) string { return shape(a.Traits.Password) }),
		PropertyBeacons:  always(func(a *Actor) string { return fmt.Sprint(a.Traits.Beacons) }),
		PropertyScreen:   always(func(a *Actor) string { return fmt.Sprint(a.Traits.Traits.Screen) }),
		PropertyPicture:  always(func(a *Actor) string { return a.Traits.Traits.Canvas }),
		PropertyHints:    always(func(a *Actor) string { return fmt.Sprint(a.Traits.Hints) }),
		PropertyClock:    always(func(a *Actor) string { return a.Traits.Skew.Abs().Round(time.Second).String() }),
		PropertyMember:   always(func(a *Actor) string { return fmt.Sprint(a.Member) }),
		PropertyDocument: person(func(p Person) string { return p.Type + p.Nationality }),
		PropertyRegion: person(func(p Person) string {
			if p.Type != "prc_id" {
				return p.Type
			}
			return p.Number[:6]
		}),
		PropertyName:    person(func(p Person) string { return fmt.Sprint(len([]rune(p.Name))) }),
		PropertySurname: person(func(p Person) string { return string([]rune(p.Name)[:1]) }),
		PropertyArrival: func(_ *World, a *Actor) (string, bool) {
			at := a.Arrive
			if x, has := some(a); has {
				at = x.At
			}
			return fmt.Sprint(at % day / time.Hour), true
		},
		PropertyDay: wish(func(w *World, x Wish) string {
			return fmt.Sprint(int((w.dayStart(x.Day) - max(x.At, x.Opens)) / day))
		}),
		PropertyPool:  wish(func(w *World, x Wish) string { return fmt.Sprint(x.Pool == w.Paid) }),
		PropertyParty: wish(func(_ *World, x Wish) string { return fmt.Sprint(len(x.Party)) }),
	}
}

// some is one of an actor's wishes, any of them: the first of many is early.
func some(a *Actor) (Wish, bool) {
	if len(a.Wishes) == 0 {
		return Wish{}, false
	}
	return a.Wishes[a.Seed%uint64(len(a.Wishes))], true
}

// shape writes a password with A, a, 9 and ! for the kinds of its characters.
func shape(password string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return '9'
		case r >= 'a' && r <= 'z':
			return 'a'
		case r >= 'A' && r <= 'Z':
			return 'A'
		}
		return '!'
	}, password)
}

// crowd is a large population for the leak test: people, and one actor of each
// operator of an attack.
type crowd struct {
	world  *World
	people []*Actor
}

const (
	crowdPeople    = 10_000
	crowdOperators = 700
)

// crowdDay is the first day of a crowd's world, any one.
func crowdDay() time.Time { return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC) }

func newCrowd(seed, shift uint64) crowd {
	w := NewLongWorld(seed, 1, 14, crowdDay(), shift)
	return crowd{world: w, people: populatePeople(w, Scenarios(), crowdPeople)}
}

// attackers makes one actor of each of many operators: what an operator's
// accounts share counts once.
func (c crowd) attackers(s Scenario) []*Actor {
	var out []*Actor
	for len(out) < crowdOperators {
		made := s.Populate(c.world, 1)
		if len(made) == 0 {
			continue
		}
		i := slices.IndexFunc(made, func(a *Actor) bool { return len(a.Wishes) > 0 })
		out = append(out, made[max(i, 0)])
	}
	return out
}

// separation is the AUC of the hostile share per value, learnt on one crowd and
// judged on another.
func separation(train crowd, learnt []*Actor, test crowd, judged []*Actor, read func(*World, *Actor) (string, bool)) float64 {
	values := func(w *World, actors []*Actor) (map[string]float64, float64) {
		out, n := map[string]float64{}, 0.0
		for _, a := range actors {
			if v, has := read(w, a); has {
				out[v]++
				n++
			}
		}
		return out, n
	}
	good, goods := values(train.world, train.people)
	bad, bads := values(train.world, learnt)
	// Values that are rare are judged towards the middle, as the least that
	// smoothing does.
	score := func(v string) float64 {
		return (bad[v] + 0.5) / max(bads, 1) / ((good[v] + 0.5*max(goods, 1)/max(bads, 1)) / max(goods, 1))
	}
	humans, m := values(test.world, test.people)
	hostile, n := values(test.world, judged)
	if n == 0 {
		return 0.5
	}
	type tally struct{ score, good, bad float64 }
	seen := map[string]*tally{}
	for v, c := range humans {
		seen[v] = &tally{score: score(v), good: c}
	}
	for v, c := range hostile {
		if seen[v] == nil {
			seen[v] = &tally{score: score(v)}
		}
		seen[v].bad += c
	}
	order := make([]*tally, 0, len(seen))
	for _, each := range seen {
		order = append(order, each)
	}
	slices.SortFunc(order, func(a, b *tally) int { return cmp.Compare(a.score, b.score) })
	wins, below := 0.0, 0.0
	for i := 0; i < len(order); {
		j, goodHere, badHere := i, 0.0, 0.0
		for ; j < len(order) && order[j].score == order[i].score; j++ {
			goodHere, badHere = goodHere+order[j].good, badHere+order[j].bad
		}
		wins += badHere * (below + goodHere/2)
		below += goodHere
		i = j
	}
	return wins / (m * n)
}
