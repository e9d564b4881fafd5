package app

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// inProcess carries requests to a handler without a connection, byte for byte
// as they would come over one. It is for one request at a time.
type inProcess struct {
	handler fasthttp.RequestHandler

	ctx   *fasthttp.RequestCtx
	bytes bytes.Buffer
	in    *bufio.Writer
	out   *bufio.Reader
}

// loopback is where requests within a process come from: the proxy beside it.
type loopback struct {
	net.Conn
	addr net.Addr
}

// RemoteAddr is the proxy's.
func (l loopback) RemoteAddr() net.Addr { return l.addr }

// LocalAddr is the same machine's.
func (l loopback) LocalAddr() net.Addr { return l.addr }

// inProcessHeaders is the most that a request's headers may take, as for the
// gateway's own listener.
const inProcessHeaders = 16 << 10

// DoTimeout calls the handler. Nothing in it waits, so that no time is over.
func (p *inProcess) DoTimeout(req *fasthttp.Request, res *fasthttp.Response, _ time.Duration) error {
	if p.ctx == nil {
		p.ctx, p.in, p.out = &fasthttp.RequestCtx{}, bufio.NewWriter(&p.bytes), bufio.NewReaderSize(&p.bytes, inProcessHeaders)
		p.ctx.Init2(loopback{addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}}, nil, false)
	}
	p.bytes.Reset()
	p.in.Reset(&p.bytes)
	if err := req.Write(p.in); err != nil {
		return fmt.Errorf("write a request: %w", err)
	}
	if err := p.in.Flush(); err != nil {
		return fmt.Errorf("write a request: %w", err)
	}
	p.out.Reset(&p.bytes)
	p.ctx.ResetUserValues()
	p.ctx.Response.Reset()
	if err := p.ctx.Request.Read(p.out); err != nil {
		return fmt.Errorf("read a request: %w", err)
	}
	p.handler(p.ctx)
	if p.ctx.Response.IsBodyStream() {
		p.ctx.Response.Body() // reads it
	}
	p.ctx.Response.CopyTo(res)
	return nil
}

// inwardTrip is inProcess for net/http's clients, several of which may call at
// once.
type inwardTrip struct {
	mu *sync.Mutex
	to *inProcess
}

// inward makes a round tripper of a handler.
func inward(handler fasthttp.RequestHandler) http.RoundTripper {
	return inwardTrip{mu: &sync.Mutex{}, to: &inProcess{handler: handler}}
}

// RoundTrip implements http.RoundTripper.
func (t inwardTrip) RoundTrip(r *http.Request) (*http.Response, error) {
	req, res := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(res)
	req.SetRequestURI(r.URL.RequestURI())
	req.SetHost(r.URL.Host)
	req.Header.SetMethod(r.Method)
	for name, values := range r.Header {
		for _, v := range values {
			req.Header.Add(name, v)
		}
	}
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err = joined(err, r.Body.Close()); err != nil {
			return nil, fmt.Errorf("read a request's body: %w", err)
		}
		req.SetBody(body)
	}
	t.mu.Lock()
	err := t.to.DoTimeout(req, res, 0)
	t.mu.Unlock()
	if err != nil {
		return nil, err
	}
	w := newAnswer(r)
	for name, value := range res.Header.All() {
		w.header.Add(string(name), string(value))
	}
	w.status = res.StatusCode()
	w.body.Write(res.Body())
	return w.response(), nil
}

func joined(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// answer collects what a handler writes.
type answer struct {
	request *http.Request
	header  http.Header
	status  int
	body    bytes.Buffer
}

func newAnswer(r *http.Request) *answer {
	return &answer{request: r, header: http.Header{}, status: http.StatusOK}
}

// Header implements http.ResponseWriter.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) { a.status = status }

// Write implements http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }

func (a *answer) response() *http.Response {
	return &http.Response{
		StatusCode: a.status, Status: strings.TrimSpace(fmt.Sprintf("%d %s", a.status, http.StatusText(a.status))),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: a.request,
		Header: a.header, Body: io.NopCloser(&a.body), ContentLength: int64(a.body.Len()),
	}
}
