package scoring

import (
	"time"

	"fairgate/ingest"
	"fairgate/rules"
)

// Verdict is what one stage found about one event. It is published on the
// verdict topic and kept in the ledger.
type Verdict struct {
	// EventID and Stage together identify it; a repeat replaces it.
	EventID string      `json:"event_id"`
	Stage   rules.Stage `json:"stage"` // inline or async
	Time    time.Time   `json:"time"`  // of the event
	Site    string      `json:"site"`
	Kind    ingest.Kind `json:"kind"`
	// Subject and Order are copied from the event so that enforcement needs no
	// look-up.
	Subject ingest.Subject `json:"subject"`
	Order   ingest.Order   `json:"order,omitzero"`
	// Observe says that the route was in observe mode: nothing may act.
	Observe bool `json:"observe,omitempty"`
	// Action is the most severe action of the hits that may act.
	Action ingest.Action `json:"action"`
	Score  float64       `json:"score"` // 0 to 100
	// InlineScore is what the event had scored in line (stage async only): the
	// bands of the stage look at both together.
	InlineScore float64         `json:"inline_score,omitempty"`
	Hits        []ingest.Hit    `json:"hits,omitempty"`
	Ruleset     string          `json:"ruleset"` // version
	Snapshot    ingest.Snapshot `json:"snapshot,omitzero"`
	// Decision is what the edge did (stage inline only): its action may be
	// milder than Action where a pass or an exception applied.
	Decision ingest.Action `json:"decision,omitempty"`
	Receipt  string        `json:"receipt,omitempty"`
}
