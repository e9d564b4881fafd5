package gateway

import (
	"fairgate/ingest"
	"fairgate/ingest/fingerprint"
)

// screen asks the Screener once, within its deadline, and puts its decision
// into the event.
func (g *Gateway) screen(x *exchange) {
	policy := x.route.policy
	policy.Pass = fingerprint.First(x.headers, PassHeader)
	if policy.Pass == "" {
		policy.Pass, _ = fingerprint.Cookie(x.headers, PassCookie)
	}
	begin := g.now()
	decision := g.screener.Screen(g.screening.Now(), x.event, policy)
	x.event.Outcome.Screening = g.now().Sub(begin)
	g.metrics.screening.Observe(x.event.Outcome.Screening.Seconds())
	x.event.Decision = settle(decision, policy)
}

// settle holds a decision to what the Screener promises: a valid action, and
// none that acts in observe mode. A refusal has a receipt to appeal with.
func settle(d ingest.Decision, policy ingest.Policy) ingest.Decision {
	if !d.Action.Valid() {
		d.Degraded = true
		d.Action = ingest.Allow
		if policy.FailMode == ingest.FailClosed {
			d.Action, d.Reason = ingest.Block, ingest.ReasonService
		}
	}
	if policy.Observe && d.Action != ingest.Allow {
		d.Observed, d.Action = d.Action, ingest.Allow
	}
	if d.Action.Severity() >= ingest.Challenge.Severity() && d.Receipt == "" {
		d.Receipt = newReceipt()
	}
	return d
}
