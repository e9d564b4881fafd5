package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/valyala/fasthttp"
)

// codeSoldOut is the one refusal of the booking system that actors act upon.
const codeSoldOut = "sold_out"

// Visit is one actor on the site: it sends the requests, keeps the cookies,
// meets challenges, and notes what happened. Its methods are for the actor
// alone, one at a time; fork makes a second one for what goes on beside it.
type Visit struct {
	Actor *Actor
	world *World
	scene *Scene
	rng   *rand.Rand
	ip    string

	// past stands for days before the sale: no device is shown or kept.
	past bool
}

func newVisit(a *Actor, s *Scene) *Visit {
	return &Visit{
		Actor: a, world: s.World, scene: s, ip: a.Traits.IP.String(),
		rng: rand.New(rand.NewPCG(a.Seed, s.World.Seed)),
	}
}

// answer is what came back.
type answer struct {
	status int
	body   []byte
	code   string // of a problem document
}

func (a answer) ok() bool { return a.status >= 200 && a.status < 300 }

// codes that the gateway itself answers with.
const (
	codeRefused   = "refused"
	codeChallenge = "challenge_required"
)

var errNoAnswer = errors.New("no usable answer")

// request is one HTTP request of an actor.
type request struct {
	method, path string
	body         any
	idempotency  string
	pass         string
}

// send performs one request as the actor would, without meeting a challenge.
func (v *Visit) send(ctx context.Context, r request) (answer, error) {
	req, res := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(res)
	req.SetRequestURI(r.path)
	req.Header.SetMethod(r.method)
	req.Header.Set("User-Agent", v.Actor.Traits.UserAgent)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Accept-Language", v.Actor.Traits.Language)
	req.Header.Set("X-Forwarded-For", v.ip)
	if v.Actor.token != "" {
		req.Header.Set("Authorization", "Bearer "+v.Actor.token)
	}
	if t := v.Actor.Device.Token(); t != "" && !v.past {
		req.Header.SetCookie("fgd", t)
		if told := v.Actor.Device.Telemetry(); told != "" {
			req.Header.SetCookie("fgt", told)
		}
	}
	if r.idempotency != "" {
		req.Header.Set("Idempotency-Key", r.idempotency)
	}
	if r.pass != "" {
		req.Header.Set("X-Fairgate-Pass", r.pass)
	}
	if r.body != nil {
		b, err := json.Marshal(r.body)
		if err != nil {
			return answer{}, fmt.Errorf("encode %s: %w", r.path, err)
		}
		req.Header.SetContentType("application/json")
		req.SetBodyRaw(b)
	}
	if err := v.scene.Send(ctx, req, res); err != nil {
		return answer{}, err
	}
	v.keepDevice(res)
	a := answer{status: res.StatusCode(), body: append([]byte(nil), res.Body()...)}
	if a.status >= 400 {
		var p struct {
			Code string `json:"code"`
		}
		if json.Unmarshal(a.body, &p) == nil {
			a.code = p.Code
		}
	}
	return a, nil
}

func (v *Visit) keepDevice(res *fasthttp.Response) {
	if v.past {
		return
	}
	c := fasthttp.AcquireCookie()
	defer fasthttp.ReleaseCookie(c)
	c.SetKey("fgd")
	if res.Header.Cookie(c) && len(c.Value()) > 0 {
		v.Actor.Device.Keep(string(c.Value()))
	}
	v.keepTelemetry(res)
}

// do sends a request, notes what came of it, and meets a challenge as the
// actor's nature has it.
func (v *Visit) do(ctx context.Context, r request) (answer, Result) {
	if ctx.Err() != nil {
		return answer{}, ResultError
	}
	a, result := v.once(ctx, r)
	if result != ResultAbandoned {
		return a, result
	}
	pass, ok := v.meet(ctx, a)
	if !ok {
		return a, ResultAbandoned
	}
	r.pass = pass
	a, result = v.once(ctx, r)
	v.note(func(s *Seen) {
		if result == ResultAbandoned {
			s.GaveUp++
		} else if result != ResultRefused {
			s.Passed++
		}
	})
	return a, result
}

// once sends a request and classifies the answer; ResultAbandoned stands for
// a challenge not met yet.
func (v *Visit) once(ctx context.Context, r request) (answer, Result) {
	v.scene.Sent.Request(v.Actor.Hostile)
	a, err := v.send(ctx, r)
	result := ResultAccepted
	switch {
	case err != nil:
		result = ResultError
	case a.code == codeRefused:
		result = ResultRefused
	case a.code == codeChallenge:
		result = ResultAbandoned
	case a.status >= 500:
		result = ResultError
	case !a.ok():
		result = ResultHouse
	}
	v.note(func(s *Seen) {
		s.Requests++
		switch result {
		case ResultRefused:
			s.Refused++
		case ResultAbandoned:
			s.Challenged++
		case ResultError:
			s.Errors++
		case ResultAccepted, ResultHouse:
		}
		s.follow(scopeOf(r).kind, result)
		if s.FirstStop == 0 && (result == ResultRefused || result == ResultAbandoned) {
			s.FirstStop = s.Requests
		}
	})
	v.scene.Sent.Answer(v.Actor.Hostile, result)
	return a, result
}

// follow notes whether a challenged kind of request got through in the end.
func (s *Seen) follow(kind string, result Result) {
	switch result {
	case ResultAbandoned:
		if s.Open == nil {
			s.Open = map[string]bool{}
		}
		s.Open[kind] = true
	case ResultAccepted, ResultHouse, ResultError:
		delete(s.Open, kind)
	case ResultRefused:
	}
}

func (v *Visit) note(f func(*Seen)) {
	v.Actor.mu.Lock()
	defer v.Actor.mu.Unlock()
	f(&v.Actor.seen)
}

// Page opens the entrance page.
func (v *Visit) Page(ctx context.Context) {
	v.do(ctx, request{method: http.MethodGet, path: "/api/v1/pools"})
}

// Detail opens the pool's page.
func (v *Visit) Detail(ctx context.Context) {
	v.do(ctx, request{method: http.MethodGet, path: "/api/v1/pools/" + v.world.Pool})
}

// Stock reads the remaining tickets.
func (v *Visit) Stock(ctx context.Context) {
	v.do(ctx, request{method: http.MethodGet, path: "/api/v1/pools/" + v.world.Pool + "/stock"})
}

// Move gives the actor a new address of the same kind.
func (v *Visit) Move() {
	b := v.Actor.Traits.IP.As4()
	v.ip = fmt.Sprintf("%d.%d.%d.%d", b[0], b[1], v.rng.IntN(256), 1+v.rng.IntN(254))
}

type document struct {
	Type   string `json:"type"`
	Number string `json:"number"`
}

type position struct {
	Name     string   `json:"name"`
	Document document `json:"document"`
}

type orderRequest struct {
	Pool      string     `json:"pool"`
	Date      string     `json:"date"`
	Positions []position `json:"positions"`
}

func (v *Visit) order(day string, party []Person) request {
	body := orderRequest{Pool: v.world.Pool, Date: day}
	for _, p := range party {
		body.Positions = append(body.Positions, position{Name: p.Name, Document: document{Type: "prc_id", Number: p.Number}})
	}
	key := fmt.Sprintf("%016x%016x", v.rng.Uint64(), v.rng.Uint64())
	return request{method: http.MethodPost, path: "/api/v1/orders", body: body, idempotency: key}
}

// Submit tries to book and notes the attempt.
func (v *Visit) Submit(ctx context.Context, day string, party []Person) Attempt {
	r := v.order(day, party)
	return v.attempt(ctx, day, r)
}

// DoubleTap submits one booking twice at nearly the same moment, under one
// idempotency key, as two taps of one finger do.
func (v *Visit) DoubleTap(ctx context.Context, day string, party []Person) {
	r := v.order(day, party)
	join := v.fork(ctx, v.between(60*time.Millisecond, 400*time.Millisecond), func(second *Visit) { second.attempt(ctx, day, r) })
	v.attempt(ctx, day, r)
	join()
}

func (v *Visit) attempt(ctx context.Context, day string, r request) Attempt {
	at := v.now()
	a, result := v.do(ctx, r)
	attempt := Attempt{Day: day, At: at, Result: result, Code: a.code}
	if result == ResultAccepted {
		var body struct {
			OrderID string `json:"order_id"`
		}
		if err := json.Unmarshal(a.body, &body); err != nil || body.OrderID == "" {
			attempt.Result = ResultError
		}
		attempt.OrderID = body.OrderID
	}
	v.note(func(s *Seen) { s.Attempts = append(s.Attempts, attempt) })
	return attempt
}
