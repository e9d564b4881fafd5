package httpapi

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Cookies of sessions. A browser takes the first only over TLS and only for this
// very host; the second is for a console on the browser's own machine.
const (
	secureCookie = "__Host-fairgate"
	plainCookie  = "fairgate"
)

const csrfHeader = "X-CSRF-Token"

// browser is what a request says about the browser that sent it.
type browser struct {
	// secure: the browser speaks TLS, to us or to a trusted proxy.
	secure bool
	// local: the console's address is one of the browser's own machine.
	local bool
	// token is that of the session cookie, if any.
	token string
	// foreign says why the request cannot be one of the console's own pages;
	// empty: it can.
	foreign string
}

func (s *server) browserOf(ctx huma.Context, peer netip.Addr) browser {
	var b browser
	scheme := "http"
	if ctx.TLS() != nil || (s.o.Trusted.Trusts(peer.Unmap()) && strings.EqualFold(ctx.Header("X-Forwarded-Proto"), "https")) {
		b.secure, scheme = true, "https"
	}
	b.local = loopback(ctx.Host())
	if c, err := huma.ReadCookie(ctx, b.cookie()); err == nil {
		b.token = c.Value
	}
	b.foreign = s.foreign(ctx, scheme+"://"+ctx.Host())
	return b
}

// foreign says why a request was not sent by one of the console's own pages. It
// stands beside the CSRF token, which a page of somebody else cannot know.
func (s *server) foreign(ctx huma.Context, own string) string {
	if site := ctx.Header("Sec-Fetch-Site"); site != "" {
		if site != "same-origin" {
			return "the request comes from another site (Sec-Fetch-Site: " + clean(site) + ")"
		}
		return ""
	}
	origin := ctx.Header("Origin")
	switch {
	case origin == "":
		return "a browser's write says where it comes from (Sec-Fetch-Site or Origin); programs use a bearer token"
	case sameOrigin(origin, own), s.o.Origin != "" && sameOrigin(origin, s.o.Origin):
		return ""
	default:
		return "the request comes from another site (Origin: " + clean(origin) + ")"
	}
}

// cookie is the name of the session cookie on this connection.
func (b browser) cookie() string {
	if b.secure {
		return secureCookie
	}
	return plainCookie
}

// keep is the Set-Cookie of a session that lasts for life, or, with an empty
// token, of its end.
func (b browser) keep(token string, life time.Duration) string {
	//nolint:gosec // G124: not Secure only where browsers speak plain HTTP to their own machine
	c := http.Cookie{Name: b.cookie(), Value: token, Path: "/", HttpOnly: true, Secure: b.secure, SameSite: http.SameSiteStrictMode, MaxAge: int(life.Seconds())}
	if token == "" {
		c.MaxAge = -1
	}
	return c.String()
}

// writes reports whether a method changes anything.
func writes(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
}

// loopback reports whether a Host header names the browser's own machine.
func loopback(hostPort string) bool {
	name := strings.Trim(host(hostPort), "[]")
	if addr, err := netip.ParseAddr(name); err == nil {
		return addr.IsLoopback()
	}
	return strings.EqualFold(name, "localhost") || strings.HasSuffix(strings.ToLower(name), ".localhost")
}

// sameOrigin compares scheme, host and port as RFC 6454 does.
func sameOrigin(a, b string) bool {
	x, err := url.Parse(a)
	if err != nil || x.Host == "" {
		return false
	}
	y, err := url.Parse(b)
	if err != nil {
		return false
	}
	return strings.EqualFold(x.Scheme, y.Scheme) && strings.EqualFold(x.Hostname(), y.Hostname()) && port(x) == port(y)
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	if strings.EqualFold(u.Scheme, "https") {
		return "443"
	}
	return "80"
}

// clean cuts what a stranger wrote to what is good to read in an answer.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
	return text[:min(len(text), 100)]
}

func host(addr string) string {
	if h, _, err := net.SplitHostPort(addr); err == nil {
		return h
	}
	return addr
}
