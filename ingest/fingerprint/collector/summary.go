package collector

import (
	"math"
	"slices"
	"strings"
	"time"

	"fairgate/ingest"
	"fairgate/ingest/fingerprint/pointer"
)

// Bounds of what is kept.
const (
	maxSkew  = 24 * 60 * 60 // seconds
	maxCount = math.MaxUint16
	// minMoves is the least number of moves that are scored.
	minMoves = 50
)

// summarise is the beacon as an event keeps it; family and key are filled in
// by the caller. agent is the request's own user agent.
func summarise(b *Beacon, agent string, now time.Time, model pointer.Model) ingest.Telemetry {
	t := ingest.Telemetry{
		Source: b.Source, At: now.UTC().Truncate(time.Millisecond), Print: b.Traits.imprint(b.Source),
		Skew: int(min(max((b.At-now.UnixMilli())/1000, -maxSkew), maxSkew)),
	}
	for _, trace := range ingest.Traces() { // in their order, whatever the beacon's
		if slices.Contains(b.Automation, trace) || trace == ingest.TraceAgent && disagree(b, agent) {
			t.Traces = append(t.Traces, trace)
		}
	}
	if p := b.Pointer; p != nil && p.Moves >= minMoves {
		t.Moves = min(p.Moves, maxCount)
		t.Pointer = model.Score(*p)
	}
	if k := b.Keys; k != nil {
		t.Keys, t.Pastes = min(k.Presses, maxCount), min(k.Pastes, maxCount)
		t.KeyGap, t.KeySpread = milliseconds(k.Gap), milliseconds(k.GapSpread)
	}
	return t
}

// carryOver adds what the device's beacons of the last day told: traces stay,
// movements are weighed by their number, and keys that were pressed are not
// forgotten because a later beacon had none.
func carryOver(t *ingest.Telemetry, before ingest.Telemetry) {
	found := t.Traces
	t.Traces = nil
	for _, trace := range ingest.Traces() {
		if slices.Contains(found, trace) || before.Has(trace) {
			t.Traces = append(t.Traces, trace)
		}
	}
	if moves := t.Moves + before.Moves; moves > 0 {
		t.Pointer = (t.Pointer*float64(t.Moves) + before.Pointer*float64(before.Moves)) / float64(moves)
		t.Moves = min(moves, maxCount)
	}
	if t.Keys < 2 {
		t.Keys, t.KeyGap, t.KeySpread = before.Keys, before.KeyGap, before.KeySpread
	}
	t.Pastes = min(t.Pastes+before.Pastes, maxCount)
}

// disagree reports that the page sees another user agent than the gateway,
// which clips a long one.
func disagree(b *Beacon, agent string) bool {
	said := b.Traits.Agent
	return b.Source == ingest.SourceBrowser && said != "" && agent != "" && !strings.HasPrefix(said, agent) && !strings.HasPrefix(agent, said)
}

func milliseconds(v float64) int { return int(min(math.Round(v), maxCount)) }
