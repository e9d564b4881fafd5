// Package httpapi is the HTTP surface of the booking system, on Fiber v2 and
// huma v2. It owns the operations, the JSON shapes, the OpenAPI document that is
// generated from both, the mapping of refusals to status codes (problem+json,
// RFC 9457), and the ways in:
//
//   - /api/v1 is for visitors and accepts only requests that bear the gateway's
//     short-lived signature (see Sign); who the visitor is, a session token says;
//   - /internal/v1 is for the house and asks for a bearer key of the role;
//   - /healthz and /readyz are open, and so are the visitors' pages (Pages).
//
// Visitors sign in with a phone number and a password or a code sent to it, or
// through WeChat; a sign-in on the web is bound to its browser by a cookie. What
// a house has not set up answers not_configured.
//
// It applies no rule of booking; that is package ticketing's.
//
// # To add an operation
//
// Write a method of api that takes its request and gives its answer, and mount
// it with handle where its neighbours are mounted:
//
//	type inGate struct {
//		Gate  string `path:"gate" doc:"The gate's id."`
//		Limit int    `query:"limit" default:"50" minimum:"1" maximum:"200" doc:"How many at most."`
//	}
//
//	type gateBody struct {
//		Name string `json:"name" maxLength:"64" doc:"As visitors read it."`
//		Note string `json:"note" required:"false"`
//	}
//
//	handle(a, operation{
//		method: http.MethodPut, path: "/internal/v1/gates/{gate}", id: "put-gate",
//		access: a.access.operations, summary: "Make or change a gate",
//		codes:  []ticketing.Code{ticketing.CodeNotFound},
//	}, a.putGate)
//
//	func (a *api) putGate(ctx context.Context, r *request[inGate, gateBody]) (gate, error) {
//		g, err := a.service.PutGate(ctx, r.operator(), r.params.Gate, r.body.Name)
//		return showGate(g), err
//	}
//
// Where there are no parameters, no body or no answer the type is none; with no
// answer the status is 204. r.call() is the ticketing.Call with the request id
// and the idempotency key, r.operator() the same with the operator's name,
// r.session() the visitor's session where the access is signedIn, and r.secret()
// forbids caches to keep the answer. An error that is a *ticketing.Error becomes
// the problem with its code; a new code needs its line in status, and the
// operations that can answer it name it in codes (those of the access, of the
// body and of the machinery are added).
//
// Parameters are read and checked by huma: a bad one answers 422 invalid_field
// with its name; the fields stand in the struct itself, because huma does not
// look into one that is embedded and unexported. Bodies are not: decode refuses what is no JSON, has unknown
// keys or the wrong types (400 invalid_json), and every rule about values is the
// domain's, so that it holds for all callers; the tags of a body only document.
// A field without omitempty is documented as required unless it is tagged
// required:"false". Two types of the same name in any packages cannot both be
// shown: the document names them by it.
//
// A list that can grow takes limit and after and answers next, where the
// following page begins, absent on the last; the store reads it by keyset, never
// by OFFSET (see ticketing.OrderQuery).
//
// What visitors poll is versioned: true, and its handler calls r.version with
// figures that grow with every change of the answer; it then answers If-None-Match
// with 304.
//
// A new way in, with its own check of who calls, is one more access.
package httpapi
