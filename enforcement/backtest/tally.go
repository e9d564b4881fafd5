package backtest

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"fairgate/enforcement"
	"fairgate/ingest"
	"fairgate/rules"
)

// ErrTooMany says that more accounts were touched than can be kept.
var ErrTooMany = errors.New("rules touch more accounts than a run can keep; choose a shorter period")

// account is what a run remembers of one account, 8 bytes beside the 8 of its
// hash: with those, and the map's own room, under 64 bytes each.
type account struct {
	differ  uint32 // events that the versions treat differently, saturated
	next    uint8  // severity of the worst action
	against uint8
	label   labelled
	flags   uint8
}

// Flags of an account.
const (
	seen      uint8 = 1 << iota // in the period
	attempted                   // to book
	got                         // a booking was accepted, or refused by Fairgate alone
)

// tally folds events into accounts. It is used by one goroutine.
type tally struct {
	max      int
	accounts map[uint64]account
	// rest are accounts that are not kept: without a label, and not touched.
	rest, restTried distinct
	events          uint64
	nobody          uint64 // events without an account
	// actions are the judged events by what each version does, by severity.
	actions    [2][4]uint64
	changed    uint64 // events
	rules      [2]map[string]*ruleTally
	programs   [2]*rules.Program
	candidates candidates
	// evident are accounts without a label that the new version alone was seen
	// to block, the first maxEvident.
	evident map[uint64]named
}

// named is an account by its name.
type named struct{ site, account string }

// maxEvident bounds of how many accounts evidence of a person is asked for.
const maxEvident = 10_000

// ruleTally is what one rule of one version did.
type ruleTally struct {
	events, shadowEvents               uint64
	accounts, humans, scalpers, shadow distinct
}

func newTally(o Options, next, against *rules.Program) *tally {
	accounts := map[uint64]account{}
	return &tally{
		max: o.Accounts, accounts: accounts, programs: [2]*rules.Program{next, against},
		rules:      [2]map[string]*ruleTally{{}, {}},
		evident:    map[uint64]named{},
		candidates: candidates{byAccount: map[uint64]*candidate{}, accounts: accounts},
	}
}

// identity is the hash of an account: 64 bits, so that among five million the
// chance that two are taken for one is below one in a million.
func identity(site, name string) uint64 {
	h := uint64(14695981039346656037) // FNV-1a, then the finaliser of MurmurHash3
	for _, s := range [...]string{site, name} {
		for i := range len(s) {
			h = (h ^ uint64(s[i])) * 1099511628211
		}
		h = (h ^ 0xff) * 1099511628211
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

func (t *tally) label(site, name string, value enforcement.LabelValue) {
	t.accounts[identity(site, name)] = account{label: labelOf(value)}
}

// add judges one event by what each version found.
func (t *tally) add(e *ingest.Event, next, against finding) error {
	t.events++
	t.actions[0][next.action.Severity()]++
	t.actions[1][against.action.Severity()]++
	differs := next.action != against.action && t.programs[1] != nil
	if differs {
		t.changed++
	}
	if e.Subject.Account == "" {
		t.nobody++
		t.count(0, next.hits, 0, unlabelled)
		t.count(1, against.hits, 0, unlabelled)
		return nil
	}
	id := identity(e.Site, e.Subject.Account)
	a, known := t.accounts[id]
	touched := next.action != ingest.Allow || against.action != ingest.Allow
	tried, served := booking(e)
	if !known && !touched && len(t.accounts) >= t.max {
		t.rest.add(id)
		if tried {
			t.restTried.add(id)
		}
		return nil
	}
	a.flags |= seen
	if tried {
		a.flags |= attempted
	}
	if served {
		a.flags |= got
	}
	a.next = max(a.next, uint8(next.action.Severity()))
	a.against = max(a.against, uint8(against.action.Severity()))
	if a.next == blocked && a.against < blocked && (a.label == unlabelled || a.label == unknown) && len(t.evident) < maxEvident {
		if _, ok := t.evident[id]; !ok {
			t.evident[id] = named{clone(e.Site), clone(e.Subject.Account)}
		}
	}
	if differs && a.differ < math.MaxUint32 {
		a.differ++
	}
	if !known && len(t.accounts) >= t.max {
		if err := t.makeRoom(); err != nil {
			return err
		}
	}
	t.accounts[id] = a
	t.count(0, next.hits, id, a.label)
	t.count(1, against.hits, id, a.label)
	if differs {
		t.candidates.note(id, e, next, against)
	}
	return nil
}

// booking says whether an event tried to book, and whether a ticket came of it
// or would have, had Fairgate not refused it.
func booking(e *ingest.Event) (tried, served bool) {
	if e.Kind != ingest.KindOrderSubmit {
		return false, false
	}
	return true, e.Outcome.Accepted() || e.Outcome.Disposition == ingest.DispositionRefused || e.Outcome.Disposition == ""
}

// makeRoom moves the accounts that no rule has touched and nobody has labelled
// to those that are only counted.
func (t *tally) makeRoom() error {
	for id, a := range t.accounts {
		if a.label != unlabelled || a.next > 0 || a.against > 0 {
			continue
		}
		t.rest.add(id)
		if a.flags&attempted != 0 {
			t.restTried.add(id)
		}
		delete(t.accounts, id)
	}
	if len(t.accounts) >= t.max {
		return fmt.Errorf("%w: %d", ErrTooMany, t.max)
	}
	return nil
}

// count notes the hits of one version's rules.
func (t *tally) count(version int, hits []ingest.Hit, id uint64, label labelled) {
	if len(hits) == 0 {
		return
	}
	for i := range hits {
		h := &hits[i]
		if strings.HasPrefix(h.Rule, StandingRule) {
			continue
		}
		r := t.rules[version][h.Rule]
		if r == nil {
			r = &ruleTally{}
			t.rules[version][clone(h.Rule)] = r
		}
		if h.Shadow {
			r.shadowEvents++
			if id != 0 {
				r.shadow.add(id)
			}
			continue
		}
		r.events++
		if id == 0 {
			continue
		}
		r.accounts.add(id)
		switch label {
		case human:
			r.humans.add(id)
		case scalper:
			r.scalpers.add(id)
		case unlabelled, unknown:
		}
	}
}

func clone(s string) string { return strings.Clone(s) }
