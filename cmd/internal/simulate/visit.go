package simulate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/valyala/fasthttp"
)

// The refusals of the booking system that actors act upon.
const (
	codeSoldOut = "sold_out"
	codeNotOpen = "not_open"
)

// Visit is one actor on the site: it sends the requests, keeps the cookies,
// meets challenges, and notes what happened. Its methods are for the actor
// alone, one at a time; fork makes a second one for what goes on beside it.
type Visit struct {
	drawer
	Actor *Actor
	world *World
	scene *Scene
	// look is what this visit's requests show; an actor may take up another
	// device or address.
	look   Traits
	device *Device
	ip     string

	// hand says that a page is in front of somebody, not a script.
	hand bool
	// past stands for days before the sale: no device is shown or kept.
	past bool
	// frank is a device that keeps no cookies.
	frank bool
}

func newVisit(a *Actor, s *Scene) *Visit {
	return &Visit{
		Actor: a, world: s.World, scene: s, look: a.Traits, device: a.Device, ip: a.Traits.IP.String(), frank: a.NoCookies,
		drawer: drawer{rng: rand.New(rand.NewPCG(a.Seed, s.World.Seed)), shifts: s.World.shifts},
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
	// raw is sent as the body in the place of body.
	raw    []byte
	bearer string // in the place of the actor's own session
}

// send performs one request as the actor would, without meeting a challenge.
func (v *Visit) send(ctx context.Context, r request) (answer, error) {
	req, res := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(res)
	req.SetRequestURI(r.path)
	req.Header.SetMethod(r.method)
	v.head(req, r)
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
		r.raw = b
	}
	if r.raw != nil {
		req.Header.SetContentType("application/json")
		req.SetBodyRaw(r.raw)
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

// head writes the headers by which the visitor is seen.
func (v *Visit) head(req *fasthttp.Request, r request) {
	req.Header.Set("User-Agent", v.look.Agent)
	for _, hint := range v.look.Hints {
		req.Header.Set(hint[0], hint[1])
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Accept-Language", v.look.Language)
	req.Header.Set("X-Forwarded-For", v.ip)
	if token := cmp.Or(r.bearer, v.Actor.token); token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if t := v.device.Token(); t != "" && !v.past {
		req.Header.SetCookie("fgd", t)
		if told := v.device.Telemetry(); told != "" {
			req.Header.SetCookie("fgt", told)
		}
	}
}

func (v *Visit) keepDevice(res *fasthttp.Response) {
	if v.past || v.frank {
		return
	}
	c := fasthttp.AcquireCookie()
	defer fasthttp.ReleaseCookie(c)
	c.SetKey("fgd")
	if res.Header.Cookie(c) && len(c.Value()) > 0 {
		v.device.Keep(string(c.Value()))
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
	now := v.now()
	v.note(func(s *Seen) {
		if s.Requests++; s.Requests == 1 {
			s.Began = now
		}
		switch result {
		case ResultRefused:
			s.Refused++
		case ResultAbandoned:
			s.Challenged++
		case ResultError:
			s.Errors++
		case ResultAccepted, ResultHouse:
		}
		s.follow(kindOf(r), result)
		if s.FirstStop == 0 && (result == ResultRefused || result == ResultAbandoned) {
			s.FirstStop, s.Stopped = s.Requests, now
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
