package httpapi

import (
	"crypto/sha256"
	"crypto/subtle"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"fairgate/ticketing"
	"fairgate/ticketing/checkin"
)

// access is who may call an operation: what the document says of it, and the
// check that stands before everything else. A check may leave what it learned in
// the request's locals; a refusal of the check is the answer.
type access struct {
	tag      string                // the chapter of the document
	security []map[string][]string // any of these, by the names of the document's schemes
	codes    []string              // of the check's refusals
	check    fiber.Handler         // nil: the middlewares of the path have checked already
}

// accesses are the ways in. What begins with /api/v1 has passed the gateway's
// signature before any of them is asked.
type accesses struct {
	visitor     access // anybody whom the gateway lets through
	signedIn    access // a visitor with a session
	enforcement access // the house's key of that role
	operations  access // the house's key of that role
	either      access // the key of either role
	anyTerminal access // whoever stands in the venue's network
	terminal    access // a terminal with a session, which the service judges
	privacy     access // the house's key of that role
	audit       access // the key of operations or privacy
	erasures    access // the key of operations, privacy or enforcement
	channel     access // the channel's own key, or operations'
}

// Chapters of the document.
const (
	tagVisitors  = "visitors"
	tagHouse     = "house"
	tagTerminals = "terminals"
	tagProcess   = "process"
)

// Names of the document's security schemes.
const (
	schemeGateway     = "gateway_signature"
	schemeSession     = "session"
	schemeEnforcement = "enforcement_key"
	schemeOperations  = "operations_key"
	schemeTerminal    = "terminal_session"
	schemePrivacy     = "privacy_key"
	schemeChannel     = "channel_key"
)

func (a *api) newAccesses() accesses {
	key := func(keys []string, schemes ...string) access {
		out := access{tag: tagHouse, codes: []string{codeBadKey}, check: requireKey(keys...)}
		for _, scheme := range schemes {
			out.security = append(out.security, map[string][]string{scheme: {}})
		}
		return out
	}
	channel := key(a.opts.OperationsKeys, schemeOperations, schemeChannel)
	channel.codes, channel.check = []string{string(ticketing.CodeUnauthenticated)}, a.checkChannel(channel.check)
	return accesses{
		channel: channel,
		visitor: access{
			tag: tagVisitors, codes: []string{codeUnsigned}, security: []map[string][]string{{schemeGateway: {}}},
		},
		signedIn: access{
			tag: tagVisitors, codes: []string{codeUnsigned, string(ticketing.CodeUnauthenticated)},
			security: []map[string][]string{{schemeGateway: {}, schemeSession: {}}}, check: a.checkSession,
		},
		enforcement: key(a.opts.EnforcementKeys, schemeEnforcement),
		operations:  key(a.opts.OperationsKeys, schemeOperations),
		anyTerminal: access{tag: tagTerminals, security: []map[string][]string{{}}},
		terminal: access{
			tag: tagTerminals, codes: []string{string(ticketing.CodeUnauthenticated), string(checkin.CodeTerminalRevoked)},
			security: []map[string][]string{{schemeTerminal: {}}},
		},
		either:  key(slices.Concat(a.opts.EnforcementKeys, a.opts.OperationsKeys), schemeEnforcement, schemeOperations),
		privacy: key(a.opts.PrivacyKeys, schemePrivacy),
		audit:   key(slices.Concat(a.opts.OperationsKeys, a.opts.PrivacyKeys), schemeOperations, schemePrivacy),
		erasures: key(slices.Concat(a.opts.OperationsKeys, a.opts.PrivacyKeys, a.opts.EnforcementKeys),
			schemeOperations, schemePrivacy, schemeEnforcement),
	}
}

// requireSignature lets only the gateway's requests through.
func (a *api) requireSignature(c *fiber.Ctx) error {
	err := a.verifier.verify(signed{
		method: c.Method(), target: string(c.Request().Header.RequestURI()), body: c.Request().Body(),
		timestamp: c.Get(HeaderTimestamp), requestID: c.Get(HeaderRequestID), signature: c.Get(HeaderSignature),
	})
	if err != nil {
		a.metrics.unsigned.WithLabelValues(err.Error()).Inc()
		return refuse(fiber.StatusUnauthorized, codeUnsigned, "", "only the gateway's requests are accepted here")
	}
	return c.Next()
}

// requireKey refuses all but bearers of one of the keys.
func requireKey(keys ...string) fiber.Handler {
	sums := make([][32]byte, len(keys))
	for i, key := range keys {
		sums[i] = sha256.Sum256([]byte(key))
	}
	return func(c *fiber.Ctx) error {
		given := sha256.Sum256([]byte(bearer(c)))
		matches := 0
		for i := range sums {
			matches |= subtle.ConstantTimeCompare(sums[i][:], given[:])
		}
		if matches != 1 {
			return refuse(fiber.StatusUnauthorized, codeBadKey, "Authorization", "a key of the right role is needed")
		}
		return nil
	}
}

// bearer is the credential of the Authorization header, or empty.
func bearer(c *fiber.Ctx) string {
	scheme, value, _ := strings.Cut(c.Get(fiber.HeaderAuthorization), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(value)
}

// sessionKey is where the visitor's session is kept during a request.
type sessionKey struct{}

// checkSession refuses all but signed-in visitors.
func (a *api) checkSession(c *fiber.Ctx) error {
	session, err := a.service.Authenticate(c.UserContext(), bearer(c))
	if err != nil {
		return err
	}
	c.Locals(sessionKey{}, session)
	return nil
}

// session is the visitor's, once checkSession has let the request through.
func session(c *fiber.Ctx) ticketing.Session {
	s, _ := c.Locals(sessionKey{}).(ticketing.Session)
	return s
}
