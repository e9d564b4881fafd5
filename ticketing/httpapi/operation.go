package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"
	"github.com/gofiber/fiber/v2"

	"fairgate/ticketing"
)

// operation is one way to call the booking system: where it stands, who may
// call it, and what the document says of it. What is below summary may be left
// out.
type operation struct {
	method, path string // path with its parameters in braces
	id           string // unique, in kebab-case; clients name their functions after it
	access       access
	summary      string // one line
	describe     string // what the summary does not say
	status       int    // of success; default 200, or 204 where the answer is none
	codes        []ticketing.Code
	bodyOptional bool // an empty body is the zero body
	versioned    bool // the answer has a version; see exchange.version
	upload       bool // the body is a multipart form with one part, file
	rate         rate // of the account; needs the access signedIn
	limit        int  // of the body, in bytes, for a path without parameters; default Options.BodyLimit
	example      any  // of the body
}

// none stands for no parameters, no body, or no answer.
type none = struct{}

func isNone[T any]() bool {
	_, is := any(*new(T)).(none)
	return is
}

// request is one call of an operation: its parameters P, a struct with the tags
// of huma (path, query, header, cookie, doc), and its JSON body B.
type request[P, B any] struct {
	exchange
	params P
	body   B
}

// exchange is what every request has, whatever its parameters.
type exchange struct{ fiber *fiber.Ctx }

// call gathers what the request says of itself. The idempotency key is bound to
// the method, the path and the very bytes of the body.
func (e exchange) call() ticketing.Call {
	c := e.fiber
	made := ticketing.Call{RequestID: c.Get(HeaderRequestID), IdempotencyKey: c.Get("Idempotency-Key")}
	if made.IdempotencyKey != "" {
		request := []byte(c.Method() + "\n" + string(c.Request().Header.RequestURI()) + "\n")
		made.Request = append(request, c.BodyRaw()...)
	}
	return made
}

// operator is the call with the name of who makes it.
func (e exchange) operator() ticketing.Call {
	made := e.call()
	made.Actor = e.fiber.Get(HeaderOperator)
	return made
}

// session is the visitor's, where the access is signedIn.
func (e exchange) session() ticketing.Session { return session(e.fiber) }

// secret keeps the answer out of every cache.
func (e exchange) secret() { e.fiber.Set(fiber.HeaderCacheControl, "no-store") }

// answer writes what a handler gave. It is a function so that the bytes are
// ours, not those of huma's encoder.
type answer struct{ Body func(huma.Context) }

// exchangeKey is where a request's exchange is kept.
type exchangeKey struct{}

// handle mounts an operation and writes it into the document. In this order: the
// access is checked, the parameters are read (huma; a bad one answers
// invalid_field), the body is decoded (strictly; see decode), and do is called.
// What do returns becomes the JSON answer, its error a problem. A body B of none
// is not read.
func handle[P, B, O any](a *api, op operation, do func(ctx context.Context, r *request[P, B]) (O, error)) {
	bodyless, answerless := isNone[B](), isNone[O]()
	status := op.status
	switch {
	case status != 0:
	case answerless:
		status = fiber.StatusNoContent
	default:
		status = fiber.StatusOK
	}
	run := func(ctx context.Context, c *fiber.Ctx, params *P) error {
		r := request[P, B]{exchange: exchange{fiber: c}, params: *params}
		if !bodyless && (!op.bodyOptional || len(c.BodyRaw()) > 0) {
			if err := decode(c, &r.body); err != nil {
				return err
			}
		}
		out, err := do(ctx, &r)
		if err != nil {
			return err
		}
		if op.versioned && known(c) {
			c.Status(fiber.StatusNotModified)
			return nil
		}
		if answerless {
			return c.SendStatus(status)
		}
		return c.Status(status).JSON(out)
	}
	if op.limit > 0 {
		a.bodyLimits[op.path] = op.limit
	}
	described := describeOperation[B, O](a, op, status)
	mount := func(described huma.Operation) {
		described.Middlewares = huma.Middlewares{a.admit(op)}
		huma.Register(a.huma, described, func(ctx context.Context, params *P) (*answer, error) {
			return &answer{Body: func(huma.Context) {
				c, _ := ctx.Value(exchangeKey{}).(*fiber.Ctx)
				if err := run(ctx, c, params); err != nil {
					a.fail(c, err) //nolint:contextcheck // c has the same context
				}
			}}, nil
		})
	}
	if op.method == http.MethodGet { // whatever can be read answers HEAD too
		head := describeOperation[B, O](a, op, status)
		head.Method, head.Hidden = http.MethodHead, true
		mount(head)
	}
	mount(described)
	documentBody[B](a, op)
}

// setUp refuses where the house has not set up what do needs.
func setUp[P, B, O any](there bool, do func(ctx context.Context, r *request[P, B]) (O, error)) func(ctx context.Context, r *request[P, B]) (O, error) {
	if there {
		return do
	}
	return func(context.Context, *request[P, B]) (O, error) { return *new(O), ticketing.ErrNotConfigured }
}

// admit checks the access and the account's rate before anything of the request
// is read.
func (a *api) admit(op operation) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		c := humafiber.Unwrap(ctx)
		if op.access.check != nil {
			if err := op.access.check(c); err != nil {
				a.fail(c, err)
				return
			}
		}
		if op.rate != "" {
			if err := a.limit(op.rate, c); err != nil {
				a.fail(c, err)
				return
			}
		}
		next(huma.WithValue(ctx, exchangeKey{}, c))
	}
}

// fail answers with a problem.
func (a *api) fail(c *fiber.Ctx, err error) {
	if err := a.handleError(c, err); err != nil {
		// A problem always encodes: its fields are strings and a number.
		c.Status(fiber.StatusInternalServerError)
	}
}
