package bench

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"fairgate/ticketing"
	"fairgate/ticketing/checkin"
)

// perOrder is how many tickets one order of the benchmark has.
const perOrder = 10

// gates are terminals with sessions, and the tickets that are shown at them.
type gates struct {
	*load

	pool      string
	terminals []string // session tokens
	tickets   []benchTicket

	accepted, refused, repeated, failed atomic.Int64
}

// benchTicket is one visitor's ticket for today.
type benchTicket struct {
	position, code, document string

	accepted atomic.Bool // a terminal was told so
}

// newGates books so many tickets for today and signs the terminals in.
func newGates(ctx context.Context, t *Ticketing, o CheckInOptions, tickets int) (*gates, error) {
	l, err := newLoad(ctx, t, Options{Clients: o.Clients, Places: 1})
	if err != nil {
		return nil, err
	}
	g := &gates{load: l, pool: "gate-" + uuid.NewString()[:8], tickets: make([]benchTicket, tickets)}
	today := ticketing.DateOf(time.Now())
	err = l.internal(ctx, t.Addr, "/internal/v1/pools/"+g.pool, map[string]any{
		"name": "Benchmark", "price_fen": 0, "limit_per_order": perOrder, "hold_seconds": 600, "provisional_cutoff_seconds": 0,
		"days": []map[string]any{{"date": today, "capacity": tickets + perOrder}},
		// A run may go on over midnight.
		"rules": map[string]any{"check_in": map[string]any{"grace_after_seconds": 24 * 60 * 60}},
	})
	if err != nil {
		return nil, fmt.Errorf("make the pool: %w", err)
	}
	for i := range o.Terminals {
		token, err := g.signIn(ctx, t, i)
		if err != nil {
			return nil, fmt.Errorf("sign terminal %d in: %w", i, err)
		}
		g.terminals = append(g.terminals, token)
	}
	return g, g.bookAll(o.Clients, string(today))
}

// bookAll books every ticket and reads what its code says.
func (g *gates) bookAll(clients int, today string) error {
	var (
		next  atomic.Int64
		wg    sync.WaitGroup
		first atomic.Pointer[error]
	)
	for range clients {
		wg.Go(func() {
			for first.Load() == nil {
				from := int(next.Add(perOrder)) - perOrder
				if from >= len(g.tickets) {
					return
				}
				if err := g.bookSome(from, today); err != nil {
					first.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	wg.Wait()
	if err := first.Load(); err != nil {
		return *err
	}
	return nil
}

func (g *gates) bookSome(from int, today string) error {
	some := g.tickets[from:min(from+perOrder, len(g.tickets))]
	people := make([]map[string]any, len(some))
	for i := range some {
		some[i].document = fmt.Sprintf("G%08d", from+i)
		people[i] = map[string]any{
			"name": "Bench Visitor", "document": map[string]string{"type": "passport", "nationality": "DEU", "number": some[i].document},
		}
	}
	token := g.tokens[from/perOrder%len(g.tokens)]
	var order struct {
		ID        string `json:"order_id"`
		Positions []struct {
			ID     string `json:"position_id"`
			Ticket string `json:"ticket"`
		} `json:"positions"`
	}
	booking, err := json.Marshal(map[string]any{"pool": g.pool, "date": today, "positions": people})
	if err != nil {
		return err
	}
	status, body, err := g.send("/api/v1/orders", token, booking)
	if err != nil || status != http.StatusCreated || json.Unmarshal(body, &order) != nil {
		return fmt.Errorf("book: status %d: %w", status, err)
	}
	status, body, err = g.signed(http.MethodGet, "/api/v1/orders/"+order.ID, token, nil)
	if err != nil || status != http.StatusOK || json.Unmarshal(body, &order) != nil || len(order.Positions) != len(some) {
		return fmt.Errorf("read tickets: status %d: %w", status, err)
	}
	for i, p := range order.Positions {
		some[i].position, some[i].code = p.ID, p.Ticket
	}
	return nil
}

// signIn registers a terminal and opens its session.
func (g *gates) signIn(ctx context.Context, t *Ticketing, n int) (string, error) {
	var made struct {
		ID  string `json:"terminal_id"`
		Key string `json:"key"`
	}
	setting := checkin.Setting{Name: fmt.Sprintf("%s %d", g.pool, n), Kind: checkin.Handheld, Gate: fmt.Sprintf("gate-%d", n%10), Pools: []string{g.pool}}
	b, err := json.Marshal(setting)
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+t.Addr+"/internal/v1/terminals", bytes.NewReader(b))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+g.keys.operations)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	if err := json.NewDecoder(res.Body).Decode(&made); err != nil || res.StatusCode != http.StatusCreated {
		return "", fmt.Errorf("register: status %d: %w", res.StatusCode, err)
	}
	key, err := checkin.ParseKey(made.Key)
	if err != nil {
		return "", err
	}
	nonce, clock := uuid.NewString(), time.Now().UTC()
	status, answer, err := g.post("/terminal/v1/sessions", "", map[string]any{
		"terminal_id": made.ID, "nonce": nonce, "clock": clock, "app_version": "1.0",
		"signature": base64.RawURLEncoding.EncodeToString(key.Sign(made.ID, nonce, clock, "1.0")),
	})
	var session struct {
		Token string `json:"session_token"`
	}
	if err != nil || status != http.StatusCreated || json.Unmarshal(answer, &session) != nil {
		return "", fmt.Errorf("session: status %d: %w", status, err)
	}
	return session.Token, nil
}

// post sends what a terminal sends: unsigned, with its session.
func (g *gates) post(path, token string, body any) (status int, answer []byte, err error) {
	b, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	return g.plain(http.MethodPost, path, token, b, nil)
}
