package simulate

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// Code reads the sandbox that takes the place of the network of phones.
func (s *Service) Code(ctx context.Context, phone string) (string, error) {
	var inbox struct {
		Messages []struct {
			Code string `json:"code"`
		} `json:"messages"`
	}
	target := s.Ticketing + "/internal/v1/sms?" + url.Values{"phone": {phone}}.Encode()
	if err := s.call(ctx, http.MethodGet, target, s.TicketingKey, nil, &inbox); err != nil {
		return "", fmt.Errorf("read text messages: %w", err)
	}
	for _, m := range inbox.Messages { // newest first
		if m.Code != "" {
			return m.Code, nil
		}
	}
	return "", nil
}

// Through books for a partner's channel, as its own system would. A channel
// that is not there is made: it may sell of general sale.
func (s *Service) Through(ctx context.Context, channel, key string, order any) (id, account string, err error) {
	err = s.call(ctx, http.MethodPut, s.Ticketing+"/internal/v1/channels/"+channel, s.TicketingKey, map[string]any{
		"kind": "partner", "name": "Simulated partner", "active": true, "spill": true,
	}, nil)
	if err != nil {
		return "", "", fmt.Errorf("make a channel: %w", err)
	}
	var booked struct {
		OrderID string `json:"order_id"`
		Account string `json:"account_id"`
	}
	err = s.callWith(ctx, http.MethodPost, s.Ticketing+"/internal/v1/channels/"+channel+"/orders", s.TicketingKey, key, order, &booked)
	return booked.OrderID, booked.Account, err
}

// Through books what is wished through the actor's channel, past the gateway.
// The attempt stands where any other does.
func (v *Visit) Through(ctx context.Context, w Wish) {
	if v.scene.House == nil {
		return
	}
	attempt := Attempt{Pool: w.Pool, Day: w.Day, At: v.now(), Result: ResultAccepted}
	id, account, err := v.scene.House.Through(ctx, v.Actor.Channel, v.key(), v.order(w).body)
	if attempt.OrderID = id; err != nil || id == "" {
		attempt.Result = ResultHouse
	} else {
		v.Actor.account = account
	}
	v.note(func(s *Seen) { s.Attempts = append(s.Attempts, attempt) })
}

// partner names a new partner's channel.
func (w *World) partner() string {
	w.next++
	return fmt.Sprintf("partner-%d-%d", w.run%1_000_000, w.next)
}

// text waits for a code on the actor's phone and types it in.
func (v *Visit) text(ctx context.Context) (string, bool) {
	if v.scene.House == nil {
		return "", false
	}
	delay := v.world.meets.typing
	switch {
	case v.Actor.codeDelay != nil:
		delay = *v.Actor.codeDelay
	case v.Actor.Hostile:
		delay = v.world.meets.smsPrice
	}
	for range 3 {
		if !v.pause(ctx, delay) {
			return "", false
		}
		if code, err := v.scene.House.Code(ctx, v.Actor.Traits.Phone); err == nil && code != "" {
			return code, true
		}
	}
	return "", false
}

// open opens a session of the actor's account, and before that the account
// where there is none.
func (v *Visit) open(ctx context.Context) bool {
	if v.Actor.ByCode {
		if in, stopped := v.openByCode(ctx); in || stopped {
			return in
		}
		v.Actor.ByCode = false // no message came
	}
	if !v.Actor.Member && (!v.Register(ctx) || !v.pause(ctx, v.world.habits.perPerson)) {
		return false
	}
	in, _ := v.SignIn(ctx, v.Actor.Traits.Phone, v.Actor.Traits.Password)
	return in
}

// openByCode signs in with a code by text message, which opens the account
// where there is none; stopped says that the gate was in the way.
func (v *Visit) openByCode(ctx context.Context) (in, stopped bool) {
	phone := v.Actor.Traits.Phone
	if phone[0] == '+' { // messages go to mainland numbers only
		return false, false
	}
	if result := v.AskCode(ctx, phone); result != ResultAccepted {
		return false, result == ResultRefused || result == ResultAbandoned
	}
	code, ok := v.text(ctx)
	if !ok {
		return false, ctx.Err() != nil
	}
	a, result := v.do(ctx, request{
		method: http.MethodPost, path: "/api/v1/sessions", body: map[string]string{"phone": phone, "code": code}, idempotency: v.key(),
	})
	if result != ResultAccepted || !v.keepSession(a) {
		return false, result == ResultRefused || result == ResultAbandoned
	}
	v.note(func(s *Seen) { s.Codes++ })
	v.Actor.Member = true
	return true, false
}
