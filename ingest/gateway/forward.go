package gateway

import (
	"bytes"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"fairgate/ingest"
	"fairgate/ingest/fingerprint"
)

// Transport carries requests to the upstream; *fasthttp.HostClient is one. It
// is safe for concurrent use and keeps neither request nor response.
type Transport interface {
	DoTimeout(req *fasthttp.Request, resp *fasthttp.Response, timeout time.Duration) error
}

// upstream is the booking system's side.
type upstream struct {
	client  Transport
	idle    func() // closes connections that are not in use
	https   bool
	signing *fingerprint.MAC
	timeout time.Duration
}

const (
	upstreamIdle    = 15 * time.Second // below what servers usually keep a connection for
	upstreamWait    = time.Second      // for a free connection
	upstreamHeaders = 32 << 10
)

func newUpstream(target *url.URL, o Options) *upstream {
	addr := target.Host
	if target.Port() == "" {
		addr = net.JoinHostPort(target.Hostname(), map[string]string{"http": "80", "https": "443"}[target.Scheme])
	}
	u := &upstream{https: target.Scheme == "https", signing: fingerprint.NewMAC(o.SigningKey), timeout: o.UpstreamTimeout}
	if o.Transport != nil {
		u.client, u.idle = o.Transport, func() {}
		return u
	}
	client := &fasthttp.HostClient{
		Addr:  addr,
		IsTLS: u.https,
		// The path is sent as it was screened.
		DisablePathNormalizing:   true,
		NoDefaultUserAgentHeader: true,
		MaxConns:                 o.UpstreamConns,
		MaxConnWaitTimeout:       upstreamWait,
		MaxIdleConnDuration:      upstreamIdle,
		ReadBufferSize:           upstreamHeaders,
		ReadTimeout:              o.UpstreamTimeout,
		WriteTimeout:             o.UpstreamTimeout,
		MaxResponseBodySize:      o.MaxResponse,
		// A write is never sent twice: the upstream may have acted on it.
		MaxIdemponentCallAttempts: 2,
		RetryIfErr: func(r *fasthttp.Request, _ int, err error) (bool, bool) {
			safe := r.Header.IsGet() || r.Header.IsHead()
			return false, safe && !errors.Is(err, fasthttp.ErrTimeout)
		},
	}
	if u.https {
		client.TLSConfig = &tls.Config{ServerName: target.Hostname(), MinVersion: tls.VersionTLS12}
	}
	u.client, u.idle = client, client.CloseIdleConnections
	return u
}

func (u *upstream) close() { u.idle() }

// forward sends the request on and the answer back. Its error is the
// visitor's: an answer that the gateway gives itself.
func (g *Gateway) forward(x *exchange) {
	if x.route.collector {
		status, d := g.answerBeacon(x), ingest.DispositionForwarded
		if x.collected.refused != nil {
			d = ingest.DispositionRefused
		}
		g.complete(x, d, status)
		return
	}
	request := fasthttp.AcquireRequest()
	defer fasthttp.ReleaseRequest(request)
	g.rewrite(x, request)
	response := x.c.Response()
	if err := g.upstream.client.DoTimeout(request, response, g.upstream.timeout); err != nil {
		g.upstreamFailed(x, err)
		return
	}
	cleanResponse(response)
	if g.o.CollectorPath != "" {
		response.Header.Set(CollectorHeader, g.o.CollectorPath)
	}
	g.learn(x, response)
	g.giveDevice(x)
	g.complete(x, ingest.DispositionForwarded, response.StatusCode())
}

// rewrite makes the upstream's request from the checked parts of the
// visitor's, and from nothing else.
func (g *Gateway) rewrite(x *exchange, request *fasthttp.Request) {
	h := &request.Header
	h.DisableNormalizing()
	h.SetNoDefaultContentType(true)
	h.SetMethod(x.method)
	target := x.requestTarget()
	named := strings.Join(fingerprint.Values(x.headers, "Connection"), ",")
	proxied := g.o.Reader.TrustsPeer(x.peer)
	proto := "http"
	for _, header := range x.headers {
		lower := header.Lower()
		switch {
		case lower == "host":
			request.UseHostHeader = true
			h.SetHost(header.Value)
		case lower == "content-length" || lower == "x-real-ip" || lower == "forwarded" || lower == "x-device-token" || lower == "x-device-telemetry":
		case lower == "accept-encoding" && x.route.response != nil:
			// The answer is read for the order's id and state.
		case lower == "x-forwarded-proto":
			if proxied && (header.Value == "https" || header.Value == "http") {
				proto = header.Value
			}
		case strings.HasPrefix(lower, "x-forwarded-") || strings.HasPrefix(lower, "x-fairgate-"):
		case hopByHop(lower, named):
		case lower == "cookie":
			if rest := withoutOwnCookies(header.Value); rest != "" {
				h.Add(header.Name, rest)
			}
		default:
			h.Add(header.Name, header.Value)
		}
	}
	request.SetRequestURI(target)
	if g.upstream.https {
		request.URI().SetScheme("https")
	}
	var room [64]byte
	if ip := x.event.Client.IP; ip.IsValid() {
		h.SetBytesV("X-Forwarded-For", ip.AppendTo(room[:0]))
	}
	h.Set("X-Forwarded-Proto", proto)
	if len(x.body) > 0 {
		request.SetBodyRaw(x.body)
	}
	at := timestamp(g.now())
	h.Set(TimestampHeader, at)
	h.Set(RequestIDHeader, x.event.ID)
	h.Set(SignatureHeader, sign(g.upstream.signing, x.method, target, at, x.event.ID, x.body))
}

// ownCookies are the gateway's.
var ownCookies = [...]string{fingerprint.DeviceCookie, fingerprint.TelemetryCookie, PassCookie}

// withoutOwnCookies drops the gateway's cookies, which are no business of the
// upstream's.
func withoutOwnCookies(cookies string) string {
	if !slices.ContainsFunc(ownCookies[:], func(name string) bool { return strings.Contains(cookies, name+"=") }) {
		return cookies
	}
	var room [512]byte
	kept := room[:0]
	for pair := range strings.SplitSeq(cookies, ";") {
		pair = strings.TrimSpace(pair)
		name, _, _ := strings.Cut(pair, "=")
		if slices.Contains(ownCookies[:], name) || pair == "" {
			continue
		}
		if len(kept) > 0 {
			kept = append(kept, "; "...)
		}
		kept = append(kept, pair...)
	}
	return string(kept)
}

// cleanResponse takes out what concerns only the hop to the upstream.
func cleanResponse(response *fasthttp.Response) {
	h := &response.Header
	named := string(h.Peek(fiber.HeaderConnection))
	h.SetNoDefaultContentType(true)
	h.ResetConnectionClose()
	var drop []string
	for name := range h.All() {
		var room [64]byte
		lower := append(room[:0], name...)
		for i, c := range lower {
			if c >= 'A' && c <= 'Z' {
				lower[i] = c + 'a' - 'A'
			}
		}
		if hopByHop(string(lower), named) || bytes.HasPrefix(lower, []byte("x-fairgate-")) {
			drop = append(drop, string(name))
		}
	}
	for _, name := range drop {
		h.Del(name)
	}
}

// upstreamFailed answers for an upstream that did not. What it did with the
// request is unknown until an outcome tells.
func (g *Gateway) upstreamFailed(x *exchange, err error) {
	x.c.Response().Reset()
	p := problem{Status: http.StatusBadGateway, Code: codeUnavailable, Title: "Bad Gateway"}
	var timeout net.Error
	if errors.Is(err, fasthttp.ErrTimeout) || errors.As(err, &timeout) && timeout.Timeout() {
		p = problem{Status: http.StatusGatewayTimeout, Code: codeTimeout, Title: "Gateway Timeout"}
	}
	g.metrics.upstreamErrors.WithLabelValues(p.Code).Inc()
	g.failures.say(x.c.UserContext(), slog.LevelWarn, "upstream did not answer", "error", err, "event_id", x.event.ID, "route", x.event.Route)
	x.c.Set(fiber.HeaderRetryAfter, "5")
	g.answer(x, p, messageUnavailable)
	g.complete(x, ingest.DispositionFailed, p.Status)
}

// privateCache reports that no shared cache keeps an answer with this
// Cache-Control.
func privateCache(control string) bool {
	control = strings.ToLower(control)
	return strings.Contains(control, "private") || strings.Contains(control, "no-store")
}

func formatInt(n int64) string { return strconv.FormatInt(n, 10) }
