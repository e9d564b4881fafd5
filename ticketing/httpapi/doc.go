// Package httpapi is the HTTP surface of the booking system, on Fiber v2. It
// owns the routes, the JSON shapes, the mapping of refusals to status codes
// (problem+json, RFC 9457), and the three ways in:
//
//   - /api/v1 is for visitors and accepts only requests that bear the gateway's
//     short-lived signature (see Sign); who the visitor is, a session token says;
//   - /internal/v1 is for the house and asks for a bearer key of the role;
//   - /healthz and /readyz are open.
//
// Visitors sign in with a phone number and a password or a code sent to it, or
// through WeChat; a sign-in on the web is bound to its browser by a cookie. What
// a house has not set up answers not_configured.
//
// It applies no rule of booking; that is package ticketing's.
package httpapi
