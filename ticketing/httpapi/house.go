package httpapi

import (
	"context"
	"net/http"

	"fairgate/ticketing"
)

// houseOperations are what the house does. Enforcement may withdraw and
// reinstate, operations may set up pools and reconcile; both may read orders.
func (a *api) houseOperations() {
	handle(a, operation{
		method: http.MethodGet, path: "/internal/v1/accounts/{account}/orders", id: "list-account-orders", access: a.access.either,
		summary: "An account's orders, newest first",
	}, a.accountOrders)
	handle(a, operation{
		method: http.MethodPost, path: "/internal/v1/orders/{order}/withdraw", id: "withdraw-order", access: a.access.enforcement,
		summary: "Withdraw a provisional order",
		codes:   []ticketing.Code{ticketing.CodeNotFound, ticketing.CodeInvalidState, ticketing.CodeEntered, ticketing.CodePastCutoff},
	}, a.withdraw)
	handle(a, operation{
		method: http.MethodPost, path: "/internal/v1/orders/{order}/reinstate", id: "reinstate-order", access: a.access.enforcement,
		summary: "Give back what was withdrawn, where there is a place",
		codes: []ticketing.Code{
			ticketing.CodeNotFound, ticketing.CodeInvalidState, ticketing.CodePastCutoff, ticketing.CodeNoPlace, ticketing.CodeDocumentTaken,
		},
	}, a.reinstate)
	handle(a, operation{
		method: http.MethodPost, path: "/internal/v1/accounts/{account}/notice", id: "tell-account", access: a.access.enforcement,
		summary:  "Tell an account's holder something by a message to the phone",
		describe: "Once for an Idempotency-Key. Whom no message reaches is not told: state none.",
		codes:    []ticketing.Code{ticketing.CodeNotFound},
	}, a.tellAccount)
	a.stepUpOperations()
	a.saleOperations()
	a.poolOperations()
	a.releaseOperations()
	a.privacyOperations()
	a.inspectionOperations()
	a.channelOperations()
	handle(a, operation{
		method: http.MethodGet, path: "/internal/v1/outbox", id: "list-events", access: a.access.operations,
		summary: "What happened to orders, in the order in which it happened",
	}, a.outbox)
	handle(a, operation{
		method: http.MethodGet, path: "/internal/v1/sms", id: "list-sandbox-messages", access: a.access.operations,
		summary: "Messages that a sandbox was to send to a number, with their codes", codes: []ticketing.Code{ticketing.CodeNotConfigured},
	}, a.sandboxInbox)
}

type inAccountOrders struct {
	Account string `path:"account" doc:"The account's id."`
	States  string `query:"states" doc:"Only orders in these states, separated by commas."`
	After   string `query:"after" doc:"What the page before gave as next."`
	Limit   int    `query:"limit" default:"200" minimum:"1" maximum:"500" doc:"How many at most."`
}

func (a *api) accountOrders(ctx context.Context, r *request[inAccountOrders, none]) (orderList, error) {
	orders, next, err := a.service.Orders(ctx, r.params.Account, ticketing.OrderQuery{
		States: states(r.params.States), After: r.params.After, Limit: r.params.Limit,
	})
	return showOrders(orders, next), err
}

type withdrawBody struct {
	ReasonCode string `json:"reason_code" doc:"Why, as the visitor is told."`
	Receipt    string `json:"receipt" required:"false" doc:"What the visitor appeals with."`
}

func (a *api) withdraw(ctx context.Context, r *request[inOrder, withdrawBody]) (order, error) {
	o, err := a.service.Withdraw(ctx, r.call(), r.params.Order, r.body.ReasonCode, r.body.Receipt)
	return showOrder(o), err
}

func (a *api) reinstate(ctx context.Context, r *request[inOrder, none]) (order, error) {
	o, err := a.service.Reinstate(ctx, r.call(), r.params.Order)
	return showOrder(o), err
}

type inAccountNotice struct {
	Account string `path:"account" doc:"The account's id."`
}

type accountNoticeBody struct {
	Kind string `json:"kind" enum:"restriction_lifted" doc:"What is told: that a restriction was lifted."`
}

type accountNotice struct {
	Kind  string `json:"kind"`
	State string `json:"state" enum:"queued,none" doc:"Whether a message goes out; none: no phone is known, or none that messages are sent to."`
}

func (a *api) tellAccount(ctx context.Context, r *request[inAccountNotice, accountNoticeBody]) (accountNotice, error) {
	state, err := a.service.TellAccount(ctx, r.call(), r.params.Account, ticketing.MessagePurpose(r.body.Kind))
	return accountNotice{Kind: r.body.Kind, State: string(state)}, err
}

// inPool is the path of what belongs to one pool.
type inPool struct {
	Pool string `path:"pool" doc:"The pool's id."`
}

// poolOperations are those on the pools themselves.
func (a *api) poolOperations() {
	handle(a, operation{
		method: http.MethodPut, path: "/internal/v1/pools/{pool}", id: "put-pool", access: a.access.operations,
		summary: "Make a pool, or change what the body says of it",
		describe: "Days that are not named stay as they are. What is booked cannot be taken away. The change is audited under the " +
			"name in X-Operator and takes effect at once.",
		codes: []ticketing.Code{ticketing.CodeCapacityBooked, ticketing.CodeCapacityReserved, ticketing.CodeReleaseExceeds, ticketing.CodeDayStaged},
	}, a.putPool)
	handle(a, operation{
		method: http.MethodPost, path: "/internal/v1/pools/{pool}/plan", id: "plan-month", access: a.access.operations,
		summary: "Open a month by weekdays, holidays and special days", describe: "With dry_run it shows what it would do.",
		codes: []ticketing.Code{ticketing.CodeNotFound, ticketing.CodeCapacityBooked, ticketing.CodeCapacityReserved, ticketing.CodeReleaseExceeds, ticketing.CodeDayStaged},
	}, a.plan)
	handle(a, operation{
		method: http.MethodGet, path: "/internal/v1/pools/{pool}/changes", id: "list-pool-changes", access: a.access.operations,
		summary: "Who changed what of a pool", codes: []ticketing.Code{ticketing.CodeNotFound},
	}, a.changes)
}

func (a *api) putPool(ctx context.Context, r *request[inPool, poolBody]) (pool, error) {
	p, err := a.service.PutPool(ctx, r.operator(), r.body.change(r.params.Pool))
	return showPool(p), err
}

// inLog is where to go on in what is numbered.
type inLog struct {
	After int64 `query:"after" default:"0" doc:"The number after which to go on."`
	Limit int   `query:"limit" default:"200" minimum:"1" maximum:"1000" doc:"How many at most."`
}

// nextOf is where the page after a full one begins, after the last of its
// entries; the zero value after a page that is not full.
func nextOf[E any, K string | int64](page []E, limit int, key func(E) K) (next K) {
	if len(page) > 0 && len(page) == limit {
		next = key(page[len(page)-1])
	}
	return next
}

type eventList struct {
	Events []ticketing.Event `json:"events"`
	Next   int64             `json:"next,omitempty" doc:"Where to go on, as after; absent where nothing more was there."`
}

func (a *api) outbox(ctx context.Context, r *request[inLog, none]) (eventList, error) {
	events, err := a.service.Events(ctx, r.params.After, r.params.Limit)
	next := nextOf(events, r.params.Limit, func(e ticketing.Event) int64 { return e.Seq })
	return eventList{Events: append([]ticketing.Event{}, events...), Next: next}, err
}

type inChanges struct {
	Pool  string `path:"pool" doc:"The pool's id."`
	After int64  `query:"after" default:"0" doc:"The number after which to go on."`
	Limit int    `query:"limit" default:"200" minimum:"1" maximum:"1000" doc:"How many at most."`
}

type changeList struct {
	Changes []ticketing.Change `json:"changes"`
	Next    int64              `json:"next,omitempty" doc:"Where to go on, as after; absent where nothing more was there."`
}

func (a *api) changes(ctx context.Context, r *request[inChanges, none]) (changeList, error) {
	changes, err := a.service.Changes(ctx, r.params.Pool, r.params.After, r.params.Limit)
	return showChanges(changes, r.params.Limit), err
}

func showChanges(changes []ticketing.Change, limit int) changeList {
	next := nextOf(changes, limit, func(c ticketing.Change) int64 { return c.Seq })
	return changeList{Changes: append([]ticketing.Change{}, changes...), Next: next}
}

// HeaderOperator names who, among those with the operations role, changes a
// pool. It is written to the pool's audit and grants nothing.
const HeaderOperator = "X-Operator"
