package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// reply is an answer over HTTP.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// field is a text field at the top of the answer's JSON object, or empty.
func (r reply) field(name string) string {
	fields := map[string]any{}
	if json.Unmarshal(r.body, &fields) != nil {
		return ""
	}
	text, _ := fields[name].(string)
	return text
}

// visitor is a browser: it keeps its device token and its session.
type visitor struct {
	base                   string // of the gateway
	ip                     string // told as a trusted proxy would
	phone                  string
	device, token, account string
	http                   *http.Client
}

// people counts visitors, so that no two share a phone, an address or a
// document.
var people atomic.Int64

func newVisitor(gateway string) *visitor {
	n := people.Add(1)
	return &visitor{
		base: "http://" + gateway, ip: fmt.Sprintf("36.%d.%d.7", 100+n/250, n%250),
		phone: fmt.Sprintf("139%08d", n), http: &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{}},
	}
}

// send performs one request; header is name, value, name, value.
func (v *visitor) send(ctx context.Context, method, path, body string, header ...string) (reply, error) {
	var content io.Reader = http.NoBody
	if body != "" {
		content = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, v.base+path, content)
	if err != nil {
		return reply{}, err
	}
	req.Header.Set("User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148")
	req.Header.Set("Accept-Language", "en")
	req.Header.Set("X-Forwarded-For", v.ip)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if v.token != "" {
		req.Header.Set("Authorization", "Bearer "+v.token)
	}
	if v.device != "" {
		req.AddCookie(&http.Cookie{Name: "fgd", Value: v.device})
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := v.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return reply{}, err
	}
	for _, c := range res.Cookies() {
		if c.Name == "fgd" {
			v.device = c.Value
		}
	}
	return reply{res.StatusCode, res.Header, data}, nil
}

// must is send for a test that cannot go on without an answer.
func (v *visitor) must(t *testing.T, method, path, body string, header ...string) reply {
	t.Helper()
	r, err := v.send(t.Context(), method, path, body, header...)
	require.NoError(t, err, "%s %s", method, path)
	return r
}

// enter opens the first page, registers, signs in and looks again.
func (v *visitor) enter(ctx context.Context) error {
	credentials := fmt.Sprintf(`{"phone":%q,"password":"correct horse battery"}`, v.phone)
	for _, step := range []struct{ method, path, body string }{
		{http.MethodGet, "/api/v1/pools", ""},
		{http.MethodPost, "/api/v1/accounts", credentials},
		{http.MethodPost, "/api/v1/sessions", credentials},
		{http.MethodGet, "/api/v1/pools", ""},
	} {
		r, err := v.send(ctx, step.method, step.path, step.body)
		if err != nil {
			return err
		}
		if r.status >= 300 {
			return fmt.Errorf("%s %s: status %d: %s", step.method, step.path, r.status, r.body)
		}
		if token := r.field("session_token"); token != "" {
			v.token, v.account = token, r.field("account_id")
		}
	}
	return nil
}

// newcomer is a visitor who has signed in.
func newcomer(t *testing.T, gateway string) *visitor {
	t.Helper()
	v := newVisitor(gateway)
	require.NoError(t, v.enter(t.Context()))
	require.NotEmpty(t, v.token)
	return v
}

// takesTime waits as long as a hand needs between signing in and booking; who
// is faster is taken for a machine, and rightly.
func takesTime(t *testing.T, since time.Time) {
	t.Helper()
	require.Eventually(t, func() bool { return time.Since(since) > 1600*time.Millisecond }, 5*time.Second, 20*time.Millisecond)
}

// documents counts the documents that were booked for.
var documents atomic.Int64

// booking is the body of an order for one person whom nobody booked for yet.
func booking(pool, day string) string {
	return fmt.Sprintf(`{"pool":%q,"date":%q,"positions":[{"name":"Zhang San","document":{"type":"passport","nationality":"FRA","number":"E%08d"}}]}`,
		pool, day, documents.Add(1))
}

// raw sends bytes as they are and reads one answer.
func raw(t *testing.T, addr, request string) reply {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	// Who is refused early may be hung up on before all was sent.
	_, _ = io.Copy(conn, strings.NewReader(request))
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return reply{res.StatusCode, res.Header, data}
}

// house calls an internal or operators' API with a bearer key and decodes the
// answer into out.
func house(ctx context.Context, method, target, key string, in, out any) error {
	body := &bytes.Buffer{}
	if in != nil {
		if err := json.NewEncoder(body).Encode(in); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+key)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("%s %s: status %d: %s", method, target, res.StatusCode, data)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(data, out)
}
