package backtest

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"fairgate/enforcement/ledger"
	"fairgate/ingest"
	"fairgate/rules"
)

// Comparison is what a run found.
type Comparison struct {
	New     VersionOutcome  `json:"new"`
	Against *VersionOutcome `json:"against,omitempty"`
	From    time.Time       `json:"from"`
	To      time.Time       `json:"to"`
	// WarmUp is how long before From events were counted and not judged;
	// WarmUpEvents is how many there were.
	WarmUpSeconds   float64 `json:"warm_up_seconds"`
	WarmUpEvents    uint64  `json:"warm_up_events"`
	Events          uint64  `json:"events" doc:"Judged: those of the period"`
	ChangedEvents   uint64  `json:"changed_events" doc:"Judged events that the versions treat differently"`
	AnonymousEvents uint64  `json:"anonymous_events" doc:"Judged events without a verified account"`
	Seconds         float64 `json:"seconds" doc:"How long the run took"`
	EventsPerSecond float64 `json:"events_per_second" doc:"Warm-up included"`

	Accounts Count `json:"accounts"`
	// Tried are the accounts that tried to book.
	Tried Count `json:"tried"`
	// What changes, in accounts, each by its worst action in the period.
	NewlyBlocked    ByLabel `json:"newly_blocked"`
	NewlyChallenged ByLabel `json:"newly_challenged"`
	Freed           ByLabel `json:"freed" doc:"Blocked by the version compared with, not blocked by the new one"`
	Unchallenged    ByLabel `json:"unchallenged" doc:"Challenged by the version compared with, neither challenged nor blocked by the new one"`
	// NewlyHarmed is humans newly blocked by humans that tried to book or were
	// newly blocked.
	NewlyHarmed ledger.Figure `json:"newly_harmed_human_rate"`
	// Evident tells of newly blocked accounts without a label; absent where
	// nobody knows.
	Evident *Evident `json:"newly_blocked_evident,omitempty"`

	Rules []RuleComparison `json:"rules"`
	Top   []ChangedAccount `json:"top"`
	Notes []string         `json:"notes"`
}

// VersionOutcome is one of the two, and what it does.
type VersionOutcome struct {
	Ruleset  string `json:"ruleset"`
	Version  string `json:"version"`
	Rules    int    `json:"rules"`
	Features int    `json:"features"`
	// Accounts by their worst action, by label.
	Blocked    ByLabel `json:"blocked"`
	Challenged ByLabel `json:"challenged"`
	Flagged    ByLabel `json:"flagged"`
	// FalsePositive is humans blocked ÷ humans that tried to book (or were
	// blocked before they could); Challenged humans beside it; Miss is scalpers
	// that were served and never blocked ÷ scalpers that tried to book.
	FalsePositive   ledger.Figure `json:"false_positive_rate"`
	ChallengedHuman ledger.Figure `json:"challenged_human_rate"`
	Miss            ledger.Figure `json:"miss_rate"`
	// Events by what was done.
	EventsBlocked    uint64 `json:"events_blocked"`
	EventsChallenged uint64 `json:"events_challenged"`
	EventsFlagged    uint64 `json:"events_flagged"`
	// Forgotten counts entities whose counters had to go while they were still
	// in use: above 0, counts may have been too low.
	Forgotten uint64 `json:"forgotten"`
}

// Count is a number that may be an estimate.
type Count struct {
	Number uint64 `json:"number"`
	// Estimated says that the number is off by DistinctError (one standard
	// error) of itself.
	Estimated bool `json:"estimated"`
}

// ByLabel is a number of accounts, by what they are known to be.
type ByLabel struct {
	All        uint64 `json:"all"`
	Human      uint64 `json:"human"`
	Scalper    uint64 `json:"scalper"`
	Unknown    uint64 `json:"unknown"`
	Unlabelled uint64 `json:"unlabelled"`
}

func (b *ByLabel) add(l labelled) {
	b.All++
	switch l {
	case human:
		b.Human++
	case scalper:
		b.Scalper++
	case unknown:
		b.Unknown++
	case unlabelled:
		b.Unlabelled++
	}
}

// RuleComparison is what one rule does in each version.
type RuleComparison struct {
	Rule    string      `json:"rule"`
	New     *RuleCounts `json:"new,omitempty"`     // nil: the version has no such rule
	Against *RuleCounts `json:"against,omitempty"` // likewise
}

// RuleCounts is what one rule of one version did in the period.
type RuleCounts struct {
	Mode   rules.Mode    `json:"mode"`
	Action ingest.Action `json:"action"`
	Events uint64        `json:"events"`
	// Accounts that it acted on, by label; ShadowAccounts those that it would
	// have acted on while in shadow.
	Accounts       Count  `json:"accounts"`
	Humans         Count  `json:"humans"`
	Scalpers       Count  `json:"scalpers"`
	ShadowEvents   uint64 `json:"shadow_events"`
	ShadowAccounts Count  `json:"shadow_accounts"`
}

// ChangedAccount is an account that the versions treat differently.
type ChangedAccount struct {
	Site    string        `json:"site"`
	Account string        `json:"account"`
	Label   string        `json:"label" doc:"human, scalper, unknown or unlabelled"`
	New     ingest.Action `json:"new" doc:"Worst action"`
	Against ingest.Action `json:"against" doc:"Worst action"`
	// Events is how many of its events differ.
	Events   uint32          `json:"events"`
	Evidence []EventEvidence `json:"evidence"`
}

// report folds the run.
func (c *comparison) report(took time.Duration) *Comparison {
	t := c.tally
	r := &Comparison{
		New: c.versionOf(c.next), From: c.o.From.UTC(), To: c.o.To.UTC(), WarmUpSeconds: c.lead.Seconds(), WarmUpEvents: c.warmed,
		Events: t.events, ChangedEvents: t.changed, AnonymousEvents: t.nobody, Seconds: took.Seconds(),
		Rules: []RuleComparison{}, Top: []ChangedAccount{}, Notes: notes(),
	}
	if took > 0 {
		r.EventsPerSecond = float64(t.events+c.warmed) / took.Seconds()
	}
	versions := []*VersionOutcome{&r.New}
	if c.against != nil {
		v := c.versionOf(c.against)
		r.Against = &v
		versions = append(versions, r.Against)
	}
	t.sum(r, versions)
	r.Rules = t.ruleChanges()
	for _, one := range t.candidates.sorted() {
		state := t.accounts[one.id]
		if len(r.Top) == Top {
			break
		}
		r.Top = append(r.Top, ChangedAccount{
			Site: one.site, Account: one.account, Label: labelName(state.label),
			New: severities[state.next], Against: severities[state.against], Events: state.differ, Evidence: one.evidence,
		})
	}
	return r
}

// severities are the actions by severity.
var severities = [...]ingest.Action{ingest.Allow, ingest.Flag, ingest.Challenge, ingest.Block}

// The severities by name.
const (
	flagged    = 1
	challenged = 2
	blocked    = 3
)

func (c *comparison) versionOf(r *replayer) VersionOutcome {
	rs := r.program.Ruleset()
	return VersionOutcome{
		Ruleset: rs.Name, Version: r.program.Version(), Rules: len(rs.Rules), Features: len(r.program.Features()),
		Forgotten: c.forgotten(),
	}
}

// forgotten is how many entities in use were forgotten for want of room.
func (c *comparison) forgotten() (n uint64) {
	for _, counter := range c.counters {
		n += counter.counters.Evicted()
	}
	return n
}

func labelName(l labelled) string {
	switch l {
	case human:
		return "human"
	case scalper:
		return "scalper"
	case unknown:
		return "unknown"
	default:
		return Unlabelled
	}
}

// rates are the sides of a version's figures.
type rates struct{ people, harmed, checked, hostile, kept uint64 }

// sum folds the accounts into the report.
func (t *tally) sum(r *Comparison, versions []*VersionOutcome) {
	var side [2]rates
	var newly rates
	for _, a := range t.accounts {
		if a.flags&seen == 0 {
			continue // labelled, and not in the period
		}
		r.Accounts.Number++
		if a.flags&attempted != 0 {
			r.Tried.Number++
		}
		worst := [2]uint8{a.next, a.against}
		for i, v := range versions {
			v.count(worst[i], a.label)
			side[i].add(a, worst[i])
		}
		if len(versions) < 2 {
			continue
		}
		switch {
		case a.next == blocked && a.against < blocked:
			r.NewlyBlocked.add(a.label)
		case a.against == blocked && a.next < blocked:
			r.Freed.add(a.label)
		case a.next == challenged && a.against < challenged:
			r.NewlyChallenged.add(a.label)
		case a.against == challenged && a.next < challenged:
			r.Unchallenged.add(a.label)
		}
		if a.label == human && (a.flags&attempted != 0 || a.next == blocked && a.against < blocked) {
			newly.people++
		}
	}
	for i, v := range versions {
		s := side[i]
		v.FalsePositive = ledger.NewFigure(s.harmed, s.people, s.people)
		v.ChallengedHuman = ledger.NewFigure(s.checked, s.people, s.people)
		v.Miss = ledger.NewFigure(s.kept, s.hostile, s.hostile)
		v.EventsFlagged, v.EventsChallenged, v.EventsBlocked = t.actions[i][flagged], t.actions[i][challenged], t.actions[i][blocked]
	}
	r.NewlyHarmed = ledger.NewFigure(r.NewlyBlocked.Human, newly.people, newly.people)
	addRest(&r.Accounts, &t.rest)
	addRest(&r.Tried, &t.restTried)
}

func addRest(to *Count, rest *distinct) {
	n, estimated := rest.count()
	to.Number += n
	to.Estimated = estimated
}

func (v *VersionOutcome) count(worst uint8, l labelled) {
	switch worst {
	case blocked:
		v.Blocked.add(l)
	case challenged:
		v.Challenged.add(l)
	case flagged:
		v.Flagged.add(l)
	}
}

// add counts an account on the side that its label puts it on.
func (s *rates) add(a account, worst uint8) {
	tried := a.flags&attempted != 0
	switch {
	case a.label == human && (tried || worst == blocked):
		s.people++
		if worst == blocked {
			s.harmed++
		}
		if worst == challenged {
			s.checked++
		}
	case a.label == scalper && tried:
		s.hostile++
		if worst < blocked && a.flags&got != 0 {
			s.kept++
		}
	}
}

// ruleChanges lists every rule of either version.
func (t *tally) ruleChanges() []RuleComparison {
	byID := map[string]*RuleComparison{}
	for i, p := range t.programs {
		if p == nil {
			continue
		}
		all := p.Ruleset().Rules
		for at := range all {
			rule := &all[at]
			change := byID[rule.ID]
			if change == nil {
				change = &RuleComparison{Rule: rule.ID}
				byID[rule.ID] = change
			}
			counts := countsOf(rule, t.rules[i][rule.ID])
			if i == 0 {
				change.New = counts
			} else {
				change.Against = counts
			}
		}
	}
	list := make([]RuleComparison, 0, len(byID))
	for _, id := range slices.SortedFunc(maps.Keys(byID), cmp.Compare) {
		list = append(list, *byID[id])
	}
	return list
}

func countsOf(r *rules.Rule, t *ruleTally) *RuleCounts {
	out := &RuleCounts{Mode: r.Mode, Action: r.Action}
	if t == nil {
		return out
	}
	out.Events, out.ShadowEvents = t.events, t.shadowEvents
	for _, c := range []struct {
		to   *Count
		from *distinct
	}{{&out.Accounts, &t.accounts}, {&out.Humans, &t.humans}, {&out.Scalpers, &t.scalpers}, {&out.ShadowAccounts, &t.shadow}} {
		c.to.Number, c.to.Estimated = c.from.count()
	}
	return out
}

// notes say what a comparison cannot know.
func notes() []string {
	return []string{
		"History is what people did under the rules of the time: whoever is newly blocked might have behaved differently from then on, and what was refused then has no outcome.",
		"Harmed means blocked; who would give up at a challenge is not known, so challenged humans stand beside.",
		"A scalper was missed who was served (or refused by nobody but Fairgate) and never blocked; holds that later expired count as served.",
		"Blocks with a time to live stand for their account, device or session; clearings of accounts and lifted blocks are honoured, scoped exceptions and manual deny entries are not.",
		"Events of an outage are judged as if the counters had been there.",
	}
}
