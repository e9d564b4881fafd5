package simulate

import (
	"encoding/json"
	"slices"
	"sync"

	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
)

// Flags collects whom the service flagged, by which rules, and with what scores,
// from its published verdicts. It is safe for concurrent use.
type Flags struct {
	mu sync.Mutex
	// against are the scenarios that a rule was written against.
	against map[string][]string
	flagged map[string]map[string]bool // account → rule
	events  map[string]map[string]bool // scenario → accounts flagged by a rule against it
	highest map[string]float64         // account → score
}

// NewFlags makes a collection for a ruleset.
func NewFlags(set *rules.Ruleset) *Flags {
	f := newFlags()
	f.know(set)
	return f
}

func newFlags() *Flags {
	return &Flags{against: map[string][]string{}, flagged: map[string]map[string]bool{}, events: map[string]map[string]bool{}, highest: map[string]float64{}}
}

// know reads against which scenarios the rules were written.
func (f *Flags) know(set *rules.Ruleset) {
	for i := range set.Rules {
		f.against[set.Rules[i].ID] = set.Rules[i].Scenarios
	}
	for i := range set.Bands {
		f.against[set.Bands[i].ID] = set.Bands[i].Scenarios
	}
}

// Take reads one published verdict; what is none is passed over.
func (f *Flags) Take(value []byte) {
	var v scoring.Verdict
	if json.Unmarshal(value, &v) == nil {
		f.take(&v)
	}
}

func (f *Flags) take(v *scoring.Verdict) {
	if v.Subject.Account == "" {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.highest[v.Subject.Account] = max(f.highest[v.Subject.Account], v.Score, v.InlineScore)
	for _, hit := range v.Hits {
		if hit.Shadow || hit.Action.Severity() < ingest.Flag.Severity() {
			continue
		}
		mark(f.flagged, v.Subject.Account, hit.Rule)
		for _, id := range f.against[hit.Rule] {
			mark(f.events, id, v.Subject.Account)
		}
	}
}

func mark(in map[string]map[string]bool, key, value string) {
	if in[key] == nil {
		in[key] = map[string]bool{}
	}
	in[key][value] = true
}

// Detection is how well an attack was detected by the rules against it. A case
// is opened for an operator, whatever the number of its accounts.
type Detection struct {
	// Detected operators of the attack, of all that were at work.
	Detected Rate `json:"detected"`
	// Precision is the share of cases that were about attackers, of whatever
	// scenario; Own the share that was about this one.
	Precision Rate `json:"precision"`
	Own       Rate `json:"own"`
	// People names how many cases were about people, by cohort.
	People map[string]int `json:"people,omitempty"`
}

// Detect adds to the figures what the service said of the actors.
func (t *Truth) Detect(scenarios []Scenario, actors []*Actor, flags *Flags) {
	flags.mu.Lock()
	defer flags.mu.Unlock()
	for _, s := range scenarios {
		f, ok := t.Scenarios[s.ID]
		if !ok {
			continue
		}
		f.Detection = detect(s, actors, flags.events[s.ID])
		t.Scenarios[s.ID] = f
	}
}

func detect(s Scenario, actors []*Actor, accounts map[string]bool) *Detection {
	type operator struct {
		scenario         string
		hostile, flagged bool
		worked           bool
	}
	all := map[string]*operator{}
	for _, a := range actors {
		if a.account == "" {
			continue
		}
		name := a.Operator
		if !a.Hostile && a.Channel != "" {
			name = a.Channel // its customers are not the ones in question
		}
		o := all[name]
		if o == nil {
			o = &operator{scenario: a.Scenario, hostile: a.Hostile}
			all[name] = o
		}
		o.flagged = o.flagged || accounts[a.account]
		o.worked = o.worked || len(a.seen.Attempts) > 0 || a.seen.Requests > 0
	}
	d := &Detection{People: map[string]int{}}
	var own, worked, cases, right int
	for _, o := range all {
		if o.scenario == s.ID && o.worked {
			worked++
			if o.flagged {
				own++
			}
		}
		if !o.flagged {
			continue
		}
		cases++
		if o.hostile {
			right++
		} else {
			d.People[o.scenario]++
		}
	}
	d.Detected, d.Precision, d.Own = rate(own, worked), rate(right, cases), rate(own, cases)
	return d
}

// Rules lists the rules that flagged an account.
func (f *Flags) Rules(account string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for rule := range f.flagged[account] {
		out = append(out, rule)
	}
	slices.Sort(out)
	return out
}

// scores judges the scores by the truth.
func (f *Flags) scores(actors []*Actor) *Scores {
	f.mu.Lock()
	defer f.mu.Unlock()
	return scoresOf(actors, f.highest)
}
