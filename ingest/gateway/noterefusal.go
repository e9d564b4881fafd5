package gateway

import (
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	lru "github.com/hashicorp/golang-lru/v2"

	"fairgate/ingest"
	"fairgate/ingest/fingerprint"
)

// Of the requests that are refused for their form so many become events: of one
// source (a device, or else a subnet) in a minute, and of all in a second. A
// scan shows itself long before, and beyond them a refusal costs nothing but
// its answer: neither Kafka nor the ledger can be flooded by it. Who spends the
// whole budget hides others for a second at a time, and shows by the metric.
const (
	refusalsOfSource  = 40
	refusalsOfAll     = 100
	refusalSources    = 8192 // remembered at once
	refusalSourceTurn = time.Minute
	refusalAllTurn    = time.Second
)

// refusalBudget says which refusals become events. It is safe for concurrent
// use.
type refusalBudget struct {
	mu      sync.Mutex
	all     turn
	sources *lru.Cache[string, turn]
}

// turn counts within one span of time.
type turn struct {
	began time.Time
	n     int
}

// take counts one more, and reports whether it is within most.
func (t *turn) take(now time.Time, span time.Duration, most int) bool {
	if now.Sub(t.began) >= span || now.Before(t.began) {
		*t = turn{began: now}
	}
	t.n++
	return t.n <= most
}

func newRefusalBudget() *refusalBudget {
	sources, err := lru.New[string, turn](refusalSources)
	if err != nil { // only of a size below one
		return &refusalBudget{}
	}
	return &refusalBudget{sources: sources}
}

// take reports whether a refusal of the source becomes an event.
func (b *refusalBudget) take(source string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sources == nil {
		return false
	}
	t, _ := b.sources.Get(source)
	within := t.take(now, refusalSourceTurn, refusalsOfSource)
	b.sources.Add(source, t)
	// Who is beyond their own share does not spend the others'.
	return within && b.all.take(now, refusalAllTurn, refusalsOfAll)
}

// noteRefusal makes an event of a request that was refused for its form, as far
// as the budget goes. It is neither screened nor counted in-line: the pipeline
// looks at it.
func (g *Gateway) noteRefusal(x *exchange, err error) {
	r, ok := errors.AsType[*refusal](err)
	if !ok {
		return
	}
	// The account is looked up later: it may cost a round trip.
	x.identity = g.o.Reader.Read(x.peer, x.headers)
	fresh := x.identity.NewToken != "" // and not given out with a refusal
	source := x.identity.Device.ID
	if source == "" || fresh {
		source = x.identity.Client.Subnet
	}
	// Behind a trusted proxy nobody is known without headers but the proxy.
	nobody := len(x.headers) == 0 && g.o.Reader.TrustsPeer(x.peer)
	if nobody || !g.refusals.take(source, x.start) {
		g.metrics.refusalsUnnoted.Inc()
		return
	}
	at := x.start.UTC().Truncate(time.Millisecond)
	seq := g.seq.Add(1)
	e := &ingest.Event{
		ID: newEventID(at, seq), Time: at,
		Site: g.o.Site, Gateway: g.o.Name, Boot: g.boot, Seq: seq,
		Kind: ingest.KindRequestRefused, Method: clipText(x.method), Path: x.path[:min(len(x.path), maxPath)],
		Subject: g.subject(x), Client: x.identity.Client, Telemetry: x.identity.Sealed.Telemetry,
		Outcome: ingest.Outcome{Disposition: ingest.DispositionRefused, Status: r.status, Code: r.code, Latency: g.now().Sub(x.start)},
	}
	if fresh {
		e.Subject.Device, e.Subject.DeviceIssued = "", time.Time{}
	}
	if x.route != nil {
		e.Route = x.route.id
	}
	e.Path = strings.ToValidUTF8(e.Path, "")
	g.finisher.submit(unfinished{event: e})
}

// noteUnread is the same for a request that the server itself did not read to
// its end. Its headers may have been read.
func (g *Gateway) noteUnread(c *fiber.Ctx, r *refusal) {
	x := &exchange{c: c, start: g.now(), peer: peerOf(c), method: string(c.Request().Header.Method())}
	if path, refused := canonicalPath(string(c.Request().URI().PathOriginal())); refused == nil {
		x.path = path
	}
	if headers, refused := parseHeaders(nil, c.Request().Header.RawHeaders()); refused == nil && checkHeaders(headers, []string{fingerprint.DeviceHeader}) == nil {
		x.headers = headers
	}
	g.noteRefusal(x, r)
}
