package rules

import (
	"math"
	"strings"
	"time"

	"fairgate/ingest"
)

// telemetryFields are what the collector told about the device within the last
// day. Where it told nothing the numbers are -1, the texts empty and the truths
// false: that alone says nothing against a visitor, and no rule may block for
// it.
func telemetryFields() []EventField {
	out := []EventField{
		{
			Name: "collector", Type: TypeBool,
			Description: "Whether the device's collector sent a beacon within a day. Assistive technology, old phones and whoever refuses it have none: never block for that.",
			truth:       func(ev *Evaluator) bool { return ev.e.Telemetry.Source != "" },
			set: func(e *ingest.Event, v any, _ *time.Location) {
				e.Telemetry = ingest.Telemetry{}
				if v.(bool) {
					told(e)
				}
			},
		},
		textField("collector_source", "Which collector: browser or mini_program; empty without one.",
			func(e *ingest.Event) *string { return (*string)(&e.Telemetry.Source) }),
		numberField("collector_age_seconds", "Seconds since the device's last beacon; -1 without one.",
			func(ev *Evaluator) float64 {
				if ev.e.Telemetry.At.IsZero() {
					return NoValue
				}
				return max(0, ev.e.Time.Sub(ev.e.Telemetry.At).Seconds())
			},
			func(e *ingest.Event, v float64, _ *time.Location) {
				e.Telemetry.At = time.Time{}
				if v >= 0 {
					told(e)
					e.Telemetry.At = e.Time.Add(-time.Duration(v * float64(time.Second)))
				}
			}),
		textField("beacon_refused", "On a beacon that was refused though well-formed, why: replayed, nonce_forged, nonce_foreign, nonce_future or bad_proof.",
			func(e *ingest.Event) *string { return &e.Telemetry.Refused }),
		textField("family", "Id of the devices like this one, versions and one changed trait aside; empty where too little was told. Two different devices of one model share it.",
			func(e *ingest.Event) *string { return &e.Telemetry.Family }),
		textField("imprint", "Hash of all traits together, versions included; empty without a beacon.",
			func(e *ingest.Event) *string { return &e.Telemetry.Print }),
		boolField("key_proven", "Whether the last beacon was signed with the device's own key, which cannot be exported.",
			func(e *ingest.Event) *bool { return &e.Telemetry.Proven }),
		boolField("key_changed", "Whether it was signed with another key than the device's first, or with none where there was one: a copied token, or a browser that lost its storage.",
			func(e *ingest.Event) *bool { return &e.Telemetry.KeyChanged }),
		textField("order_proof", "Of a booking, what the device's signature over it is worth: valid, unbound (of a key not shown before), other_key, stale, replayed or wrong; empty without one, which says nothing. Features of stage inline count a replayed one as what it was at first.",
			func(e *ingest.Event) *string { return (*string)(&e.Proof) }),
		toldNumber("clock_skew_seconds", "By how many seconds the device's clock is ahead, within a day; 0 where nothing is known.",
			func(t *ingest.Telemetry) *int { return &t.Skew }),
	}
	out = append(out, traceFields()...)
	return append(out, movementFields()...)
}

func traceFields() []EventField {
	return []EventField{
		numberField("automation_traces", "How many different traces of automation the collector found. One alone is weak: extensions leave some, too.",
			func(ev *Evaluator) float64 { return float64(len(ev.e.Telemetry.Traces)) },
			func(e *ingest.Event, v float64, _ *time.Location) {
				all := ingest.Traces()
				e.Telemetry.Traces = all[:min(max(int(v), 0), len(all))]
			}),
		{
			Name: "traces", Type: TypeText,
			Description: "The traces found, joined by commas: webdriver, globals, devtools, headless, untrusted, …",
			text: func(ev *Evaluator) string {
				names := make([]string, len(ev.e.Telemetry.Traces))
				for i, t := range ev.e.Telemetry.Traces {
					names[i] = string(t)
				}
				return strings.Join(names, ",")
			},
			set: func(e *ingest.Event, v any, _ *time.Location) {
				e.Telemetry.Traces = nil
				for name := range strings.SplitSeq(v.(string), ",") {
					if name = strings.TrimSpace(name); name != "" {
						e.Telemetry.Traces = append(e.Telemetry.Traces, ingest.Trace(name))
					}
				}
			},
		},
	}
}

func movementFields() []EventField {
	return []EventField{
		toldNumber("pointer_moves", "Pointer movements that the last beacon summarised, 0 where fewer than fifty: fingers and keyboards make none.",
			func(t *ingest.Telemetry) *int { return &t.Moves }),
		numberField("pointer_score", "Probability, 0 to 1, that a program made them; -1 where there are too few. Learned from few sessions: a reason to challenge, not to block.",
			func(ev *Evaluator) float64 {
				if ev.e.Telemetry.Moves == 0 {
					return NoValue
				}
				return ev.e.Telemetry.Pointer
			},
			func(e *ingest.Event, v float64, _ *time.Location) {
				e.Telemetry.Pointer = max(v, 0)
				switch {
				case v < 0:
					e.Telemetry.Moves = 0
				case e.Telemetry.Moves == 0:
					e.Telemetry.Moves = 200
				}
			}),
		toldNumber("key_presses", "Key presses that the last beacon timed.",
			func(t *ingest.Telemetry) *int { return &t.Keys }),
		keyNumber("key_gap_ms", "Mean pause between them, in milliseconds; -1 where there are fewer than two.",
			func(t *ingest.Telemetry) *int { return &t.KeyGap }),
		keyNumber("key_spread_ms", "Standard deviation of those pauses; -1 likewise. A hand's is never near 0.",
			func(t *ingest.Telemetry) *int { return &t.KeySpread }),
		toldNumber("pastes", "Pastes that the last beacon counted. Helpers paste, too.",
			func(t *ingest.Telemetry) *int { return &t.Pastes }),
	}
}

// networkFields are what is told without the collector's help.
func networkFields() []EventField {
	return []EventField{
		boolField("mobile_carrier", "Whether the address is a mobile carrier's, behind which are many people.",
			func(e *ingest.Event) *bool { return &e.Client.Mobile }),
		{
			Name: "ua_consistent", Type: TypeBool,
			Description: "Whether nothing contradicts the user agent: client hints, platform, the order of headers, the TLS fingerprint. True where nothing can be compared.",
			truth:       func(ev *Evaluator) bool { return len(ev.e.Client.Mismatch) == 0 },
			set: func(e *ingest.Event, v any, _ *time.Location) {
				e.Client.Mismatch = nil
				if !v.(bool) {
					e.Client.Mismatch = []string{"hints"}
				}
			},
		},
		{
			Name: "ua_mismatch", Type: TypeText,
			Description: "What contradicts the user agent, joined by commas: hints, platform, mobile, headers, tls.",
			text:        func(ev *Evaluator) string { return strings.Join(ev.e.Client.Mismatch, ",") },
			set: func(e *ingest.Event, v any, _ *time.Location) {
				e.Client.Mismatch = nil
				if v.(string) != "" {
					e.Client.Mismatch = strings.Split(v.(string), ",")
				}
			},
		},
		textField("phone_class", "What the phone number's range tells: mobile, virtual or foreign; empty without one.",
			func(e *ingest.Event) *string { return (*string)(&e.Subject.PhoneClass) }),
		{
			Name: "virtual_number", Type: TypeBool, Description: "Whether the phone number is of a virtual operator's range.",
			truth: func(ev *Evaluator) bool { return ev.e.Subject.PhoneClass == ingest.PhoneVirtual },
			set: func(e *ingest.Event, v any, _ *time.Location) {
				e.Subject.PhoneClass = ingest.PhoneMobile
				if v.(bool) {
					e.Subject.PhoneClass = ingest.PhoneVirtual
				}
			},
		},
	}
}

// told makes the event one of a device that sent a beacon.
func told(e *ingest.Event) {
	if e.Telemetry.Source == "" {
		e.Telemetry.Source = ingest.SourceBrowser
	}
	if e.Telemetry.At.IsZero() {
		e.Telemetry.At = e.Time
	}
}

func toldNumber(name, description string, at func(*ingest.Telemetry) *int) EventField {
	return numberField(name, description,
		func(ev *Evaluator) float64 { return float64(*at(&ev.e.Telemetry)) },
		func(e *ingest.Event, v float64, _ *time.Location) {
			*at(&e.Telemetry) = int(math.Round(min(max(v, -1<<31), 1<<31)))
		})
}

// keyNumber is a time that means something only where keys were pressed.
func keyNumber(name, description string, at func(*ingest.Telemetry) *int) EventField {
	return numberField(name, description,
		func(ev *Evaluator) float64 {
			if ev.e.Telemetry.Keys < 2 {
				return NoValue
			}
			return float64(*at(&ev.e.Telemetry))
		},
		func(e *ingest.Event, v float64, _ *time.Location) {
			*at(&e.Telemetry) = int(math.Round(min(max(v, 0), math.MaxUint16)))
			switch {
			case v < 0:
				e.Telemetry.Keys = 0
			case e.Telemetry.Keys < 2:
				e.Telemetry.Keys = 2
			}
		})
}
