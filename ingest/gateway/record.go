package gateway

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"fairgate/ingest"
)

// recordTimeout bounds one call of the recorder or of Observe; the recorder's
// own group commit takes milliseconds.
const recordTimeout = 2 * time.Second

// intend makes the intent of a request that changes an order durable before it
// is forwarded. Where that fails nothing is forwarded, unless the route says
// that booking matters more than its record.
// It reports whether to forward.
func (g *Gateway) intend(x *exchange) bool {
	if !x.event.Kind.Order() {
		return true
	}
	ctx := g.recording.Now()
	err := g.recorder.Intend(ctx, x.event)
	if err == nil {
		x.intended = true
		return true
	}
	g.metrics.lost.WithLabelValues("intend").Inc()
	g.failures.say(ctx, slog.LevelError, "intent was not recorded", "error", err, "event_id", x.event.ID, "route", x.event.Route, "forwarded", x.route.bestEffort)
	if x.route.bestEffort {
		return true
	}
	x.c.Set(fiber.HeaderRetryAfter, "5")
	g.answer(x, problem{Status: http.StatusServiceUnavailable, Code: codeNotRecorded, Title: "Service Unavailable"}, messageUnavailable)
	g.complete(x, ingest.DispositionRefused, http.StatusServiceUnavailable)
	return false
}

// complete fills the outcome. An order's event is recorded before the answer
// is sent; others, and what only counts, are finished off the visitor's path.
func (g *Gateway) complete(x *exchange, d ingest.Disposition, status int) {
	e := x.event
	e.Outcome.Disposition, e.Outcome.Status = d, status
	e.Outcome.Latency = g.now().Sub(x.start)
	g.metrics.observe(e)
	recorded := e.Kind.Order()
	if recorded {
		g.record(x.c.UserContext(), e)
	}
	g.finisher.submit(unfinished{event: e, recorded: recorded})
}

// record hands a completed event to the log.
func (g *Gateway) record(ctx context.Context, e *ingest.Event) {
	if err := g.recorder.Complete(ctx, e); err != nil {
		g.metrics.lost.WithLabelValues("complete").Inc()
		g.failures.say(ctx, slog.LevelWarn, "event was not recorded", "error", err, "event_id", e.ID)
	}
}

// finish is what the workers do with a completed event.
func (g *Gateway) finish(u unfinished) {
	ctx := g.recording.Now()
	if !u.recorded {
		g.record(ctx, u.event)
	}
	if err := g.screener.Observe(ctx, u.event); err != nil {
		g.metrics.lost.WithLabelValues("observe").Inc()
		g.failures.say(ctx, slog.LevelWarn, "outcome was not counted", "error", err, "event_id", u.event.ID)
	}
}
