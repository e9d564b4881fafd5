package simulate

import "time"

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
}

// The sizes of each booking attack, per 500 people: operators of S2, S16 (one
// account each), farms of S4, and operators of S7.
var hostileUnits = map[string]int{"S2": 100, "S4": 14, "S7": 15, "S16": 110}

// Populate makes every actor of a run: the people in equal cohorts, the
// booking attackers in proportion to them, and as many pollers as the wanted
// hostile share of requests leaves room for.
func Populate(w *World, scenarios []Scenario, p Plan) []*Actor {
	var actors []*Actor
	var people, hostile float64
	cohorts := 0
	for _, s := range scenarios {
		if !s.Hostile {
			cohorts++
		}
	}
	people0 := p.People
	if p.Rate > 0 {
		perPerson := 6.5 / (1 - p.HostileShare) / p.Duration.Seconds()
		people0 = min(people0, int(p.Rate/perPerson))
	}
	for _, s := range scenarios {
		if s.Hostile {
			continue
		}
		made := s.Populate(w, (people0+cohorts-1)/cohorts)
		people += float64(len(made)) * s.Requests(p.Duration)
		actors = append(actors, made...)
	}
	if p.HostileShare <= 0 {
		return actors
	}
	wanted := people * p.HostileShare / (1 - p.HostileShare)
	var filler *Scenario
	for _, s := range scenarios {
		switch {
		case !s.Hostile:
		case !s.Books:
			filler = &s
		default:
			made := s.Populate(w, max(1, hostileUnits[s.ID]*people0/500))
			hostile += float64(len(made)) * s.Requests(p.Duration)
			actors = append(actors, made...)
		}
	}
	if filler != nil && wanted > hostile {
		n := int((wanted - hostile) / filler.Requests(p.Duration))
		actors = append(actors, filler.Populate(w, n)...)
	}
	return actors
}

// plannedRate is about how many requests a second the actors send.
func plannedRate(actors []*Actor, scenarios []Scenario, d time.Duration) float64 {
	each := map[string]float64{}
	for _, s := range scenarios {
		each[s.ID] = s.Requests(d)
	}
	var sum float64
	for _, a := range actors {
		sum += each[a.Scenario]
	}
	return sum / d.Seconds()
}

// demand is how many places the people want, on the busiest day.
func demand(actors []*Actor) int {
	perDay := map[string]int{}
	most := 0
	for _, a := range actors {
		if a.Hostile {
			continue
		}
		for i, party := range a.Parties {
			day := a.Days[i%len(a.Days)]
			perDay[day] += len(party)
			most = max(most, perDay[day])
		}
	}
	return most
}
