package gateway

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"time"

	"github.com/gofiber/fiber/v2"

	"fairgate/ingest"
	"fairgate/ingest/fingerprint"
)

// exchange is one request on its way through the steps. Its strings are
// copies; body is fasthttp's and lives until the handler returns.
type exchange struct {
	c     *fiber.Ctx
	start time.Time

	// canonicalise
	peer    netip.Addr
	method  string
	path    string // canonical
	query   string // as it came, without "?"
	headers []fingerprint.Header
	body    []byte

	// match
	route  *route
	params []string // of the path, escaped
	keys   []found  // by index of route.keys

	// identify
	identity   fingerprint.Identity
	sessionKey string
	event      *ingest.Event
	collected  collected

	// record
	intended bool
}

// forget lets go of the request and keeps the room for the next one's headers
// and keys, in which nothing personal stays.
func (x *exchange) forget() {
	clear(x.headers[:cap(x.headers)])
	for _, k := range x.keys[:cap(x.keys)] {
		clear(k.values)
	}
	*x = exchange{headers: x.headers[:0], keys: x.keys[:0]}
}

// handle takes a request through the steps; each error is answered by
// answerError.
func (g *Gateway) handle(c *fiber.Ctx) (err error) {
	x, _ := g.exchanges.Get().(*exchange) // the pool holds nothing else
	x.c, x.start = c, g.now()
	defer func() {
		if r := recover(); r != nil {
			g.log.ErrorContext(c.UserContext(), "panic while handling a request", "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			g.metrics.panics.Inc()
			if x.intended && x.event.Outcome.Disposition == "" {
				g.complete(x, ingest.DispositionFailed, http.StatusInternalServerError)
			}
			err = fiber.ErrInternalServerError
		}
		x.forget()
		g.exchanges.Put(x)
	}()
	if g.health(x) {
		return nil
	}
	if err := g.canonicalise(x); err != nil {
		g.noteRefusal(x, err)
		return err
	}
	if handler := g.mounted(x.path); handler != nil {
		return g.mount(x, handler)
	}
	if err := g.match(x); err != nil {
		g.noteRefusal(x, err)
		return err
	}
	g.identify(x)
	g.prove(x)
	if !g.collect(x) {
		return nil
	}
	g.screen(x)
	if g.refuse(x) {
		return nil
	}
	if g.intend(x) {
		g.forward(x)
	}
	return nil
}

// answerError is Fiber's error handler: it sees what the steps return and what
// the server itself could not read.
func (g *Gateway) answerError(c *fiber.Ctx, err error) error {
	var r *refusal
	var f *fiber.Error
	switch {
	case errors.As(err, &r):
	case errors.As(err, &f) && f.Code == http.StatusRequestEntityTooLarge:
		r = tooLarge(g.routes.Load().MaxBody())
		g.noteUnread(c, r)
	case errors.As(err, &f) && f.Code == http.StatusRequestHeaderFieldsTooLarge:
		r = &refusal{f.Code, codeBadHeader, fmt.Sprintf("the header section is larger than %d bytes", maxHeaderBytes), ""}
	case errors.As(err, &f) && f.Code == http.StatusNotImplemented:
		r = &refusal{http.StatusNotImplemented, codeMethod, "the method is unknown", ""}
	case errors.As(err, &f) && f.Code == http.StatusBadRequest:
		r = badRequest(codeMalformed, "", "the request could not be read")
	case errors.As(err, &f) && f.Code == http.StatusRequestTimeout:
		r = &refusal{f.Code, codeMalformed, "the request did not arrive in time", ""}
	default:
		// From a mounted handler, or a fault here: the text stays inside.
		status := http.StatusInternalServerError
		if f != nil {
			status = f.Code
		}
		c.Response().Reset()
		writeProblem(c, problem{Status: status, Code: "error", Title: http.StatusText(status)})
		return nil
	}
	g.metrics.refused.WithLabelValues(r.code).Inc()
	c.Response().Reset()
	switch r.code {
	case codeFraming, codeBadHeader, codeDuplicateHeader, codeMalformed, codeBodyTooLarge:
		// What follows on a connection that was framed or written oddly cannot
		// be trusted to be a request of its own.
		c.Response().SetConnectionClose()
	}
	writeProblem(c, problem{Status: r.status, Code: r.code, Title: http.StatusText(r.status), Detail: r.detail, Field: r.field})
	return nil
}

// peerOf is the address at the other end of the connection.
func peerOf(c *fiber.Ctx) netip.Addr {
	if tcp, ok := c.Context().RemoteAddr().(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
