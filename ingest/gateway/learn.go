package gateway

import (
	"time"

	"github.com/valyala/fasthttp"

	"fairgate/ingest"
	"fairgate/ingest/fingerprint"
)

// maxLearn bounds how long an answer may be to be read for its fields, in
// bytes.
const maxLearn = 1 << 20

// learn reads the fields that the route names from the upstream's answer: the
// order's id, state and refusal code, and which account a new session is for.
func (g *Gateway) learn(x *exchange, response *fasthttp.Response) {
	r := x.route
	if r.kind == ingest.KindSessionDelete && x.sessionKey != "" && response.StatusCode() < 300 {
		g.bind(x.sessionKey, "", 0)
	}
	body := response.Body()
	if r.response == nil || len(body) == 0 || len(body) > maxLearn || len(response.Header.ContentEncoding()) > 0 {
		return
	}
	var values [fieldCount]string
	err := scanJSON(body, r.response, true, func(id int, value string, scalar bool) {
		if scalar && values[id] == "" {
			values[id] = value
		}
	})
	if err != nil {
		g.metrics.unreadable.Inc()
		return
	}
	var session, account string
	for i, f := range r.fields {
		value := values[i]
		if value == "" {
			continue
		}
		switch f {
		case fieldOrderID:
			x.event.Order.ID = tidy(value)
		case fieldOrderState:
			x.event.Outcome.OrderState = tidy(value)
		case fieldCode:
			x.event.Outcome.Code = tidy(value)
		case fieldSessionToken:
			session = value
		case fieldAccount:
			account = tidy(value)
		}
	}
	if account == "" || response.StatusCode() >= 300 {
		return
	}
	if r.kind == ingest.KindAccountRegister && x.event.Subject.Account == "" {
		// Made just now, as the upstream says.
		x.event.Subject.Account = account
	}
	if session == "" {
		return
	}
	key := g.o.Keyer.Current(fingerprint.PurposeSession, session)
	// The sign-in itself is now the account's, proved by the upstream.
	x.event.Subject.Account, x.event.Subject.Session = account, key
	g.bind(key, account, g.o.BindingTTL)
}

// bind waits for the shared store no longer than screening would.
func (g *Gateway) bind(key, account string, ttl time.Duration) {
	if err := g.o.Bindings.Put(g.screening.Now(), key, account, ttl); err != nil {
		g.metrics.bindingErrors.Inc()
	}
}
