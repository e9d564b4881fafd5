package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Pass is one run of the traffic and what came of it.
type Pass struct {
	Actors   []*Actor
	Orders   Orders
	From, To time.Time
	Share    float64 // measured hostile share of requests
	Requests int64
}

// muchForOneMachine is the rate from which a small machine cannot be expected
// to keep up, in requests a second.
const muchForOneMachine = 1500

// runPass plays one world from the opening of the doors to the last outcome.
func (r *Runner) runPass(ctx context.Context, name string, run uint64) (*Pass, error) {
	w := NewWorld(r.plan.Seed, run, r.plan.Duration, r.now().AddDate(0, 0, 2))
	scenarios := Scenarios()
	actors := Populate(w, scenarios, r.plan)
	if len(actors) == 0 {
		return nil, errors.New("the plan has nobody in it: raise --people or --rate")
	}
	capacity := max(20, demand(actors)*12/10)
	progress := &Progress{}
	client := NewClient(r.gateway, progress)
	rate := plannedRate(actors, scenarios, r.plan.Duration)
	r.say("%s: %d actors, about %.0f requests/s, %d places a day; opening accounts", name, len(actors), rate, capacity)
	if rate > muchForOneMachine {
		r.say("that is much for embedded engines and a load generator on one machine; --rate, --people or a longer --duration make it less")
	}
	if err := r.service.OpenHouse(ctx); err != nil {
		return nil, fmt.Errorf("open the house: %w", err)
	}
	// The sale's moment is set once everybody is signed in.
	if err := r.service.OpenSale(ctx, w, r.now().Add(24*time.Hour), capacity); err != nil {
		return nil, fmt.Errorf("open the sale: %w", err)
	}
	from := r.now()
	if err := r.admit(ctx, client, w, actors); err != nil {
		return nil, err
	}
	start := r.now().Add(500 * time.Millisecond)
	if err := r.service.OpenSale(ctx, w, start.Add(w.Opens), capacity); err != nil {
		return nil, fmt.Errorf("set the opening: %w", err)
	}
	*progress = Progress{}
	stop := r.report(ctx, name, progress, start)
	r.play(ctx, w, client, actors, scenarios, start)
	stop()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s: interrupted: %w", name, err)
	}
	p := &Pass{Actors: actors, Orders: Orders{}, From: from, Share: progress.HostileShare(), Requests: progress.Hostile.Load() + progress.People.Load()}
	if err := r.settle(ctx, w.Pool, p.Orders); err != nil {
		return nil, err
	}
	p.To = r.now()
	return p, nil
}

// admit registers every actor and signs it in, before the clock runs. It stands
// for the weeks before a sale, in which accounts of people and of attackers alike
// came into being one at a time, so nothing of it is tied to a device.
func (r *Runner) admit(ctx context.Context, c *Client, w *World, actors []*Actor) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	for _, a := range actors {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			v := newVisit(a, w, c, time.Time{})
			v.past = true
			return signIn(v)
		})
	}
	if err := g.Wait(); err != nil {
		return fmt.Errorf("open accounts: %w", err)
	}
	return nil
}

func signIn(v *Visit) error {
	who := map[string]string{"phone": v.Actor.Traits.Phone, "password": v.Actor.Traits.Password}
	a, err := v.send(request{method: http.MethodPost, path: "/api/v1/accounts", body: who, idempotency: fmt.Sprintf("reg-%x", v.Actor.Seed)})
	if err == nil && !a.ok() {
		err = fmt.Errorf("register: status %d: %.200s", a.status, a.body)
	}
	if err != nil {
		return err
	}
	a, err = v.send(request{method: http.MethodPost, path: "/api/v1/sessions", body: who, idempotency: fmt.Sprintf("in-%x", v.Actor.Seed)})
	if err == nil && !a.ok() {
		err = fmt.Errorf("sign in: status %d: %.200s", a.status, a.body)
	}
	if err != nil {
		return err
	}
	var s struct {
		Token   string `json:"session_token"`
		Account string `json:"account_id"`
	}
	if err := json.Unmarshal(a.body, &s); err != nil || s.Token == "" {
		return fmt.Errorf("sign in: no session in the answer: %w", err)
	}
	v.Actor.token, v.Actor.account = s.Token, s.Account
	return nil
}

// play runs every actor's visit and waits for the last.
func (r *Runner) play(ctx context.Context, w *World, c *Client, actors []*Actor, scenarios []Scenario, start time.Time) {
	ctx, cancel := context.WithDeadline(ctx, start.Add(w.Duration))
	defer cancel()
	plays := map[string]func(context.Context, *Visit){}
	for _, s := range scenarios {
		plays[s.ID] = s.Play
	}
	var all sync.WaitGroup
	for _, a := range actors {
		all.Go(func() {
			v := newVisit(a, w, c, start)
			if v.until(ctx, a.Arrive) {
				plays[a.Scenario](ctx, v)
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
	for deadline := r.now().Add(60 * time.Second); quiet < 4 && r.now().Before(deadline); {
		next, err := r.service.Fates(ctx, pool, orders, after)
		if err != nil {
			return fmt.Errorf("read what became of the orders: %w", err)
		}
		if next == after {
			quiet++
		} else {
			quiet = 0
		}
		after = next
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
