package httpapi

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/netip"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"fairgate/console"
	"fairgate/ingest/fingerprint"
)

// caller is who calls, for handlers and for the audit log.
type caller struct {
	console.Identity
	token     string // also where it opens nothing (yet)
	by        console.Credential
	agent     string
	address   string
	requestID string
	browser   browser
}

type callerKey struct{}

func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

const (
	permissionKey = "permission"
	alwaysKey     = "always"
)

// needs marks an operation with the permission it takes.
func needs(op huma.Operation, p console.Permission) huma.Operation {
	op = signedIn(op)
	mark(&op, permissionKey, p)
	op.Description = strings.TrimSpace(op.Description + "\n\nPermission: `" + string(p) + "`.")
	return op
}

// signedIn marks an operation that any operator may call.
func signedIn(op huma.Operation) huma.Operation {
	op.Security = []map[string][]string{{"bearer": {}}, {"cookie": {}}}
	return op
}

// always marks an operation of a session that is not ready for anything else,
// as while the one-time password is in use.
func always(op huma.Operation) huma.Operation {
	op = signedIn(op)
	mark(&op, alwaysKey, true)
	return op
}

func mark(op *huma.Operation, key string, value any) {
	if op.Metadata == nil {
		op.Metadata = map[string]any{}
	}
	op.Metadata[key] = value
}

func marked(op *huma.Operation, key string) bool {
	is, _ := op.Metadata[key].(bool)
	return is
}

func securitySchemes() map[string]*huma.SecurityScheme {
	return map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", Description: "A session token from sign-in, or an API key."},
		"cookie": {Type: "apiKey", In: "cookie", Name: secureCookie, Description: "A browser's session; without the prefix __Host- on this machine over plain HTTP. Every write needs the header " + csrfHeader + "."},
	}
}

// maxToken bounds what is taken for a token, in bytes.
const maxToken = 256

// authenticate finds out who calls and refuses who may not.
func (s *server) authenticate(api huma.API) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		who := caller{requestID: uuid.NewString(), agent: ctx.Header("User-Agent")}
		var peer netip.Addr
		who.address, peer = s.address(ctx)
		who.browser = s.browserOf(ctx, peer)
		ctx.SetHeader("X-Request-Id", who.requestID)
		ctx.SetHeader("Cache-Control", "no-store")
		who.token, who.by = presented(ctx, who.browser)
		if len(who.token) > maxToken {
			who.token = ""
		}
		if len(ctx.Operation().Security) == 0 {
			next(huma.WithValue(ctx, callerKey{}, who))
			return
		}
		id, err := console.Identity{}, console.ErrSignedOut
		if who.token != "" {
			id, err = s.Operators.Who(ctx.Context(), who.token)
		}
		if err == nil && (id.Session.Credential == console.ByCookie) != (who.by == console.ByCookie) {
			err = console.ErrSignedOut // a browser's token in a program, or the reverse
		}
		if err != nil {
			if !errors.Is(err, console.ErrSignedOut) {
				s.o.Log.ErrorContext(ctx.Context(), "cannot check a session", "error", err, "request_id", who.requestID)
				s.refuse(api, ctx, http.StatusServiceUnavailable, "", "sessions cannot be checked right now")
				return
			}
			s.refuse(api, ctx, http.StatusUnauthorized, "", console.ErrSignedOut.Error())
			return
		}
		if kind, why := permitted(ctx, id, who.browser); why != "" {
			s.refuse(api, ctx, http.StatusForbidden, kind, why)
			return
		}
		if marked(ctx.Operation(), sensitiveKey) {
			if status, kind, why := s.dangerous(ctx.Context(), ctx.Operation(), id); status != 0 {
				s.refuse(api, ctx, status, kind, why)
				return
			}
			defer s.refund(ctx, id)
		}
		who.Identity = id
		next(huma.WithValue(ctx, callerKey{}, who))
	}
}

// permitted says why somebody who is signed in may not call an operation; empty:
// they may.
func permitted(ctx huma.Context, id console.Identity, b browser) (kind problemKind, why string) {
	op := ctx.Operation()
	if id.Session.Credential == console.ByCookie && writes(op.Method) {
		if why := b.foreign; why != "" {
			return problemCSRF, why
		}
		if subtle.ConstantTimeCompare([]byte(ctx.Header(csrfHeader)), []byte(id.CSRF)) != 1 {
			return problemCSRF, "the header " + csrfHeader + " is missing or not that of this session; GET /api/v1/me tells it"
		}
	}
	if id.MustChange && !marked(op, alwaysKey) {
		return problemPassword, "the one-time password must be changed first: POST /api/v1/password"
	}
	if id.MustEnrol && !marked(op, alwaysKey) {
		return problemEnrol, "the role " + string(id.Role) + " needs a second factor first: POST /api/v1/me/totp"
	}
	if id.Session.Credential == console.ByKey && marked(op, ownKey) {
		return problemRole, "an API key is no operator; this is of operators' own accounts"
	}
	need, _ := op.Metadata[permissionKey].(console.Permission)
	if need != "" && !id.Role.May(need) {
		return problemRole, "the role " + string(id.Role) + " does not hold the permission " + string(need) + holders(need)
	}
	return "", ""
}

// holders says which roles do.
func holders(p console.Permission) string {
	var names []string
	for _, r := range p.Holders() {
		names = append(names, string(r))
	}
	return "; these do: " + strings.Join(names, ", ")
}

// presented is the token that a request shows, and how.
func presented(ctx huma.Context, b browser) (token string, by console.Credential) {
	if header := ctx.Header("Authorization"); header != "" {
		token, _ := strings.CutPrefix(header, "Bearer ")
		if token == header {
			return "", console.ByBearer
		}
		return token, console.ByBearer
	}
	return b.token, console.ByCookie
}

// address is where a request comes from: the peer, or whom a trusted proxy
// speaks for.
func (s *server) address(ctx huma.Context) (text string, peer netip.Addr) {
	peer, err := netip.ParseAddr(host(ctx.RemoteAddr()))
	if err != nil {
		return host(ctx.RemoteAddr()), peer
	}
	var forwarded []string
	ctx.EachHeader(func(name, value string) {
		if strings.EqualFold(name, "X-Forwarded-For") {
			forwarded = append(forwarded, value)
		}
	})
	addr, origin := s.o.Trusted.Resolve(peer, forwarded)
	if origin == fingerprint.OriginForwarded {
		return addr.String(), peer
	}
	return peer.Unmap().String(), peer
}
