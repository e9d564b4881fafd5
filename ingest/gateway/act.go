package gateway

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"fairgate/ingest"
	"fairgate/ingest/fingerprint"
)

// Where a refused visitor goes on. The wiring mounts handlers there.
const (
	ownPrefix     = "/.fairgate/"
	ChallengePath = ownPrefix + "challenge"
	AppealPath    = ownPrefix + "appeal"
	CollectPath   = ownPrefix + "collect"
)

// Codes of refusals by decision.
const (
	codeRefused     = "refused"
	codeChallenge   = "challenge_required"
	codeClosed      = "unavailable" // fail mode closed: nobody is let in right now
	codeUnavailable = "upstream_unavailable"
	codeTimeout     = "upstream_timeout"
	codeNotRecorded = "not_recorded"
)

// refuse answers where the decision does not let the request pass, and reports
// whether it did. The answer has the same shape whatever the rule: 403, or 503
// where the site admits nobody (fail mode closed).
func (g *Gateway) refuse(x *exchange) bool {
	d := &x.event.Decision
	if d.Reason == ingest.ReasonNone && d.Action.Severity() >= ingest.Challenge.Severity() {
		d.Reason = ingest.ReasonReview
	}
	p := problem{Status: http.StatusForbidden, Reason: d.Reason, Receipt: d.Receipt}
	message := messageRefusal
	switch d.Action {
	case ingest.Block:
		p.Code, p.Title, p.AppealURL = codeRefused, "Refused", AppealPath
		if d.Reason == ingest.ReasonService {
			// It is not about the visitor: the same request may pass soon.
			message = messageClosed
			p.Status, p.Code, p.Title = http.StatusServiceUnavailable, codeClosed, "Service Unavailable"
			x.c.Set(fiber.HeaderRetryAfter, "30")
		}
	case ingest.Challenge:
		message = messageChallenge
		p.Code, p.Title, p.ChallengeURL = codeChallenge, "Challenge required", ChallengePath
		p.Scope = &scope{Kind: x.event.Kind, Pool: x.event.Order.Pool, Ticket: d.Ticket}
	default:
		return false
	}
	g.answer(x, p, message)
	g.complete(x, ingest.DispositionRefused, p.Status)
	return true
}

// answer writes a problem in the visitor's language.
func (g *Gateway) answer(x *exchange, p problem, id messageID) {
	var tag string
	p.Detail, tag = g.messages.say(id, fingerprint.First(x.headers, fiber.HeaderAcceptLanguage), p.Receipt)
	writeProblem(x.c, p)
	x.c.Set(fiber.HeaderContentLanguage, tag)
	x.c.Set(fiber.HeaderVary, fiber.HeaderAcceptLanguage)
	g.giveDevice(x)
}

// giveDevice sends the new device token to a visitor who came without a valid
// one: as a cookie, and as a header for clients without cookies.
func (g *Gateway) giveDevice(x *exchange) {
	if x.identity.NewToken == "" {
		return
	}
	cookie := fiber.Cookie{
		Name: fingerprint.DeviceCookie, Value: x.identity.NewToken, Path: "/", MaxAge: g.o.Reader.MaxAge(),
		Secure: g.o.SecureCookies, HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode,
	}
	x.c.Cookie(&cookie)
	x.c.Set(fingerprint.DeviceHeader, x.identity.NewToken)
	// A shared cache that kept this answer would give many visitors one device.
	if cache := string(x.c.Response().Header.Peek(fiber.HeaderCacheControl)); !privateCache(cache) {
		x.c.Set(fiber.HeaderCacheControl, "private, no-cache")
	}
}
