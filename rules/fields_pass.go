package rules

import (
	"math"
	"strings"
	"time"

	"fairgate/ingest"
)

// passPrefix begins the names of the fields that say how a challenge was met.
const passPrefix = "pass_"

// passFields are how the challenge was met whose pass came with the request. A
// rule that reads one of them and asks for a challenge is not met by that very
// pass: it asks again (see Match.Again).
func passFields() []EventField {
	return []EventField{
		passNumber("pass_solve_ms", "How long the challenge took from its issue to its answer, in milliseconds, as the pass of the request tells; -1 without a pass.",
			func(p *ingest.Pass) *int { return &p.Solve }),
		passNumber("pass_gap_ms", "Milliseconds from that answer to this request; -1 without a pass. The page sends the request on by itself.",
			func(p *ingest.Pass) *int { return &p.Gap }),
		boolField("pass_moved", "Whether the challenge was answered from another subnet than this one. Phones change networks, too.",
			func(e *ingest.Event) *bool { return &e.Pass.Moved }),
	}
}

// passNumber is a number that means something only where a pass came.
func passNumber(name, description string, at func(*ingest.Pass) *int) EventField {
	return numberField(name, description,
		func(ev *Evaluator) float64 {
			if ev.e.Pass.Solve == 0 {
				return NoValue
			}
			return float64(*at(&ev.e.Pass))
		},
		func(e *ingest.Event, v float64, _ *time.Location) {
			if v < 0 {
				e.Pass = ingest.Pass{}
				return
			}
			*at(&e.Pass) = int(math.Round(min(v, math.MaxInt32)))
			e.Pass.Solve = max(e.Pass.Solve, 1)
		})
}

// readsPass reports whether a condition looks at how a challenge was met.
func readsPass(fields []string) bool {
	for _, name := range fields {
		if strings.HasPrefix(name, passPrefix) {
			return true
		}
	}
	return false
}
