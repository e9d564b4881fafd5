package rules

import (
	"time"

	"fairgate/ingest"
)

// Ruleset is the document that analysts write (YAML): the features it needs
// and the rules over them.
type Ruleset struct {
	Name        string    `yaml:"name" json:"name"`
	Description string    `yaml:"description" json:"description,omitempty"`
	Features    []Feature `yaml:"features" json:"features"`
	Rules       []Rule    `yaml:"rules" json:"rules"`
	// Bands combine many weak signals: they act on the sum of the scores.
	Bands []Band `yaml:"bands" json:"bands,omitempty"`

	// file and lines say where the document's fields were read, for errors;
	// both are empty for a document that was not decoded from YAML.
	file  string
	lines map[string]int
}

// Mode is where a rule stands in its life.
type Mode string

// Modes of a rule.
const (
	ModeDraft   Mode = "draft"   // not evaluated
	ModeShadow  Mode = "shadow"  // evaluated off the path, recorded, never acts
	ModeCanary  Mode = "canary"  // acts for Share of the accounts, shadow for the rest
	ModeLive    Mode = "live"    // acts
	ModeRetired Mode = "retired" // not evaluated
)

// Rule says when to act, on whom, and how.
type Rule struct {
	ID          string `yaml:"id" json:"id"`
	Description string `yaml:"description" json:"description,omitempty"`
	Stage       Stage  `yaml:"stage" json:"stage"` // inline (default) or async
	// Events restricts the rule to these kinds; empty: every kind.
	Events []ingest.Kind `yaml:"events" json:"events,omitempty"`
	// When is a boolean expression over the event's fields and the features.
	When   string        `yaml:"when" json:"when"`
	On     Entity        `yaml:"on" json:"on"`
	Action ingest.Action `yaml:"action" json:"action"` // score, flag, challenge or block
	Score  float64       `yaml:"score" json:"score,omitempty"`
	// TTL is how long the action stands for the entity; 0: this request only.
	TTL time.Duration `yaml:"ttl" json:"ttl,omitempty"`
	// Repeat lets the blocks of repeat offenders stand longer.
	Repeat    Repeat        `yaml:"repeat" json:"repeat,omitzero"`
	Mode      Mode          `yaml:"mode" json:"mode"`             // default live
	Share     float64       `yaml:"share" json:"share,omitempty"` // canary: 0 to 1
	Owner     string        `yaml:"owner" json:"owner,omitempty"`
	Scenarios []string      `yaml:"scenarios" json:"scenarios,omitempty"` // S1, H2, …
	Tags      []string      `yaml:"tags" json:"tags,omitempty"`           // to find and group rules by
	Reason    ingest.Reason `yaml:"reason" json:"reason,omitempty"`
	Messages  Messages      `yaml:"messages" json:"messages,omitzero"`
	Cases     Cases         `yaml:"cases" json:"cases,omitzero"`
}

// Messages explain a rule to operators. {name} stands for the value of a
// feature or field that the rule reads.
type Messages struct {
	ZH string `yaml:"zh" json:"zh,omitempty"`
	EN string `yaml:"en" json:"en,omitempty"`
}

// Cases are the examples that a rule ships with.
type Cases struct {
	MustFire    []Case `yaml:"must_fire" json:"must_fire,omitempty"`
	MustNotFire []Case `yaml:"must_not_fire" json:"must_not_fire,omitempty"`
}

// Case is one example: event fields and feature values by name. What is not
// given is zero for fields and NoValue for features.
type Case struct {
	Name     string             `yaml:"name" json:"name"`
	Kind     ingest.Kind        `yaml:"kind" json:"kind"`
	Event    map[string]any     `yaml:"event" json:"event,omitempty"`
	Features map[string]float64 `yaml:"features" json:"features,omitempty"`
}
