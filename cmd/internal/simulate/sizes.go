package simulate

import "fmt"

// Sizes that a run must have before its figures mean anything: people, people
// of one cohort, and intents of one scenario, or actors of one that does not
// book. A short run is only a rehearsal: it counts no intents.
const (
	leastPeople, longPeople = 500, 10_000
	leastCohort, longCohort = 100, 1_000
	longIntents             = 200
)

// sizes says by how much a run is too small.
func (rep *Report) sizes(p Plan, scenarios []Scenario, actors []*Actor) {
	people, cohort, intents := leastPeople, leastCohort, 0
	if p.Long() {
		people, cohort, intents = longPeople, longCohort, longIntents
	}
	small := func(format string, args ...any) { rep.TooSmall = append(rep.TooSmall, fmt.Sprintf(format, args...)) }
	for _, a := range actors {
		if !a.Hostile {
			rep.People++
		}
	}
	cohorts := false
	for _, s := range scenarios {
		if c, ok := rep.Truth.Cohorts[s.ID]; ok && c.Accounts < cohort {
			small("cohort %s has %d accounts, at least %d", s.ID, c.Accounts, cohort)
		}
		if f, ok := rep.Truth.Scenarios[s.ID]; ok && f.Intents < intents {
			small("scenario %s has %d intents, at least %d", s.ID, f.Intents, intents)
		}
		cohorts = cohorts || !s.Hostile
	}
	if len(p.Scenarios) > 0 {
		people = 0 // a part of the catalogue has a part of the people
	}
	if rep.People < people || !cohorts {
		small("%d people, at least %d", rep.People, people)
	}
}
