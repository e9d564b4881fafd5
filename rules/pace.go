package rules

import (
	"encoding/json"
	"io"
	"time"
)

// paceEvery is for how long loading goes on before it lets others go first:
// well below what a visitor notices.
const paceEvery = 200 * time.Microsecond

// pace lets others go first now and then. The zero value never does.
type pace struct {
	pause func()
	last  time.Time
}

// step is called between small pieces of work.
func (p *pace) step() {
	if p.pause == nil || time.Since(p.last) < paceEvery {
		return
	}
	p.pause()
	p.last = time.Now()
}

// pacedReader hands out a document a little at a time, with a step before each.
type pacedReader struct {
	in   io.Reader
	pace *pace
}

func (r pacedReader) Read(b []byte) (int, error) {
	r.pace.step()
	return r.in.Read(b)
}

// canonical is the ruleset as json.Marshal writes it, rule by rule.
func (p *pace) canonical(rs *Ruleset) ([]byte, error) {
	out := pacedRuleset{Name: rs.Name, Description: rs.Description, Features: rs.Features, Bands: rs.Bands}
	if rs.Rules != nil {
		out.Rules = make([]pacedRule, len(rs.Rules))
	}
	for i := range rs.Rules {
		out.Rules[i] = pacedRule{&rs.Rules[i], p}
	}
	return json.Marshal(out)
}

// pacedRuleset has the fields of Ruleset in their order.
type pacedRuleset struct {
	Name        string      `json:"name"`
	Description string      `json:"description,omitempty"`
	Features    []Feature   `json:"features"`
	Rules       []pacedRule `json:"rules"`
	Bands       []Band      `json:"bands,omitempty"`
}

type pacedRule struct {
	rule *Rule
	pace *pace
}

// MarshalJSON implements json.Marshaler.
func (r pacedRule) MarshalJSON() ([]byte, error) {
	r.pace.step()
	return json.Marshal(r.rule)
}
