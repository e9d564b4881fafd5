// Package httpapi is the HTTP surface of the booking system, on Fiber v2. It
// owns the routes, the JSON shapes, the mapping of refusals to status codes
// (problem+json, RFC 9457), and the three ways in:
//
//   - /api/v1 is for visitors and accepts only requests that bear the gateway's
//     short-lived signature (see Sign); who the visitor is, a session token says;
//   - /internal/v1 is for the house and asks for a bearer key of the role;
//   - /healthz and /readyz are open.
//
// It applies no rule of booking; that is package ticketing's.
package httpapi
