package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
)

// ErrSlow means that the booking system did not answer in time; a write may have
// been done.
var ErrSlow = errors.New("the booking system did not answer in time")

// Request is one call that is passed on to the booking system.
type Request struct {
	Method string
	// Path are the segments below the internal API, unescaped.
	Path  []string
	Query url.Values
	// Header of the operator's request. Only what is listed here goes on: never a
	// cookie and never a token.
	Header http.Header
	Body   []byte // JSON, or nothing
	// Operator is in whose name, and RequestID what both sides' logs call it.
	Operator, RequestID string
}

// Answer is what the booking system said. The caller closes Body.
type Answer struct {
	Status int
	// Header has only what goes on.
	Header http.Header
	Body   io.ReadCloser
	// Size of Body, or -1 where it is not known.
	Size int64
}

// What goes on, in either direction.
func passedUp() []string { return []string{"Accept-Language", "If-None-Match", "Idempotency-Key"} }

func passedDown() []string {
	return []string{"Content-Type", "Content-Language", "ETag", "Retry-After", "Location"}
}

// Forward passes a call on and gives the answer as it comes. It fails with
// ErrAway or ErrSlow. The house's key is added here; where the booking system
// refuses that key it is as good as away, and the operator, who is signed in, is
// not told 401.
func (c *Client) Forward(ctx context.Context, r Request) (*Answer, error) {
	var body io.Reader = http.NoBody
	if len(r.Body) > 0 {
		body = bytes.NewReader(r.Body)
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, c.url(r.Query, r.Path...), body)
	if err != nil {
		return nil, fmt.Errorf("make a request to the booking system: %w", err)
	}
	for _, name := range passedUp() {
		if v := r.Header.Get(name); v != "" {
			req.Header.Set(name, v)
		}
	}
	if len(r.Body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	req.Header.Set("X-Operator", r.Operator)
	req.Header.Set("X-Request-Id", r.RequestID)
	res, err := c.http.Do(req)
	if err != nil {
		if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
			return nil, fmt.Errorf("%w: %w", ErrSlow, err)
		}
		return nil, fmt.Errorf("%w: %w", ErrAway, err)
	}
	if res.StatusCode == http.StatusUnauthorized || res.StatusCode >= 300 && res.StatusCode < 400 && res.StatusCode != http.StatusNotModified {
		_ = res.Body.Close()
		return nil, fmt.Errorf("%w: status %d", ErrAway, res.StatusCode)
	}
	if res.ContentLength > c.o.MaxAnswer {
		_ = res.Body.Close()
		return nil, fmt.Errorf("%w: an answer of %d bytes", ErrAway, res.ContentLength)
	}
	out := &Answer{Status: res.StatusCode, Header: http.Header{}, Size: res.ContentLength, Body: &bounded{res.Body, c.o.MaxAnswer}}
	for _, name := range passedDown() {
		if v := res.Header.Get(name); v != "" {
			out.Header.Set(name, v)
		}
	}
	return out, nil
}

// bounded fails where more comes than may: half an answer must not look whole.
type bounded struct {
	io.ReadCloser
	left int64
}

// Read reads, and fails beyond the bound.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("%w: an answer that is too long", ErrAway)
	}
	return n, err
}
