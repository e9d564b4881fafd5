package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"

	"fairgate/console"
	"fairgate/console/desk"
)

// Booking is the way to the booking system; *desk.Client is one.
type Booking interface {
	Forward(ctx context.Context, r desk.Request) (*desk.Answer, error)
}

// Limits of what is passed on.
const (
	ticketingPath  = "/api/v1/ticketing/"
	reasonHeader   = "X-Reason"
	maxPassedBody  = 64 << 10 // the booking system takes no more
	maxPassedQuery = 2 << 10
	maxSegment     = 128
	maxBefore      = 64 << 10 // of what the audit log keeps of before
)

// ticketing mounts every passage. The booking system judges what is asked of it;
// here it is decided who may ask, and written down who did.
func (s *server) ticketing(api huma.API) {
	shapes := bookingShapes(s.o.BookingDocument, api.OpenAPI().Components.Schemas.Map())
	for _, p := range passages() {
		need := p.needs
		switch {
		case need != "":
		case p.method == http.MethodGet:
			need = console.ReadTicketing
		default:
			need = console.EditTicketing
		}
		op := needs(shapes.describe(p), need)
		if p.dangerous {
			op = sensitive(op)
		}
		api.OpenAPI().AddOperation(&op)
		api.Adapter().Handle(&op, api.Middlewares().Handler(func(ctx huma.Context) { s.pass(api, ctx, p) }))
	}
}

// refusal is an answer that the booking system is not asked for.
type refusal struct {
	status int
	detail string
}

// Error is the detail.
func (r refusal) Error() string { return r.detail }

func badPassage(format string, args ...any) error {
	return refusal{http.StatusUnprocessableEntity, fmt.Sprintf(format, args...)}
}

// pass passes one call on.
func (s *server) pass(api huma.API, ctx huma.Context, p passage) {
	answer, err := s.passOn(ctx, p)
	if err != nil {
		status, detail := s.passFailed(ctx.Context(), p, err)
		s.refuse(api, ctx, status, "", detail)
		return
	}
	for name := range answer.Header {
		ctx.SetHeader(name, answer.Header.Get(name))
	}
	ctx.SetHeader("Cache-Control", "no-store")
	ctx.SetStatus(answer.Status)
	humafiber.Unwrap(ctx).Context().SetBodyStream(answer.Body, int(answer.Size)) // closes it
}

// passFailed says what an operator is told.
func (s *server) passFailed(ctx context.Context, p passage, err error) (status int, detail string) {
	if own, ok := errors.AsType[refusal](err); ok {
		return own.status, own.detail
	}
	if own, ok := errors.AsType[huma.StatusError](err); ok {
		return own.GetStatus(), own.Error()
	}
	id := callerOf(ctx).requestID
	s.o.Log.ErrorContext(ctx, "the booking system could not be asked", "operation", p.id, "error", err, "request_id", id)
	if errors.Is(err, desk.ErrSlow) {
		detail = "the booking system did not answer in time"
		if p.method != http.MethodGet {
			detail += "; the change may have been made: look before repeating it"
		}
		return http.StatusGatewayTimeout, detail + " (request id " + id + ")"
	}
	return http.StatusBadGateway, "the booking system cannot be reached right now; request id " + id
}

// passOn checks a call, makes it, and writes a change that was made into the
// audit log before the answer is given.
func (s *server) passOn(ctx huma.Context, p passage) (*desk.Answer, error) {
	if s.Booking == nil {
		return nil, refusal{http.StatusServiceUnavailable, "this console has no way to a booking system"}
	}
	params, err := parameters(ctx, p)
	if err != nil {
		return nil, err
	}
	who := callerOf(ctx.Context())
	request := desk.Request{
		Method: p.method, Path: fill(p.path, params), Header: http.Header{}, Operator: who.Name, RequestID: who.requestID,
	}
	ctx.EachHeader(func(name, value string) { request.Header.Add(name, value) })
	if request.Query, err = query(ctx); err != nil {
		return nil, err
	}
	if p.method == http.MethodGet {
		return s.Booking.Forward(ctx.Context(), request)
	}
	body, err := readPassed(ctx)
	if err != nil {
		return nil, err
	}
	request.Body = body.raw
	if body.DryRun {
		return s.Booking.Forward(ctx.Context(), request)
	}
	reason, err := reasonOf(ctx)
	if err != nil {
		return nil, err
	}
	before := s.before(ctx.Context(), p, params, body.Date, request)
	answer, err := s.Booking.Forward(ctx.Context(), request)
	if err != nil || answer.Status >= http.StatusBadRequest {
		return answer, err
	}
	var after any
	if len(body.raw) > 0 {
		after = json.RawMessage(body.raw)
	}
	if err := s.record(ctx.Context(), "ticketing."+p.id, object(p, params), reason, before, after); err != nil {
		_ = answer.Body.Close()
		return nil, err
	}
	return answer, nil
}

// passed is the body of a write, and what the console has to know of it.
type passed struct {
	raw    []byte
	DryRun bool   `json:"dry_run"`
	Date   string `json:"date"`
}

func readPassed(ctx huma.Context) (passed, error) {
	var b passed
	raw, err := io.ReadAll(io.LimitReader(ctx.BodyReader(), maxPassedBody+1))
	if err != nil {
		return b, badPassage("body: it could not be read")
	}
	if len(raw) > maxPassedBody {
		return b, refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("body: more than %d bytes", maxPassedBody)}
	}
	if raw = bytes.TrimSpace(raw); len(raw) == 0 {
		return b, nil
	}
	if raw[0] != '{' || json.Unmarshal(raw, &b) != nil {
		return b, badPassage("body: it is not a JSON object, or dry_run or date is of the wrong type")
	}
	b.raw = raw
	return b, nil
}

// reasonOf reads why a change is made, as percent-encoded UTF-8.
func reasonOf(ctx huma.Context) (string, error) {
	text, err := url.PathUnescape(ctx.Header(reasonHeader))
	text = strings.TrimSpace(text)
	if n := utf8.RuneCountInString(text); err != nil || !utf8.ValidString(text) || n < 3 || n > 500 {
		return "", badPassage("%s: say why, in 3 to 500 characters of percent-encoded UTF-8", reasonHeader)
	}
	return text, nil
}

// parameters are the values of the path's parameters, by name.
func parameters(ctx huma.Context, p passage) (map[string]string, error) {
	params := map[string]string{}
	for segment := range strings.SplitSeq(p.path, "/") {
		name, ok := parameter(segment)
		if !ok {
			continue
		}
		value, err := url.PathUnescape(ctx.Param(name))
		if err != nil || value == "" || len(value) > maxSegment || strings.ContainsAny(value, `/\`) || strings.Trim(value, ".") == "" ||
			!utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl) {
			return nil, badPassage("%s: want 1 to %d characters, none of them a slash or a control character", name, maxSegment)
		}
		params[name] = value
	}
	return params, nil
}

func parameter(segment string) (name string, ok bool) {
	name, ok = strings.CutPrefix(segment, "{")
	return strings.TrimSuffix(name, "}"), ok
}

func query(ctx huma.Context) (url.Values, error) {
	address := ctx.URL()
	values, err := url.ParseQuery(address.RawQuery)
	if err != nil || len(address.RawQuery) > maxPassedQuery {
		return nil, badPassage("query: it is malformed or has more than %d bytes", maxPassedQuery)
	}
	return values, nil
}

// fill puts values in the place of a path's parameters.
func fill(path string, params map[string]string) []string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if name, ok := parameter(segment); ok {
			segments[i] = params[name]
		}
	}
	return segments
}

// object names what an operation is about, for the audit log: pool:main/stage:2.
func object(p passage, params map[string]string) string {
	var parts []string
	for segment := range strings.SplitSeq(p.path, "/") {
		if name, ok := parameter(segment); ok {
			parts = append(parts, name+":"+params[name])
		}
	}
	if len(parts) == 0 {
		return p.path
	}
	return strings.Join(parts, "/")
}

// before reads how something stood before it is changed; nil where that is not
// known, or too much to keep.
func (s *server) before(ctx context.Context, p passage, params map[string]string, date string, like desk.Request) any {
	if p.before == "" {
		return nil
	}
	path, dated := strings.CutSuffix(p.before, "?date")
	read := desk.Request{Method: http.MethodGet, Path: fill(path, params), Operator: like.Operator, RequestID: like.RequestID}
	if dated {
		read.Query = url.Values{"date": {date}}
	}
	answer, err := s.Booking.Forward(ctx, read)
	if err != nil {
		return nil
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxBefore+1))
	if err != nil || answer.Status != http.StatusOK || len(text) > maxBefore || !json.Valid(text) {
		return nil
	}
	return json.RawMessage(text)
}
