package simulate

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
)

// Page opens the entrance page.
func (v *Visit) Page(ctx context.Context) {
	v.do(ctx, request{method: http.MethodGet, path: "/api/v1/pools"})
}

// Detail opens a pool's page.
func (v *Visit) Detail(ctx context.Context, pool string) {
	v.do(ctx, request{method: http.MethodGet, path: "/api/v1/pools/" + pool})
}

// readStock reads the remaining tickets of a pool.
func (v *Visit) readStock(ctx context.Context, pool string) stock {
	a, result := v.do(ctx, request{method: http.MethodGet, path: "/api/v1/pools/" + pool + "/stock"})
	return stock{body: a.body, read: result == ResultAccepted, stopped: result == ResultRefused || result == ResultAbandoned}
}

// stock is what was answered about the remaining tickets.
type stock struct {
	body          []byte
	read, stopped bool
}

// left is how many places each day has.
func (s stock) left() map[string]int {
	var body struct {
		Days []struct {
			Date string `json:"date"`
			Left int    `json:"left"`
		} `json:"days"`
	}
	if !s.read || json.Unmarshal(s.body, &body) != nil {
		return nil
	}
	out := make(map[string]int, len(body.Days))
	for _, d := range body.Days {
		out[d.Date] = d.Left
	}
	return out
}

// Move gives the visit a new address of the same network.
func (v *Visit) Move() { v.moveTo(v.look.Network.address(v.rng)) }

func (v *Visit) moveTo(to netip.Addr) { v.ip = to.String() }

// The shapes of ticketing's bodies.
type documentBody struct {
	Type        string `json:"type"`
	Number      string `json:"number"`
	Nationality string `json:"nationality,omitempty"`
}

type position struct {
	Name     string       `json:"name"`
	Phone    string       `json:"phone,omitempty"`
	Product  string       `json:"product,omitempty"`
	Document documentBody `json:"document"`
}

type leader struct {
	Name  string `json:"name"`
	Phone string `json:"phone"`
}

type orderRequest struct {
	Pool      string     `json:"pool"`
	Date      string     `json:"date"`
	Product   string     `json:"product,omitempty"` // of groups
	Leader    *leader    `json:"leader,omitempty"`
	Positions []position `json:"positions"`
}

// Ticket types of the simulated pools.
const (
	productSingle = "single"
	productGroup  = "group"
)

const groupPath = "/api/v1/orders/group"

// order is the request that books what is wished. The phone number to be
// reached at stands with the first person.
func (v *Visit) order(w Wish) request {
	body := orderRequest{Pool: w.Pool, Date: w.Day, Positions: positions(w.Party, productSingle)}
	r := request{method: http.MethodPost, path: "/api/v1/orders", idempotency: v.key()}
	if w.Group {
		r.path = groupPath
		body.Product, body.Leader = productGroup, &leader{Name: w.Party[0].Name, Phone: v.contact()}
		body.Positions = positions(w.Party, productGroup)
	} else {
		body.Positions[0].Phone = v.contact()
	}
	r.body = body
	return r
}

func positions(party []Person, product string) []position {
	out := make([]position, len(party))
	for i, p := range party {
		out[i] = position{Name: p.Name, Product: product, Document: documentBody{Type: p.Type, Number: p.Number, Nationality: p.Nationality}}
	}
	return out
}

// contact is the number that the actor writes into orders.
func (v *Visit) contact() string {
	if v.Actor.Contact != "" {
		return v.Actor.Contact
	}
	return v.Actor.Traits.Phone
}

func (v *Visit) key() string { return fmt.Sprintf("%016x%016x", v.rng.Uint64(), v.rng.Uint64()) }

// Submit tries to book and notes the attempt.
func (v *Visit) Submit(ctx context.Context, w Wish) Attempt { return v.attempt(ctx, w, v.order(w)) }

func (v *Visit) attempt(ctx context.Context, w Wish, r request) Attempt {
	at := v.now()
	a, result := v.do(ctx, r)
	attempt := Attempt{Pool: w.Pool, Day: w.Day, At: at, Result: result, Code: a.code}
	if result == ResultAccepted {
		var body struct {
			OrderID string `json:"order_id"`
			State   string `json:"state"`
		}
		if err := json.Unmarshal(a.body, &body); err != nil || body.OrderID == "" {
			attempt.Result = ResultError
		}
		attempt.OrderID, attempt.held = body.OrderID, body.State == "held"
	}
	v.note(func(s *Seen) { s.Attempts = append(s.Attempts, attempt) })
	return attempt
}

// Pay pays a held order, Cancel gives one up, Change moves one to another day,
// and Transfer gives one to the account of a phone number, for other visitors
// where there are some. Each reports whether it was done.
func (v *Visit) Pay(ctx context.Context, order string) bool { return v.act(ctx, order, "pay", nil) }

// Cancel gives an order up.
func (v *Visit) Cancel(ctx context.Context, order string) bool {
	return v.act(ctx, order, "cancel", nil)
}

// Change moves an order to another day.
func (v *Visit) Change(ctx context.Context, order, day string) bool {
	return v.act(ctx, order, "change", map[string]string{"date": day})
}

// Transfer gives an order to another account.
func (v *Visit) Transfer(ctx context.Context, order, phone string, party []Person) bool {
	body := map[string]any{"to_phone": phone}
	if len(party) > 0 {
		body["positions"] = positions(party, productSingle)
	}
	return v.act(ctx, order, "transfer", body)
}

func (v *Visit) act(ctx context.Context, order, verb string, body any) bool {
	_, result := v.do(ctx, request{
		method: http.MethodPost, path: "/api/v1/orders/" + order + "/" + verb, body: body, idempotency: v.key(),
	})
	return result == ResultAccepted
}

// Orders looks at the actor's own orders.
func (v *Visit) Orders(ctx context.Context) {
	v.do(ctx, request{method: http.MethodGet, path: "/api/v1/orders"})
}

// Register opens the actor's account through the site.
func (v *Visit) Register(ctx context.Context) bool {
	who := map[string]string{"phone": v.Actor.Traits.Phone, "password": v.Actor.Traits.Password}
	_, result := v.do(ctx, request{method: http.MethodPost, path: "/api/v1/accounts", body: who, idempotency: v.key()})
	v.Actor.Member = v.Actor.Member || result == ResultAccepted
	return result == ResultAccepted
}

// SignIn opens a session with a password; it reports whether there is one.
func (v *Visit) SignIn(ctx context.Context, phone, password string) (in bool, result Result) {
	who := map[string]string{"phone": phone, "password": password}
	a, result := v.do(ctx, request{method: http.MethodPost, path: "/api/v1/sessions", body: who, idempotency: v.key()})
	return result == ResultAccepted && v.keepSession(a), result
}

// keepSession takes the session of an answer.
func (v *Visit) keepSession(a answer) bool {
	var s struct {
		Token   string `json:"session_token"`
		Account string `json:"account_id"`
	}
	if json.Unmarshal(a.body, &s) != nil || s.Token == "" {
		return false
	}
	v.Actor.token, v.Actor.account, v.Actor.since = s.Token, s.Account, v.now()
	return true
}

// AskCode has a code sent to a number.
func (v *Visit) AskCode(ctx context.Context, phone string) Result {
	_, result := v.do(ctx, request{
		method: http.MethodPost, path: "/api/v1/codes", body: map[string]string{"phone": phone, "purpose": "sign_in"}, idempotency: v.key(),
	})
	return result
}
