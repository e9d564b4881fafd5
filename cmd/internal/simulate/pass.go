package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"time"
)

// Pass is one run of the traffic and what came of it.
type Pass struct {
	Scenarios []Scenario
	Actors    []*Actor
	Orders    Orders
	From, To  time.Time
	Share     float64 // measured hostile share of requests
	Requests  int64
}

// muchForOneMachine is the rate from which a small machine cannot be expected
// to keep up, in requests a second.
const muchForOneMachine = 1500

// runPass plays one world from the opening of the doors to the last outcome.
// Where it was interrupted there are both an error and what came of it by then.
func (r *Runner) runPass(ctx context.Context, name string, run uint64) (*Pass, error) {
	w := r.world(run)
	scenarios, leftOut, err := r.plan.Choose(w.Long)
	if err != nil {
		return nil, err
	}
	for _, line := range leftOut {
		r.say("%s", line)
	}
	actors := Populate(w, scenarios, r.plan)
	if len(actors) == 0 {
		return nil, errors.New("the plan has nobody in it: raise --people or --rate")
	}
	capacity := w.Capacity(actors)
	progress := &Progress{}
	rate := expected(w, scenarios, actors) / r.plan.Duration.Seconds()
	r.say("%s: %d actors, about %.0f requests/s, up to %d places a day; opening accounts", name, len(actors), rate, capacity.busiest(w.Pool))
	if rate > muchForOneMachine {
		r.say("that is much for embedded engines and a load generator on one machine; --rate, --people or a longer --duration make it less")
	}
	if err := r.house.OpenHouse(ctx); err != nil {
		return nil, fmt.Errorf("open the house: %w", err)
	}
	// The sale's moment is set once everybody is signed in.
	if err := r.house.OpenSale(ctx, w, r.stage.Now().Add(24*time.Hour), capacity); err != nil {
		return nil, fmt.Errorf("open the sale: %w", err)
	}
	from := r.stage.Now()
	scene := &Scene{Stage: r.stage, Line: r.line, World: w, Sent: progress, House: r.house, HashTime: r.hashTime}
	r.scene.Store(scene)
	if err := r.admit(ctx, scene, actors); err != nil {
		return nil, err
	}
	scene.Start = r.begins(w)
	if err := r.house.OpenSale(ctx, w, scene.Start.Add(w.Opens), capacity); err != nil {
		return nil, fmt.Errorf("set the opening: %w", err)
	}
	*progress = Progress{}
	stop := r.report(ctx, name, progress, scene.Start)
	r.play(ctx, scene, actors, scenarios)
	stop()
	p := &Pass{Scenarios: scenarios, Actors: actors, Orders: Orders{}, From: from, Share: progress.HostileShare(), Requests: progress.Hostile.Load() + progress.People.Load()}
	err = ctx.Err()
	if err == nil {
		err = r.settle(ctx, w.Pool, p.Orders)
	}
	p.To = r.stage.Now()
	if err != nil {
		err = fmt.Errorf("%s: interrupted: %w", name, err)
		_, late := r.house.Fates(context.WithoutCancel(ctx), w.Pool, p.Orders, 0)
		return p, errors.Join(err, late)
	}
	return p, nil
}

// admit registers every actor who has an account already and signs it in, before
// the clock runs. It stands for the weeks before a sale, in which accounts of people and of attackers alike
// came into being one at a time, so nothing of it is tied to a device.
func (r *Runner) admit(ctx context.Context, s *Scene, actors []*Actor) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	actors = slices.DeleteFunc(slices.Clone(actors), func(a *Actor) bool { return !a.Member || a.Anonymous })
	var next atomic.Int64
	clerks := newCrew(ctx, r.stage)
	for range 8 {
		clerks.Go(ctx, 0, func() {
			for i := next.Add(1) - 1; int(i) < len(actors) && ctx.Err() == nil; i = next.Add(1) - 1 {
				v := newVisit(actors[i], s)
				v.past = true
				if err := v.signIn(ctx); err != nil {
					cancel(err)
				}
			}
		})
	}
	clerks.Wait()
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("open accounts: %w", err)
	}
	return nil
}

// signIn registers the actor's account and opens its session; in a long run
// sessions would be over before they are used.
func (v *Visit) signIn(ctx context.Context) error {
	who := map[string]string{"phone": v.Actor.Traits.Phone, "password": v.Actor.Traits.Password}
	posts := []request{{method: http.MethodPost, path: "/api/v1/accounts", body: who, idempotency: fmt.Sprintf("reg-%x", v.Actor.Seed)}}
	if !v.world.Long {
		posts = append(posts, request{method: http.MethodPost, path: "/api/v1/sessions", body: who, idempotency: fmt.Sprintf("in-%x", v.Actor.Seed)})
	}
	for _, post := range posts {
		a, err := v.send(ctx, post)
		if err == nil && !a.ok() {
			err = fmt.Errorf("%s: status %d: %.200s", post.path, a.status, a.body)
		}
		if err != nil {
			return err
		}
		var s struct {
			Token   string `json:"session_token"`
			Account string `json:"account_id"`
		}
		if err := json.Unmarshal(a.body, &s); err != nil || s.Account == "" {
			return fmt.Errorf("%s: no account in the answer: %w", post.path, err)
		}
		v.Actor.token, v.Actor.account = s.Token, s.Account
	}
	return nil
}

// play runs every actor's visit and waits for the last.
func (r *Runner) play(ctx context.Context, s *Scene, actors []*Actor, scenarios []Scenario) {
	ctx, cancel := r.stage.Until(ctx, s.Start.Add(s.World.Duration))
	defer cancel()
	plays := map[string]func(context.Context, *Visit){}
	for _, each := range scenarios {
		plays[each.ID] = each.Play
	}
	all, before := newCrew(ctx, r.stage), s.Start.Sub(r.stage.Now())
	for _, a := range actors {
		all.Go(ctx, before+a.Arrive, func() {
			if ctx.Err() == nil {
				plays[a.Scenario](ctx, newVisit(a, s))
			}
		})
	}
	all.Wait()
}

// settle waits until no order changes any more: withdrawals follow the
// deciding event within seconds.
func (r *Runner) settle(ctx context.Context, pool string, orders Orders) error {
	r.say("settling: waiting for the last withdrawals")
	var after int64
	quiet := 0
	for deadline := r.stage.Now().Add(60 * time.Second); quiet < 4 && r.stage.Now().Before(deadline); {
		next, err := r.house.Fates(ctx, pool, orders, after)
		if err != nil {
			return fmt.Errorf("read what became of the orders: %w", err)
		}
		if next == after {
			quiet++
		} else {
			quiet = 0
		}
		after = next
		if !r.stage.Wait(ctx, time.Second) {
			return ctx.Err()
		}
	}
	return nil
}
