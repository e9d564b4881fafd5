package backtest

import (
	"cmp"
	"slices"
	"time"

	"fairgate/ingest"
	"fairgate/rules"
)

const (
	// Top is how many accounts are named in a comparison.
	Top = 20
	// maxCandidates bounds how many accounts evidence is kept of meanwhile.
	maxCandidates = 2000
	// maxEvidence bounds the pieces of evidence of one event and version.
	maxEvidence = 4
)

// candidate is an account that the versions treat differently.
type candidate struct {
	id            uint64
	site, account string
	evidence      []EventEvidence
	severity      uint8 // of the event that the evidence is from
}

// candidates keeps those that change most.
type candidates struct {
	byAccount map[uint64]*candidate
	accounts  map[uint64]account // the tally's
}

// note takes in an event that the versions treat differently. The evidence is
// from the first event of the greatest difference, as far as the account has
// been among the candidates since.
func (c *candidates) note(id uint64, e *ingest.Event, next, against finding) {
	known := c.byAccount[id]
	if known == nil {
		if len(c.byAccount) >= maxCandidates {
			c.prune()
		}
		known = &candidate{id: id, site: clone(e.Site), account: clone(e.Subject.Account)}
		c.byAccount[id] = known
	}
	severity := gap(uint8(max(next.action.Severity(), 0)), uint8(max(against.action.Severity(), 0)))
	if severity <= known.severity {
		return
	}
	known.severity = severity
	known.evidence = append(evidenceOf("new", e, next), evidenceOf("against", e, against)...)
}

func gap(a, b uint8) uint8 {
	if a > b {
		return a - b
	}
	return b - a
}

// prune drops the half that changes least.
func (c *candidates) prune() {
	list := c.sorted()
	for _, one := range list[len(list)/2:] {
		delete(c.byAccount, one.id)
	}
}

// sorted lists the candidates, those that change most first: by how far apart
// the worst actions are, then by how many events differ.
func (c *candidates) sorted() []*candidate {
	list := make([]*candidate, 0, len(c.byAccount))
	for _, one := range c.byAccount {
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b *candidate) int {
		x, y := c.accounts[a.id], c.accounts[b.id]
		return cmp.Or(
			cmp.Compare(gap(y.next, y.against), gap(x.next, x.against)), cmp.Compare(y.differ, x.differ),
			cmp.Compare(a.site, b.site), cmp.Compare(a.account, b.account),
		)
	})
	return list
}

// EventEvidence is one rule that fired, with what it saw.
type EventEvidence struct {
	Version string        `json:"version" enum:"new,against"`
	EventID string        `json:"event_id"`
	Time    time.Time     `json:"time"`
	Kind    ingest.Kind   `json:"kind"`
	Rule    string        `json:"rule"`
	Action  ingest.Action `json:"action"`
	Entity  string        `json:"entity"`
	// Features are the values of all features that had something to say.
	Features map[string]float64 `json:"features,omitempty"`
}

func evidenceOf(version string, e *ingest.Event, f finding) []EventEvidence {
	var out []EventEvidence
	values := map[string]float64{}
	for i, v := range f.values.Values {
		if i < len(f.values.Names) && v != rules.NoValue {
			values[f.values.Names[i]] = v
		}
	}
	for _, h := range f.hits {
		if h.Shadow || len(out) == maxEvidence {
			continue
		}
		out = append(out, EventEvidence{
			Version: version, EventID: clone(e.ID), Time: e.Time, Kind: e.Kind,
			Rule: h.Rule, Action: h.Action, Entity: h.Entity, Features: values,
		})
	}
	return out
}
