package simulate

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// apiAbuse is S19: tampered parameters, ids counted through, bodies that are
// malformed or far too large, and paths that are not there.
func apiAbuse() Scenario {
	many := Param{"s19.requests", Count, logNormal(90, 0.7, 25, 800), "requests of one actor"}
	period := Param{"s19.period", Seconds, logNormal(1.5, 0.8, 0.1, 30), "pause between requests"}
	signed := Param{"s19.signed_in", Share, chance(0.7), "is signed in"}
	s := Scenario{
		ID: "S19", Hostile: true, Units: 30, About: "tampers, counts through ids, and sends malformed and oversized bodies",
		Params: []Param{many, period, signed},
	}
	s.Populate = func(w *World, n int) []*Actor { return walkers(w, s, n) }
	s.Play = func(ctx context.Context, v *Visit) {
		v.Page(ctx)
		if v.happens(signed) {
			v.script(ctx)
		}
		tools := []func(context.Context){v.enumerate, v.tamper, v.malform, v.scan}
		tool := v.rng.IntN(len(tools))
		for range v.count(many, 1) {
			if v.rng.Float64() < 0.1 {
				tool = v.rng.IntN(len(tools))
			}
			tools[tool](ctx)
			if !v.wait(ctx, v.time(period)) {
				return
			}
		}
	}
	s.Requests = func(*World) float64 { return 110 }
	return s
}

// walkers makes n actors that come as people come and book nothing.
func walkers(w *World, s Scenario, n int) []*Actor {
	out := make([]*Actor, n)
	for i := range out {
		out[i] = w.Actor(s)
		out[i].Arrive = w.wish(0, w.runDays(), nil).At
	}
	return out
}

// enumerate reads orders that are others', one id after the other.
func (v *Visit) enumerate(ctx context.Context) {
	id := fmt.Sprintf("0199%08x-%04x-7%03x-8%03x-%012x", v.rng.Uint32(), v.rng.IntN(1<<16), v.rng.IntN(1<<12), v.rng.IntN(1<<12), v.rng.Uint64N(1<<48))
	v.do(ctx, request{method: http.MethodGet, path: "/api/v1/orders/" + id})
}

// tamper asks for what a form never does.
func (v *Visit) tamper(ctx context.Context) {
	bodies := []string{
		`{"pool":"%s","date":"2020-01-01","positions":[]}`,
		`{"pool":"%s","date":"tomorrow","positions":[{"name":"x","document":{"type":"prc_id","number":"1"}}]}`,
		`{"pool":"%s","date":"2027-01-01","price_fen":0,"positions":[{"name":"x"}]}`,
		`{"pool":"%s' OR 1=1","date":"2027-01-01","positions":[{"name":"x","document":{"type":"vip","number":"0"}}]}`,
	}
	raw := fmt.Sprintf(bodies[v.rng.IntN(len(bodies))], v.world.Pool)
	v.do(ctx, request{method: http.MethodPost, path: "/api/v1/orders", raw: []byte(raw), idempotency: v.key()})
}

// malform sends what is no JSON, or too much of it.
func (v *Visit) malform(ctx context.Context) {
	raw := `{"pool":` + strings.Repeat("[", 1+v.rng.IntN(2000))
	if v.rng.IntN(3) == 0 {
		raw = `{"pool":"` + strings.Repeat("x", 70<<10) + `"}`
	}
	v.do(ctx, request{method: http.MethodPost, path: "/api/v1/orders", raw: []byte(raw), idempotency: v.key()})
}

// scan asks for paths that other products have.
func (v *Visit) scan(ctx context.Context) {
	paths := []string{"/admin", "/.env", "/internal/v1/outbox", "/api/v2/orders", "/wp-login.php", "/actuator/env", "/api/v1/orders/1", "/api/v1/users", "/debug/pprof"}
	v.do(ctx, request{method: http.MethodGet, path: paths[v.rng.IntN(len(paths))]})
}
