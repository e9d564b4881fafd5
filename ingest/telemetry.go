package ingest

import (
	"slices"
	"time"
)

// Source is which collector measured.
type Source string

// The collectors.
const (
	SourceBrowser     Source = "browser"
	SourceMiniProgram Source = "mini_program"
)

// Valid reports whether s is a known collector.
func (s Source) Valid() bool { return s == SourceBrowser || s == SourceMiniProgram }

// Trace is one mark that automation leaves in a browser.
type Trace string

// The traces that the collector looks for. Extensions and privacy settings
// leave some of them, too: none alone tells a program.
const (
	TraceWebdriver  Trace = "webdriver"  // navigator.webdriver is true
	TraceGlobals    Trace = "globals"    // variables that a driver leaves behind
	TraceDocument   Trace = "document"   // attributes or keys of the document that a driver leaves behind
	TraceDevtools   Trace = "devtools"   // something reads what is written to the console
	TraceHeadless   Trace = "headless"   // the agent names itself headless
	TraceNatives    Trace = "natives"    // built-in functions were replaced
	TraceNavigator  Trace = "navigator"  // properties of the navigator were overwritten
	TraceLanguages  Trace = "languages"  // no languages, or not those of the navigator
	TracePermission Trace = "permission" // permissions contradict each other
	TraceSoftware   Trace = "software"   // pictures are drawn by a processor, not a graphics card
	TraceWindow     Trace = "window"     // the window has no frame or no size
	TraceChrome     Trace = "chrome"     // says it is Chrome and lacks what Chrome has
	TraceUntrusted  Trace = "untrusted"  // movements or keys that no device made
	TraceFrame      Trace = "frame"      // a fresh frame contradicts the page
	TraceAgent      Trace = "agent"      // the page's user agent is not the header's
	TraceZone       Trace = "zone"       // time zone and its offset contradict each other
	TraceSimulator  Trace = "simulator"  // a mini-program that runs in the developer's tools
)

// Traces lists every Trace. The order is that of the bits in which a device's
// telemetry is sealed: add at the end.
func Traces() []Trace {
	return []Trace{
		TraceWebdriver, TraceGlobals, TraceDocument, TraceDevtools, TraceHeadless, TraceNatives, TraceNavigator,
		TraceLanguages, TracePermission, TraceSoftware, TraceWindow, TraceChrome, TraceUntrusted, TraceFrame,
		TraceAgent, TraceZone, TraceSimulator,
	}
}

// Valid reports whether t is one of Traces.
func (t Trace) Valid() bool { return slices.Contains(Traces(), t) }

// Telemetry is what the collector's last believed beacon told about the
// device, summarised: no trait itself, no key, no coordinate. It is on the
// beacon's own event and, for a day, on every later event of the device. The
// zero value means that nothing was told, which by itself says nothing against
// a visitor: assistive technology, old phones and whoever refuses the
// collector look so.
type Telemetry struct {
	Source Source `json:"source,omitempty"`
	// Refused is why the beacon of this event was not believed although it was
	// one: replayed, foreign, expired, future, bad_proof. The other fields are
	// then zero.
	Refused string `json:"refused,omitempty"`
	// At is when the beacon came, by the gateway's clock.
	At time.Time `json:"at,omitzero"`
	// Family is the id of devices like this one, Print a hash of all its traits
	// together; both 16 hexadecimal digits, or empty where too little was told.
	Family string  `json:"family,omitempty"`
	Print  string  `json:"print,omitempty"`
	Traces []Trace `json:"traces,omitempty"`
	// Moves is how many pointer movements were summarised; Pointer is the
	// probability that a program made them, and means something only where
	// Moves is not 0.
	Moves   int     `json:"moves,omitempty"`
	Pointer float64 `json:"pointer,omitempty"`
	// Keys is how many key presses were timed, KeyGap the mean pause between
	// them and KeySpread its standard deviation, in milliseconds; Pastes counts
	// pastes.
	Keys      int `json:"keys,omitempty"`
	KeyGap    int `json:"key_gap,omitempty"`
	KeySpread int `json:"key_spread,omitempty"`
	Pastes    int `json:"pastes,omitempty"`
	// Proven says that the beacon was signed with the device's own key, which
	// cannot be exported; KeyChanged that it was signed with another than the
	// one first seen, or not at all where there was one.
	Proven     bool `json:"proven,omitempty"`
	KeyChanged bool `json:"key_changed,omitempty"`
	// Skew is by how many seconds the device's clock is ahead, within a day.
	Skew int `json:"skew,omitempty"`
}

// IsZero reports that nothing was told.
func (t Telemetry) IsZero() bool {
	return t.Source == "" && t.Refused == "" && t.At.IsZero() && t.Family == "" && t.Print == "" && t.Traces == nil &&
		t.Moves == 0 && t.Pointer == 0 && t.Keys == 0 && t.KeyGap == 0 && t.KeySpread == 0 && t.Pastes == 0 &&
		!t.Proven && !t.KeyChanged && t.Skew == 0
}

// Has reports whether the trace was found.
func (t Telemetry) Has(trace Trace) bool { return slices.Contains(t.Traces, trace) }
