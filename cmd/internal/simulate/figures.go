package simulate

import (
	"cmp"
	"slices"
)

// ScenarioFigures are the figures of one attack.
type ScenarioFigures struct {
	Actors int `json:"actors"`
	// AlertOnly attacks are measured by Detection, not by interception.
	AlertOnly bool `json:"alert_only,omitempty"`
	Intents   int  `json:"intents"`
	// Intercepted intents were refused or undone by the gate. For a scenario
	// without bookings an actor is one intent, intercepted when it was
	// challenged or blocked.
	Intercepted      int     `json:"intercepted"`
	InterceptionRate float64 `json:"interception_rate"`
	MissRate         float64 `json:"miss_rate"`
	// Interception and Miss are the two rates with their counts and intervals.
	Interception Rate `json:"interception"`
	Miss         Rate `json:"miss"`
	Stopped      int  `json:"actors_challenged_or_blocked"`
	// FirstAction is how soon an actor was challenged or blocked, among those that
	// were: by the ordinal of the request, and since the actor's first one.
	FirstAction struct {
		Requests Spread `json:"requests"`
		Seconds  Spread `json:"seconds"`
	} `json:"first_action"`
	Abandoned int `json:"intents_abandoned"`
	// Refused by stock or booking rules: not counted among the intents.
	House  int `json:"intents_refused_by_the_house"`
	Hashes int `json:"mean_hashes_per_challenge"`
	Codes  int `json:"codes_bought"`
	// Detection is what the service said of them; nil where nobody listened.
	Detection *Detection `json:"detection,omitempty"`
}

// CohortFigures are the figures of one group of people.
type CohortFigures struct {
	Accounts   int `json:"accounts"`
	Harmed     int `json:"harmed"`
	Challenged int `json:"challenged"`
	Passed     int `json:"passed"`
	Succeeded  int `json:"succeeded"`
	// The same as rates: of those who tried to book, or were kept from it; passed
	// of those challenged.
	HarmedRate     Rate `json:"harmed_rate"`
	ChallengedRate Rate `json:"challenged_rate"`
	PassedRate     Rate `json:"passed_rate"`
	SuccessRate    Rate `json:"success_rate"`
}

// Gate compares what became of the tickets.
type Gate struct {
	ScalperTicketShare float64 `json:"scalper_ticket_share"`
	HumanSuccessRate   float64 `json:"human_success_rate"`
	Tickets            int     `json:"tickets"`
	UpstreamRequests   int     `json:"upstream_requests"`
}

// Truth holds the figures of DESIGN computed from what the actors saw.
type Truth struct {
	FalsePositiveRate   float64                    `json:"false_positive_rate"`
	MissRate            float64                    `json:"miss_rate"`
	InterceptionRate    float64                    `json:"interception_rate"`
	ChallengedHumanRate float64                    `json:"challenged_human_rate"`
	HumansHarmed        Rate                       `json:"humans_harmed"`
	HumansChallenged    Rate                       `json:"humans_challenged"`
	ScalpersKept        Rate                       `json:"scalpers_kept"`
	IntentsIntercepted  Rate                       `json:"intents_intercepted"`
	Scenarios           map[string]ScenarioFigures `json:"scenarios"`
	Cohorts             map[string]CohortFigures   `json:"cohorts"`
	GateOn              Gate                       `json:"gate_on"`
	GateOff             *Gate                      `json:"gate_off,omitempty"`
	// Scores is nil where nobody listened to verdicts.
	Scores *Scores `json:"scores,omitempty"`
}

// Orders tells what finally became of each order, by order id.
type Orders map[string]OrderFate

// OrderFate is the last that the booking system said of an order.
type OrderFate struct {
	State     string
	Positions int
	// Withdrawn says that the place was taken back at some time and has not
	// been given back since.
	Withdrawn bool
}

// Kept reports that the holder still has the place.
func (f OrderFate) Kept() bool {
	switch f.State {
	case "held", "provisional", "confirmed", "paid":
		return true
	default:
		return false
	}
}

type intentKey struct{ operator, pool, day string }

// intent is one operator's wish for one pool day; retries are the same intent.
type intent struct {
	scenario                                     string
	accepted, kept, undone, refused, open, house bool
}

// intercepted: the gate refused or undid it and nothing was kept.
func (i intent) intercepted() bool { return !i.kept && (i.refused || i.undone) }

// counted: not already refused by stock or booking rules.
func (i intent) counted() bool { return i.refused || i.accepted || !i.house }

// Judge computes the figures from what the actors saw and what finally became
// of their orders.
func Judge(scenarios []Scenario, actors []*Actor, orders Orders) Truth {
	t := Truth{Scenarios: map[string]ScenarioFigures{}, Cohorts: map[string]CohortFigures{}}
	intents := intentsOf(actors, orders)
	alerts := map[string]bool{}
	for _, s := range scenarios {
		alerts[s.ID] = s.AlertOnly
		mine := of(s.ID, actors)
		if s.Hostile {
			t.Scenarios[s.ID] = scenarioFigures(s, mine, orders, intents)
		} else {
			t.Cohorts[s.ID] = cohortFigures(mine, orders)
		}
	}
	t.HumansHarmed, t.HumansChallenged = people(actors, orders)
	measured := slices.DeleteFunc(slices.Clone(actors), func(a *Actor) bool { return alerts[a.Scenario] })
	t.ScalpersKept = keepers(measured, orders)
	for _, i := range intents {
		if i.counted() && !alerts[i.scenario] {
			t.IntentsIntercepted.Denominator++
			if i.intercepted() {
				t.IntentsIntercepted.Numerator++
			}
		}
	}
	t.IntentsIntercepted = rate(t.IntentsIntercepted.Numerator, t.IntentsIntercepted.Denominator)
	t.FalsePositiveRate, t.ChallengedHumanRate = t.HumansHarmed.Value, t.HumansChallenged.Value
	t.MissRate, t.InterceptionRate = t.ScalpersKept.Value, t.IntentsIntercepted.Value
	t.GateOn = JudgeGate(actors, orders)
	return t
}

// JudgeGate computes who got the tickets.
func JudgeGate(actors []*Actor, orders Orders) Gate {
	var g Gate
	var scalped, humans, happy int
	for _, a := range actors {
		g.UpstreamRequests += a.seen.Requests - a.seen.Refused - a.seen.Challenged
		tickets := 0
		for _, f := range fates(a, orders) {
			if f.Kept() {
				tickets += f.Positions
			}
		}
		g.Tickets += tickets
		switch {
		case a.Hostile:
			scalped += tickets
		case a.Books:
			humans++
			if tickets > 0 {
				happy++
			}
		}
	}
	g.ScalperTicketShare = rate(scalped, g.Tickets).Value
	g.HumanSuccessRate = rate(happy, humans).Value
	return g
}

func of(id string, actors []*Actor) []*Actor {
	var out []*Actor
	for _, a := range actors {
		if a.Scenario == id {
			out = append(out, a)
		}
	}
	return out
}

// fates gives the fate of each distinct order of an actor.
func fates(a *Actor, orders Orders) []OrderFate {
	seen := map[string]bool{}
	var out []OrderFate
	for _, at := range a.seen.Attempts {
		if f, ok := orders[at.OrderID]; ok && !seen[at.OrderID] {
			seen[at.OrderID] = true
			out = append(out, f)
		}
	}
	return out
}

// harmed: blocked, withdrawn, or gave up after a challenge, that is, the last
// challenge of some kind of request was followed by none that got through.
func harmed(a *Actor, orders Orders) bool {
	if a.seen.Refused > 0 || len(a.seen.Open) > 0 {
		return true
	}
	for _, f := range fates(a, orders) {
		if f.Withdrawn {
			return true
		}
	}
	return false
}

func people(actors []*Actor, orders Orders) (hurt, challenged Rate) {
	var n, h, c int
	for _, a := range actors {
		if a.Hostile || (len(a.seen.Attempts) == 0 && !harmed(a, orders)) {
			continue
		}
		n++
		if harmed(a, orders) {
			h++
		}
		if a.seen.Challenged > 0 {
			c++
		}
	}
	return rate(h, n), rate(c, n)
}

func keepers(actors []*Actor, orders Orders) Rate {
	var n, kept int
	for _, a := range actors {
		if !a.Hostile || len(a.seen.Attempts) == 0 {
			continue
		}
		n++
		for _, f := range fates(a, orders) {
			if f.Kept() {
				kept++
				break
			}
		}
	}
	return rate(kept, n)
}

func intentsOf(actors []*Actor, orders Orders) map[intentKey]intent {
	out := map[intentKey]intent{}
	for _, a := range actors {
		if !a.Hostile || !a.Books {
			continue
		}
		for _, at := range a.seen.Attempts {
			k := intentKey{a.Operator, at.Pool, at.Day}
			i := out[k]
			i.scenario = a.Scenario
			switch at.Result {
			case ResultRefused:
				i.refused = true
			case ResultHouse:
				i.house = true
			case ResultAbandoned, ResultError:
				i.open = true
			case ResultAccepted:
				f := orders[at.OrderID]
				i.accepted = true
				i.kept = i.kept || f.Kept()
				i.undone = i.undone || f.Withdrawn
			}
			out[k] = i
		}
	}
	return out
}

func scenarioFigures(s Scenario, actors []*Actor, orders Orders, intents map[intentKey]intent) ScenarioFigures {
	f := ScenarioFigures{Actors: len(actors), AlertOnly: s.AlertOnly}
	var first, seconds []float64
	var hashes uint64
	var challenges int
	for _, a := range actors {
		if a.seen.FirstStop > 0 {
			f.Stopped++
			first = append(first, float64(a.seen.FirstStop))
			seconds = append(seconds, a.seen.Stopped.Sub(a.seen.Began).Seconds())
		}
		hashes += a.seen.Hashes
		challenges += a.seen.Proofs
		f.Codes += a.seen.Codes
	}
	f.FirstAction.Requests, f.FirstAction.Seconds = spread(first), spread(seconds)
	if challenges > 0 {
		f.Hashes = int(hashes / uint64(challenges)) //nolint:gosec // small
	}
	if !s.Books {
		f.Intents, f.Intercepted = f.Actors, f.Stopped
		f.Interception = rate(f.Intercepted, f.Intents)
		f.InterceptionRate = f.Interception.Value
		return f
	}
	for _, i := range intents {
		if i.scenario != s.ID {
			continue
		}
		if !i.counted() {
			f.House++
			continue
		}
		f.Intents++
		switch {
		case i.intercepted():
			f.Intercepted++
		case i.open && !i.kept:
			f.Abandoned++
		}
	}
	f.Interception, f.Miss = rate(f.Intercepted, f.Intents), keepers(actors, orders)
	f.InterceptionRate, f.MissRate = f.Interception.Value, f.Miss.Value
	return f
}

func cohortFigures(actors []*Actor, orders Orders) CohortFigures {
	c := CohortFigures{Accounts: len(actors)}
	tried := 0
	for _, a := range actors {
		hurt := harmed(a, orders)
		if len(a.seen.Attempts) > 0 || hurt {
			tried++
		}
		if hurt {
			c.Harmed++
		}
		if a.seen.Challenged > 0 {
			c.Challenged++
		}
		if a.seen.Passed > 0 {
			c.Passed++
		}
		if slices.ContainsFunc(fates(a, orders), OrderFate.Kept) {
			c.Succeeded++
		}
	}
	c.HarmedRate, c.ChallengedRate = rate(c.Harmed, tried), rate(c.Challenged, tried)
	c.PassedRate, c.SuccessRate = rate(c.Passed, c.Challenged), rate(c.Succeeded, tried)
	return c
}

// Spread is how a figure is distributed over actors.
type Spread struct {
	P10    float64 `json:"p10"`
	Median float64 `json:"median"`
	P90    float64 `json:"p90"`
}

func spread(xs []float64) Spread {
	return Spread{quantile(xs, 0.1), quantile(xs, 0.5), quantile(xs, 0.9)}
}

// quantile is the smallest value that a share of all does not exceed.
func quantile[T cmp.Ordered](xs []T, share float64) T {
	var zero T
	if len(xs) == 0 {
		return zero
	}
	slices.Sort(xs)
	return xs[min(len(xs)-1, int(share*float64(len(xs))))]
}
