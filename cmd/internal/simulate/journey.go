package simulate

import (
	"context"
	"time"
)

// pause is a pause for thought, drawn from a parameter. Short runs leave no time
// to think: there people are brisk, a median of about two seconds where real
// visitors take twenty.
func (v *Visit) pause(ctx context.Context, p Param) bool {
	if v.world.Long {
		return v.wait(ctx, v.time(p))
	}
	return v.wait(ctx, v.between(800*time.Millisecond, 6*time.Second))
}

// think is a person's pause on a page.
func (v *Visit) think(ctx context.Context) bool { return v.pause(ctx, v.world.habits.think) }

// playVisitor is what most people do: for each wish they come, look around,
// wait for the opening where the day is not open yet, and book.
func playVisitor(ctx context.Context, v *Visit) {
	for i, w := range v.Actor.Wishes {
		if !v.until(ctx, w.At) || !v.take(ctx) {
			return
		}
		orders := v.visit(ctx, w)
		v.give()
		if i == len(v.Actor.Wishes)-1 {
			v.afterwards(ctx, w, orders)
		}
	}
}

// visit is one visit to the site, by hand; it gives the orders that were made.
func (v *Visit) visit(ctx context.Context, w Wish) []string {
	if !v.browse(ctx, w.Pool) || !v.enter(ctx) || !v.awaitOpening(ctx, w) {
		return nil
	}
	return v.book(ctx, w)
}

// browse is how anybody comes to a booking by hand: entrance, the pool's page,
// the stock; each with a pause, beacons where the browser sends them.
func (v *Visit) browse(ctx context.Context, pool string) bool {
	v.hand = true
	h := v.world.habits
	if !v.world.Long || !v.happens(h.deepLink) {
		v.Page(ctx)
		if v.world.Long && v.happens(h.reload) {
			v.Page(ctx)
		}
		if !v.think(ctx) {
			return false
		}
	}
	v.Detail(ctx, pool)
	v.Beacon(ctx)
	if !v.think(ctx) {
		return false
	}
	if v.world.Long && v.happens(h.moves) {
		v.Move()
	}
	v.readStock(ctx, pool)
	return ctx.Err() == nil
}

// sessionGood is for how long a session is used before its holder signs in
// again; ticketing's last a day.
const sessionGood = 20 * time.Hour

// enter sees to an account and a session. In a short world everybody has both.
func (v *Visit) enter(ctx context.Context) bool {
	if v.Actor.token != "" && (!v.world.Long || v.now().Sub(v.Actor.since) < sessionGood) {
		return ctx.Err() == nil
	}
	h := v.world.habits
	if !v.pause(ctx, h.perPerson) {
		return false
	}
	if v.Actor.Member && !v.Actor.ByCode && v.happens(h.wrongPassword) {
		v.SignIn(ctx, v.Actor.Traits.Phone, v.Actor.Traits.Password+"1")
		if !v.pause(ctx, h.perPerson) {
			return false
		}
	}
	return v.open(ctx)
}

// awaitOpening is the excited refreshing before a sale: irregular, a few
// seconds apart.
func (v *Visit) awaitOpening(ctx context.Context, w Wish) bool {
	h := v.world.habits
	for left := w.Opens - v.since(); left > 0; left = w.Opens - v.since() {
		pause, react := v.between(1500*time.Millisecond, 9*time.Second), v.between(200*time.Millisecond, 3*time.Second)
		if v.world.Long {
			pause, react = v.time(h.refresh), v.time(h.react)
		}
		if pause > left {
			if !v.wait(ctx, left) || !v.wait(ctx, react) {
				return false
			}
			if v.world.Long {
				v.readStock(ctx, w.Pool)
			}
			return true
		}
		if !v.wait(ctx, pause) {
			return false
		}
		v.readStock(ctx, w.Pool)
	}
	return ctx.Err() == nil
}

// fill is the time that the form takes.
func (v *Visit) fill(ctx context.Context, w Wish) bool {
	v.hand = true
	if !v.world.Long {
		return v.wait(ctx, v.between(1500*time.Millisecond, 9*time.Second))
	}
	h := v.world.habits
	took := v.time(h.form)
	for range min(len(w.Party), 12) - 1 { // longer lists are uploaded
		took += v.time(h.perPerson)
	}
	if w.Opens > 0 && v.since()-w.Opens < time.Minute {
		took /= 3 // prepared, and in a hurry
	}
	ok := v.wait(ctx, took)
	v.FormBeacon(ctx, len(w.Party))
	return ok
}

// book is a person's booking: fill in the form, submit, look at the order. A
// day that is full is given up for another, or waited for.
func (v *Visit) book(ctx context.Context, w Wish) (orders []string) {
	if !v.fill(ctx, w) {
		return nil
	}
	for range 3 {
		a := v.Submit(ctx, w)
		if a.Result == ResultAccepted {
			v.pay(ctx, a)
			return []string{a.OrderID}
		}
		if a.Result != ResultHouse || a.Code != codeSoldOut && a.Code != codeNotOpen {
			return nil
		}
		if !v.think(ctx) {
			return nil
		}
		if w.Day = v.freeDay(ctx, w); w.Day == "" || !v.think(ctx) {
			return nil
		}
	}
	return nil
}

// freeDay refreshes until a day has places enough, or patience ends. The wished
// day comes first.
func (v *Visit) freeDay(ctx context.Context, w Wish) string {
	if !v.world.Long {
		v.readStock(ctx, w.Pool)
		return v.world.Days[v.rng.IntN(len(v.world.Days))]
	}
	h := v.world.habits
	for range v.count(h.patience, 1) {
		left := v.readStock(ctx, w.Pool).left()
		if left[w.Day] >= len(w.Party) {
			return w.Day
		}
		today := int(v.since() / day)
		for range 4 {
			i := today + 1 + v.rng.IntN(Ahead)
			if other := v.world.Days[min(i, len(v.world.Days)-1)]; left[other] >= len(w.Party) {
				return other
			}
		}
		if !v.wait(ctx, v.time(h.refresh)) {
			return ""
		}
	}
	return ""
}

// pay settles an order that costs something.
func (v *Visit) pay(ctx context.Context, a Attempt) {
	h := v.world.habits
	if a.held && !v.happens(h.neverPays) && v.wait(ctx, v.time(h.paying)) {
		v.Pay(ctx, a.OrderID)
	}
}

// afterwards is what some people do days later: look the order up, give it up,
// move it, or give it to somebody they know.
func (v *Visit) afterwards(ctx context.Context, w Wish, orders []string) {
	h := v.world.habits
	if !v.world.Long || len(orders) == 0 {
		return
	}
	gives, moves, shares := v.happens(h.cancels), v.happens(h.changes), v.happens(h.transfers) && v.Actor.Friend != ""
	if !gives && !moves && !shares && !v.happens(h.looksIn) {
		return
	}
	if !v.wait(ctx, v.between(10*time.Minute, 60*time.Hour)) || !v.take(ctx) {
		return
	}
	defer v.give()
	v.Page(ctx)
	if !v.think(ctx) || !v.enter(ctx) {
		return
	}
	v.Orders(ctx)
	if !v.think(ctx) {
		return
	}
	switch {
	case gives:
		v.Cancel(ctx, orders[0])
	case moves:
		if to := v.freeDay(ctx, Wish{Pool: w.Pool, Party: w.Party}); to != "" {
			v.Change(ctx, orders[0], to)
		}
	case shares:
		v.Transfer(ctx, orders[0], v.Actor.Friend, nil)
	}
}
