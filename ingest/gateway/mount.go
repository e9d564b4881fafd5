package gateway

import (
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

	"fairgate/ingest"
)

// Visitor is who calls a mounted handler, as far as it was proved.
type Visitor struct {
	Subject ingest.Subject
	Client  ingest.Client
}

// visitorKey is the key of a Visitor among a request's values.
type visitorKey struct{}

// VisitorFrom returns who calls, inside a mounted handler: ctx is
// (*fiber.Ctx).Context(), or Request.Context() of a net/http handler that was
// mounted through Fiber's adaptor.
func VisitorFrom(ctx context.Context) (Visitor, bool) {
	v, ok := ctx.Value(visitorKey{}).(Visitor)
	return v, ok
}

// mounted finds the handler of a canonical path.
func (g *Gateway) mounted(path string) fiber.Handler {
	if handler, ok := g.o.Mounts[path]; ok {
		return handler
	}
	for prefix, handler := range g.o.Mounts {
		if strings.HasPrefix(path, prefix) && (strings.HasSuffix(prefix, "/") || path[len(prefix)] == '/') {
			return handler
		}
	}
	return nil
}

// mount calls a handler that the wiring gave, with the canonical path and
// without the headers by which a visitor could speak for the gateway.
func (g *Gateway) mount(x *exchange, handler fiber.Handler) error {
	if len(x.body) > DefaultMaxBody {
		return tooLarge(DefaultMaxBody)
	}
	x.identity = g.o.Reader.Read(x.peer, x.headers)
	subject := g.subject(x)
	header := &x.c.Request().Header
	for _, h := range x.headers {
		if strings.HasPrefix(h.Lower(), "x-fairgate-") && !h.Is(PassHeader) {
			header.Del(h.Name)
		}
	}
	header.SetRequestURI(x.requestTarget())
	x.c.Path(x.path)
	x.c.Context().SetUserValue(visitorKey{}, Visitor{Subject: subject, Client: x.identity.Client})
	if err := handler(x.c); err != nil {
		return err
	}
	g.giveDevice(x)
	return nil
}
