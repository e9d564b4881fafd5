package simulate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Plan sizes a run.
type Plan struct {
	Seed     uint64
	Duration time.Duration
	People   int
	// HostileShare is the wanted hostile part of all requests, 0 to below 1.
	HostileShare float64
	// Rate limits the expected requests per second of the whole run; 0: what
	// the other figures lead to.
	Rate float64
	// Scenarios are those that are played, by id; none: those that the kind of
	// run plays.
	Scenarios []string
	// Shift draws other parameters in a long run; 0 leaves them as they are.
	Shift uint64
	// Intents is how many each attack of a long run has at least; 0: as many as
	// its figures need. With fewer a run says that it is too small.
	Intents int
}

// Sizes of a long run, with room for intents that stock or booking rules
// refuse.
const (
	plannedIntents = 320
	mostUnits      = 4000
)

// Choose gives the scenarios that a run plays, and says in one line each what is
// left out and why. Its error names an id that there is not.
func (p Plan) Choose(long bool) (played []Scenario, leftOut []string, err error) {
	var days, unnamed []string
	known := map[string]bool{}
	for _, s := range Scenarios() {
		known[s.ID] = true
		named := slices.Contains(p.Scenarios, s.ID)
		switch {
		case len(p.Scenarios) > 0 && !named:
		case !long && s.Long:
			days = append(days, s.ID)
		case !long && !named && !s.Short:
			unnamed = append(unnamed, s.ID)
		default:
			played = append(played, s)
		}
	}
	for _, id := range p.Scenarios {
		if !known[id] {
			return nil, nil, fmt.Errorf("scenario %q: there are S1 to S20 and H1 to H10", id)
		}
	}
	if len(days) > 0 {
		leftOut = append(leftOut, strings.Join(days, ", ")+" left out: they need days (--virtual)")
	}
	if len(unnamed) > 0 {
		leftOut = append(leftOut, strings.Join(unnamed, ", ")+" left out of the short run: name them with --scenarios")
	}
	return played, leftOut, nil
}

// Populate makes every actor of a run: the people in equal cohorts, the
// booking attackers in proportion to them or, in a long run, in the numbers that
// figures need, and as many pollers as the wanted hostile share of requests
// leaves room for.
func Populate(w *World, scenarios []Scenario, p Plan) []*Actor {
	people0 := p.People
	if p.Rate > 0 {
		perPerson := 6.5 / (1 - p.HostileShare) / p.Duration.Seconds()
		people0 = min(people0, int(p.Rate/perPerson))
	}
	actors := populatePeople(w, scenarios, people0)
	if p.HostileShare <= 0 {
		return actors
	}
	people := expected(w, scenarios, actors)
	wanted := people * p.HostileShare / (1 - p.HostileShare)
	for _, s := range scenarios {
		switch {
		case !s.Hostile || s.ID == filler:
		case w.Long:
			actors = append(actors, enough(w, s, p.intents())...)
		default:
			actors = append(actors, s.Populate(w, max(1, s.Units*people0/500))...)
		}
	}
	return append(actors, fill(w, scenarios, p.intents(), wanted-(expected(w, scenarios, actors)-people))...)
}

func populatePeople(w *World, scenarios []Scenario, n int) (actors []*Actor) {
	cohorts := 0
	for _, s := range scenarios {
		if !s.Hostile {
			cohorts++
		}
	}
	for _, s := range scenarios {
		if !s.Hostile {
			actors = append(actors, s.Populate(w, (n+cohorts-1)/cohorts)...)
		}
	}
	return actors
}

// intents is how many an attack of a long run has at least.
func (p Plan) intents() int { return cmp.Or(p.Intents, plannedIntents) }

// enough makes so much of an attack that its figures mean something.
func enough(w *World, s Scenario, intents int) (actors []*Actor) {
	for units := 0; units < mostUnits && planned(s, actors) < intents; units++ {
		actors = append(actors, s.Populate(w, 1)...)
	}
	return actors
}

// planned is how many intents the actors have, or how many actors there are
// where nobody books.
func planned(s Scenario, actors []*Actor) int {
	if !s.Books {
		return len(actors)
	}
	wanted := map[intentKey]bool{}
	for _, a := range actors {
		for _, wish := range a.Wishes {
			wanted[intentKey{a.Operator, wish.Pool, wish.Day}] = true
		}
	}
	return len(wanted)
}

// filler is the attack of which there is so much that the hostile share comes
// out.
const filler = "S1"

// leastFill bounds how much shorter than usual pollers watch.
const leastFill = 0.05

// fill makes pollers that send about so many requests.
func fill(w *World, scenarios []Scenario, least int, wanted float64) []*Actor {
	i := slices.IndexFunc(scenarios, func(s Scenario) bool { return s.ID == filler })
	if i < 0 {
		return nil
	}
	s := scenarios[i]
	n := int(wanted / s.Requests(w))
	if w.Long && n < least {
		// They must be many enough, so each watches for a shorter time.
		n, w.Fill = least, max(leastFill, wanted/s.Requests(w)/float64(least))
	}
	if n <= 0 {
		return nil
	}
	return s.Populate(w, n)
}

// expected is about how many requests the actors send.
func expected(w *World, scenarios []Scenario, actors []*Actor) float64 {
	each := map[string]float64{}
	for _, s := range scenarios {
		each[s.ID] = s.Requests(w)
	}
	var sum float64
	for _, a := range actors {
		sum += each[a.Scenario]
	}
	return sum
}
