package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/valyala/fasthttp"

	"fairgate/ticketing/httpapi"
)

// accounts is how many visitors share the load; which one books is of no
// consequence to the booking system.
const accounts = 32

// load sends signed bookings, as the gateway would.
type load struct {
	host          *fasthttp.HostClient
	keys          keys
	pool          string
	first, second string // pool days
	tokens        []string
	serial        atomic.Int64

	mu        sync.Mutex
	confirmed []string // order ids of the first day
}

func newLoad(ctx context.Context, t *Ticketing, o Options) (*load, error) {
	day := time.Now().AddDate(0, 0, 3)
	l := &load{
		keys: t.keys, pool: "bench-" + uuid.NewString()[:8], first: day.Format(time.DateOnly), second: day.AddDate(0, 0, 1).Format(time.DateOnly),
		host: &fasthttp.HostClient{
			Addr: t.Addr, MaxConns: 8*o.Clients + 8, ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second,
			MaxIdemponentCallAttempts: 1, NoDefaultUserAgentHeader: true,
		},
	}
	pool := map[string]any{
		"name": "Benchmark", "price_fen": 0, "limit_per_order": 1, "hold_seconds": 600, "provisional_cutoff_seconds": 3600,
		"days": []map[string]any{{"date": l.first, "capacity": o.Places}, {"date": l.second, "capacity": 10_000_000}},
	}
	if err := l.internal(ctx, t.Addr, "/internal/v1/pools/"+l.pool, pool); err != nil {
		return nil, fmt.Errorf("make the pool: %w", err)
	}
	for i := range accounts {
		who := fmt.Appendf(nil, `{"phone":"139%08d","password":"a bench's password"}`, time.Now().UnixNano()%9_000_000*10+int64(i))
		if status, _, err := l.send("/api/v1/accounts", "", who); err != nil || status != http.StatusCreated {
			return nil, fmt.Errorf("register: status %d: %w", status, err)
		}
		status, body, err := l.send("/api/v1/sessions", "", who)
		var session struct {
			Token string `json:"session_token"`
		}
		if err != nil || status != http.StatusCreated || json.Unmarshal(body, &session) != nil {
			return nil, fmt.Errorf("sign in: status %d: %w", status, err)
		}
		l.tokens = append(l.tokens, session.Token)
	}
	return l, nil
}

// internal calls the operations API.
func (l *load) internal(ctx context.Context, addr, path string, body any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, "http://"+addr+path, bytes.NewReader(b))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+l.keys.operations)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode >= 300 {
		return fmt.Errorf("status %d", res.StatusCode)
	}
	return nil
}

// send posts a signed request.
func (l *load) send(path, token string, body []byte) (status int, answer []byte, err error) {
	return l.signed(http.MethodPost, path, token, body)
}

// signed makes a request with the gateway's signature.
func (l *load) signed(method, path, token string, body []byte) (status int, answer []byte, err error) {
	id, timestamp := uuid.NewString(), strconv.FormatInt(time.Now().UnixMilli(), 10)
	return l.plain(method, path, token, body, map[string]string{
		httpapi.HeaderTimestamp: timestamp, httpapi.HeaderRequestID: id,
		httpapi.HeaderSignature: "v1=" + httpapi.Sign([]byte(l.keys.gateway), method, path, timestamp, id, body),
	})
}

// plain makes a request as it is.
func (l *load) plain(method, path, token string, body []byte, header map[string]string) (status int, answer []byte, err error) {
	req, res := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(res)
	req.SetRequestURI("http://" + l.host.Addr + path)
	req.Header.SetMethod(method)
	req.Header.SetContentType("application/json")
	for name, value := range header {
		req.Header.Set(name, value)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	req.SetBodyRaw(body)
	if err := l.host.Do(req, res); err != nil {
		return 0, nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return res.StatusCode(), append([]byte(nil), res.Body()...), nil
}

// book places one order with a document of its own; it gives the order's id,
// or the code of the refusal, or neither where there was no usable answer.
func (l *load) book(ctx context.Context, day string) (order, code string) {
	n := l.serial.Add(1)
	// The number is the only thing that differs; making the body with
	// encoding/json would cost the machine that is measured.
	body := fmt.Appendf(make([]byte, 0, 256), `{"pool":%q,"date":%q,"positions":[{"name":"Bench Visitor","document":{"type":"passport","nationality":"DEU","number":"P%08d"}}]}`,
		l.pool, day, n)
	status, answer, err := l.send("/api/v1/orders", l.tokens[int(n)%len(l.tokens)], body)
	if err != nil {
		Pause(ctx, 5*time.Millisecond) // the process may be restarting
		return "", ""
	}
	if status != http.StatusCreated {
		return "", member(answer, "code")
	}
	if order = member(answer, "order_id"); order != "" && day == l.first {
		l.mu.Lock()
		l.confirmed = append(l.confirmed, order)
		l.mu.Unlock()
	}
	return order, ""
}

// member finds a member of a JSON object that is a string without escapes, as
// ids and codes are.
func member(object []byte, name string) string {
	_, rest, found := bytes.Cut(object, []byte(`"`+name+`":"`))
	value, _, ended := bytes.Cut(rest, []byte(`"`))
	if !found || !ended {
		return ""
	}
	return string(value)
}
