package scoring

import (
	"fmt"
	"slices"

	"fairgate/ingest"
	"fairgate/rules"
)

// Judge evaluates the rules of one program of a Replay. It is for one goroutine.
type Judge struct {
	plan    *plan
	replay  *Replay
	offset  int
	early   []float64 // what in-line rules see of an event that a later stage counts
	busy    map[ingest.Kind]busy
	ev      *rules.Evaluator
	matches []rules.Match
}

// busy says which of a program's rules a kind of event can meet at all.
type busy map[rules.Stage]struct{ acting, shadow bool }

// Judge returns a judge by the nth program of NewReplay.
func (r *Replay) Judge(n int) *Judge {
	j := &Judge{plan: r.plans[n], replay: r, offset: r.offsets[n], early: make([]float64, 0, r.plans[n].size), busy: map[ingest.Kind]busy{}, ev: rules.NewEvaluator()}
	for _, k := range append(ingest.Kinds(), "") {
		j.busy[k] = busyOf(j.plan.program.Ruleset(), k)
	}
	return j
}

func busyOf(rs *rules.Ruleset, k ingest.Kind) busy {
	out := busy{}
	add := func(stage rules.Stage, events []ingest.Kind, acting, shadow bool) {
		if len(events) == 0 || slices.Contains(events, k) {
			b := out[stage]
			b.acting, b.shadow = b.acting || acting, b.shadow || shadow
			out[stage] = b
		}
	}
	for i := range rs.Rules {
		r := &rs.Rules[i]
		add(r.Stage, r.Events, r.Mode == rules.ModeLive || r.Mode == rules.ModeCanary, r.Mode == rules.ModeShadow || r.Mode == rules.ModeCanary)
	}
	for i := range rs.Bands {
		b := &rs.Bands[i]
		add(b.Stage, b.Events, b.Mode.Active(), b.Mode.Active())
	}
	return out
}

// Values are the program's own in what Count has filled for the event, finished
// in place: as they are when all stages have counted it. It is called once for
// each event, before Hits.
func (j *Judge) Values(e *ingest.Event, counted []float64) []float64 {
	end := j.offset + j.plan.size
	own := counted[j.offset:end:end]
	j.early = j.early[:0]
	for _, i := range j.replay.kind(e.Kind).slots {
		if i < j.offset || i >= end {
			continue
		}
		if len(j.early) == 0 {
			j.early = append(j.early, own...)
		}
		j.early[i-j.offset] = counted[j.replay.size+i]
	}
	if len(j.early) > 0 {
		j.plan.finish(j.early, false)
	}
	return j.plan.finish(own, false)
}

// Names are those of the values.
func (j *Judge) Names() []string { return j.plan.program.Names() }

// Hits appends to hits what fires for the event, given its Values: in-line and
// then asynchronous rules, those in shadow marked, in the order of the Engine.
// It keeps nothing of the event but the keys.
func (j *Judge) Hits(e *ingest.Event, values []float64, hits []ingest.Hit) ([]ingest.Hit, error) {
	known, ok := j.busy[e.Kind]
	if !ok {
		known = j.busy[""]
	}
	// What screening found counts towards the bands of the later stage, too.
	before := 0.0
	for _, stage := range [...]rules.Stage{rules.StageInline, rules.StageAsync} {
		score, seen := before, values
		if stage == rules.StageInline && len(j.early) > 0 {
			seen = j.early[:len(values):len(values)]
		}
		for _, which := range [...]rules.Which{rules.Acting, rules.Shadow} {
			if b := known[stage]; which == rules.Acting && !b.acting || which == rules.Shadow && !b.shadow {
				continue
			}
			var err error
			j.ev.SetScore(score)
			j.matches, err = j.plan.program.Evaluate(j.ev, e, seen, stage, which, j.matches[:0])
			if err != nil {
				return hits, fmt.Errorf("evaluate event %s: %w", e.ID, err)
			}
			from := len(hits)
			hits = hitsOf(hits, j.matches)
			if which == rules.Acting {
				if stage == rules.StageInline {
					before = scoreOf(hits[from:])
					score = before
					continue
				}
				for i := range j.matches {
					score += j.matches[i].Rule.Score
				}
			}
		}
	}
	return hits, nil
}
