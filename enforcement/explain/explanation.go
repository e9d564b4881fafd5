package explain

import (
	"strings"
	"time"

	"fairgate/enforcement"
	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
)

// EventExplanation is all that is known of one event, its keys shortened where
// they are keyed hashes of documents, phones or sessions.
type EventExplanation struct {
	ID      string      `json:"id"`
	Time    time.Time   `json:"time"`
	Site    string      `json:"site"`
	Kind    ingest.Kind `json:"kind"`
	Route   string      `json:"route,omitempty"`
	Method  string      `json:"method,omitempty"`
	Path    string      `json:"path,omitempty"`
	Account string      `json:"account,omitempty"`
	Device  string      `json:"device,omitempty"`
	Pool    string      `json:"pool,omitempty"`
	Day     string      `json:"day,omitempty"`
	OrderID string      `json:"order_id,omitempty"`
	Edge    Edge        `json:"edge"`
	// Judgements are one for each stage that judged, in-line first.
	Judgements []Judgement `json:"judgements"`
	// Followed is what enforcement and operators did because of the event,
	// Order what the booking system reported of its order; oldest first.
	Followed []Followed `json:"followed"`
	Order    []Fate     `json:"order"`
}

// Edge is what the gateway decided and did.
type Edge struct {
	Action ingest.Action `json:"action"`
	// Observed is what would have been done, had the site not only observed.
	Observed ingest.Action `json:"observed,omitempty"`
	Reason   ingest.Reason `json:"reason,omitempty"`
	Receipt  string        `json:"receipt,omitempty"`
	// Passed: a challenge was asked for and met. Degraded: counters or lists
	// were not the fleet's own.
	Passed      bool               `json:"passed,omitempty"`
	Degraded    bool               `json:"degraded,omitempty"`
	Disposition ingest.Disposition `json:"disposition,omitempty"`
	Status      int                `json:"status,omitempty"`
	Latency     time.Duration      `json:"latency_ns,omitempty"`
	Screening   time.Duration      `json:"screening_ns,omitempty"`
}

// Judgement is what one stage found.
type Judgement struct {
	Stage   rules.Stage   `json:"stage"`
	Action  ingest.Action `json:"action"`
	Observe bool          `json:"observe,omitempty"`
	Score   float64       `json:"score"`
	// Ruleset is the version that judged, Origin where it was found; Missing
	// says why it was not, and the hits are then without their conditions.
	Ruleset string  `json:"ruleset,omitempty"`
	Origin  string  `json:"origin,omitempty"`
	Missing string  `json:"missing,omitempty"`
	Hits    []Fired `json:"hits"`
}

// HitKind is what fired.
type HitKind string

// Kinds of hits.
const (
	HitRule   HitKind = "rule"
	HitList   HitKind = "list"   // an entry of a list, or an earlier decision's mark
	HitShadow HitKind = "shadow" // a rule that was recorded and did nothing
)

// Fired is one hit.
type Fired struct {
	Kind   HitKind       `json:"kind"`
	Rule   string        `json:"rule"`
	Action ingest.Action `json:"action"`
	Entity rules.Entity  `json:"entity"`
	Key    string        `json:"key,omitempty"`
	Score  float64       `json:"score,omitempty"`
	// TTLSeconds is for how long the action stands; 0: this request.
	TTLSeconds int64 `json:"ttl_seconds,omitempty"`
	// Explanation is nil for lists and where the ruleset is missing.
	Explanation *rules.Explanation `json:"explanation,omitempty"`
}

// Followed is one thing done because of the event.
type Followed struct {
	Time   time.Time    `json:"time"`
	Kind   string       `json:"kind"`
	Entity rules.Entity `json:"entity,omitempty"`
	Key    string       `json:"key,omitempty"`
	Order  string       `json:"order,omitempty"`
	Rule   string       `json:"rule,omitempty"`
	Actor  string       `json:"actor"`
	Detail string       `json:"detail,omitempty"`
}

// describe is the part that the event itself tells.
func describe(e *ingest.Event) EventExplanation {
	d, o := &e.Decision, &e.Outcome
	return EventExplanation{
		ID: e.ID, Time: e.Time, Site: e.Site, Kind: e.Kind, Route: e.Route, Method: e.Method, Path: e.Path,
		Account: e.Subject.Account, Device: e.Subject.Device, Pool: e.Order.Pool, Day: e.Order.Day, OrderID: e.Order.ID,
		Edge: Edge{
			Action: d.Action, Observed: d.Observed, Reason: d.Reason, Receipt: d.Receipt, Passed: d.Passed, Degraded: d.Degraded,
			Disposition: o.Disposition, Status: o.Status, Latency: o.Latency, Screening: o.Screening,
		},
		Judgements: []Judgement{}, Followed: []Followed{}, Order: []Fate{},
	}
}

// hitOf explains one hit, from the values that the stage saw.
func hitOf(p *rules.Program, e *ingest.Event, v *scoring.Verdict, h *ingest.Hit) Fired {
	out := Fired{
		Kind: HitRule, Rule: h.Rule, Action: h.Action, Entity: rules.Entity(h.Entity), Key: mask(rules.Entity(h.Entity), h.Key),
		Score: h.Score, TTLSeconds: h.TTL,
	}
	switch {
	case strings.HasPrefix(h.Rule, enforcement.ListRule):
		out.Kind = HitList
		return out
	case h.Shadow:
		out.Kind = HitShadow
	}
	if p == nil {
		return out
	}
	x, err := rules.Explain(p, h.Rule, e, v.Snapshot)
	if err != nil { // a hit that no rule of the version made
		return out
	}
	x.Key = mask(x.Entity, x.Key)
	for i := range x.Features {
		x.Features[i].Key = mask(x.Features[i].Entity, x.Features[i].Key)
	}
	for i := range x.Fields {
		if x.Fields[i].Name == string(rules.FieldClaimed) {
			x.Fields[i].Value = shorten(x.Fields[i].Value, shownTyped)
		}
	}
	out.Explanation = &x
	return out
}

// What is shown of a hash, enough to see that two are the same, and of a name
// that a visitor typed, which may be a phone number.
const (
	shown      = 8
	shownTyped = 3
)

// mask shortens the keyed hashes of what a person typed or holds, also where
// they are a part of a pair.
func mask(entity rules.Entity, key string) string {
	for _, private := range []rules.Entity{rules.EntityDocument, rules.EntityPhone, rules.EntitySession} {
		if strings.Contains(string(entity), string(private)) {
			return shorten(key, shown)
		}
	}
	return key
}

func shorten(text string, to int) string {
	if letters := []rune(text); len(letters) > to {
		return string(letters[:to]) + "…"
	}
	return text
}
