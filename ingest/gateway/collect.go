package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"fairgate/ingest"
	"fairgate/ingest/fingerprint"
	"fairgate/ingest/fingerprint/collector"
)

// CollectorHeader announces the path of the browser's collector.
const CollectorHeader = "X-Fairgate-Collector"

// Collector judges the beacons of the browser's collector. Its error is a
// *collector.Refusal. Implementations are safe for concurrent use.
type Collector interface {
	Receive(ctx context.Context, p collector.Post) (collector.Reply, error)
}

// beaconRoute is the route of beacons: answered here, checked by the Collector
// and recorded as an event of kind beacon. It is screened so that it is
// counted, and never acted on: what is refused is refused for its form.
var beaconRoute = &route{
	id:     "collect",
	kind:   ingest.KindBeacon,
	policy: ingest.Policy{Observe: true, FailMode: ingest.FailOpen},
	// The Collector limits and counts; the server's own limit stands before it.
	maxBody:   math.MaxInt,
	collector: true,
}

// collected is what became of a beacon.
type collected struct {
	reply   collector.Reply
	refused *collector.Refusal
}

// collect has the beacon judged. It reports whether the request goes on to be
// counted: one that says nothing about its sender is answered at once.
func (g *Gateway) collect(x *exchange) bool {
	if !x.route.collector {
		return true
	}
	reply, err := g.o.Collector.Receive(g.recording.Now(), collector.Post{
		Device: x.identity.Device.ID, Known: x.identity.Sealed, Agent: x.identity.Client.UserAgent,
		Body: x.body, Proof: fingerprint.First(x.headers, collector.ProofHeader),
	})
	x.collected.reply = reply
	x.event.Telemetry = reply.Telemetry
	if err == nil {
		return true
	}
	refused, known := errors.AsType[*collector.Refusal](err)
	if !known { // which the interface rules out
		refused = &collector.Refusal{Result: collector.Failed, Detail: "try again"}
	}
	x.collected.refused = refused
	if refused.Noted() {
		x.event.Telemetry = ingest.Telemetry{Refused: string(refused.Result)}
		return true
	}
	g.answerBeacon(x)
	return false
}

// answerBeacon answers the visitor's device and returns the status.
func (g *Gateway) answerBeacon(x *exchange) int {
	status := http.StatusOK
	if r := x.collected.refused; r != nil {
		status = r.Status()
		g.metrics.refused.WithLabelValues(codeBeacon).Inc()
		writeProblem(x.c, problem{Status: status, Code: "beacon_" + string(r.Result), Title: http.StatusText(status), Detail: r.Detail, Field: r.Field})
	} else {
		body, err := json.Marshal(map[string]string{"nonce": x.collected.reply.Nonce})
		if err != nil { // a string: it cannot fail
			status = http.StatusInternalServerError
		}
		x.c.Status(status)
		x.c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
		x.c.Set(fiber.HeaderCacheControl, "no-store")
		x.c.Response().SetBody(body)
		g.giveTelemetry(x)
	}
	g.giveDevice(x)
	return status
}

// giveTelemetry has the device carry what its beacon told: as a cookie, and as
// a header for clients without cookies.
func (g *Gateway) giveTelemetry(x *exchange) {
	sealed := x.collected.reply.Sealed
	if sealed == "" {
		return
	}
	x.c.Cookie(&fiber.Cookie{
		Name: fingerprint.TelemetryCookie, Value: sealed, Path: "/", MaxAge: int(fingerprint.TelemetryMaxAge.Seconds()),
		Secure: g.o.SecureCookies, HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode,
	})
	x.c.Set(fingerprint.TelemetryHeader, sealed)
}
