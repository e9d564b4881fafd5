package httpapi

import (
	"context"
	"net/http"
	"strings"

	"fairgate/ticketing"
)

// bookingCodes are the refusals of whatever takes places.
func bookingCodes() []ticketing.Code {
	return []ticketing.Code{
		ticketing.CodeNotFound, ticketing.CodeSlotNeeded, ticketing.CodeAdultNeeded, ticketing.CodeSoldOut, ticketing.CodeDocumentTaken,
		ticketing.CodeNotOpen, ticketing.CodeDateUnavailable, ticketing.CodeSlotUnavailable, ticketing.CodePersonLimit,
		ticketing.CodeIdentityLimit, ticketing.CodeFrozen, ticketing.CodeDocumentUnknown, ticketing.CodeTooYoung, ticketing.CodeTooOld, ticketing.CodeSignedUp,
	}
}

// bookOperations are what a visitor books with.
func (a *api) bookOperations() {
	handle(a, operation{
		method: http.MethodPost, path: "/api/v1/orders", id: "submit-order", access: a.access.signedIn, status: http.StatusCreated,
		summary: "Book places on one day of a pool, one position a person",
		describe: "A free order is provisional or confirmed at once; one that costs something, or that asks for it, is held for as " +
			"long as the pool says and then paid or confirmed.",
		codes: append(bookingCodes(), ticketing.CodeRulesChanged), example: orderExample(), rate: rateSubmit,
	}, a.book)
	a.groupOperations()
}

// orderOperations are what a visitor does with orders of their own. Another's
// order is answered as one that does not exist.
func (a *api) orderOperations() {
	act := func(verb, id, summary string, codes ...ticketing.Code) operation {
		return operation{
			method: http.MethodPost, path: "/api/v1/orders/{order}/" + verb, id: id, access: a.access.signedIn, summary: summary,
			codes: append(codes, ticketing.CodeNotFound, ticketing.CodeInvalidState, ticketing.CodeEntered),
			rate:  rateChange,
		}
	}
	handle(a, operation{
		method: http.MethodGet, path: "/api/v1/orders", id: "list-orders", access: a.access.signedIn, summary: "The visitor's orders, newest first",
	}, a.orders)
	handle(a, operation{
		method: http.MethodGet, path: "/api/v1/orders/{order}", id: "get-order", access: a.access.signedIn,
		summary: "An order with its tickets", codes: []ticketing.Code{ticketing.CodeNotFound},
	}, a.order)
	handle(a, act("pay", "pay-order", "Pay a held order", ticketing.CodeHoldExpired, ticketing.CodeNothingToPay), a.act(a.service.Pay))
	handle(a, act("confirm", "confirm-order", "Confirm a held order that costs nothing",
		ticketing.CodeHoldExpired, ticketing.CodePaymentRequired), a.act(a.service.Confirm))
	cancel := act("cancel", "cancel-order", "Give up an order, or the positions that the body names",
		ticketing.CodeTooLate, ticketing.CodeAdultNeeded)
	cancel.bodyOptional = true
	handle(a, cancel, a.cancel)
	handle(a, act("change", "change-order", "Move an order to another day or slot",
		append(bookingCodes(), ticketing.CodeTooLate, ticketing.CodeHoldExpired)...), a.change)
	transfer := act("transfer", "transfer-order", "Give an order to another account, with other visitors where they are named",
		append(bookingCodes(), ticketing.CodeTooLate, ticketing.CodeHoldExpired, ticketing.CodeRecipientUnknown)...)
	transfer.rate = rateTransfer
	handle(a, transfer, a.transfer)
}

func (a *api) book(ctx context.Context, r *request[none, orderBody]) (order, error) {
	b := r.body.booking()
	b.Channel = r.session().Channel
	o, err := a.service.Book(ctx, r.call(), r.session().AccountID, b)
	return showOrder(o), err
}

func (b orderBody) booking() ticketing.Booking {
	return ticketing.Booking{
		Pool: b.Pool, Date: b.Date, Slot: b.Slot, Hold: b.Hold, Visitors: visitors(b.Positions), Answers: b.Answers,
		RulesVersion: b.RulesVersion,
	}
}

type inOrders struct {
	States string `query:"states" doc:"Only orders in these states, separated by commas."`
	After  string `query:"after" doc:"What the page before gave as next."`
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"500" doc:"How many at most."`
}

// states are those asked for.
func states(list string) []ticketing.State {
	var out []ticketing.State
	for name := range strings.SplitSeq(list, ",") {
		if name != "" {
			out = append(out, ticketing.State(name))
		}
	}
	return out
}

func (a *api) orders(ctx context.Context, r *request[inOrders, none]) (orderList, error) {
	orders, next, err := a.service.Orders(ctx, r.session().AccountID, ticketing.OrderQuery{
		States: states(r.params.States), After: r.params.After, Limit: r.params.Limit,
	})
	return showOrders(orders, next), err
}

// inOrder is the path of what is done with one order.
type inOrder struct {
	Order string `path:"order" doc:"The order's id."`
}

func (a *api) order(ctx context.Context, r *request[inOrder, none]) (order, error) {
	o, tickets, err := a.service.OrderWithTickets(ctx, r.session().AccountID, r.params.Order)
	if err != nil {
		return order{}, err
	}
	r.secret()
	return showTickets(o, tickets), nil
}

// showTickets shows an order with the codes of its tickets, where it has some.
func showTickets(o ticketing.Order, tickets []string) order {
	shown := showOrder(o)
	for i, code := range tickets {
		shown.Positions[i].Ticket = code
	}
	return shown
}

// act handles what needs nothing but the order; a body is ignored.
func (a *api) act(
	do func(ctx context.Context, call ticketing.Call, account, id string) (ticketing.Order, error),
) func(ctx context.Context, r *request[inOrder, none]) (order, error) {
	return func(ctx context.Context, r *request[inOrder, none]) (order, error) {
		o, err := do(ctx, r.call(), r.session().AccountID, r.params.Order)
		return showOrder(o), err
	}
}

type cancelBody struct {
	Positions *[]string `json:"positions" required:"false" doc:"Position ids; without it the whole order."`
}

// cancel gives up an order, or, where the body names positions, only those.
func (a *api) cancel(ctx context.Context, r *request[inOrder, cancelBody]) (order, error) {
	if r.body.Positions == nil {
		o, err := a.service.Cancel(ctx, r.call(), r.session().AccountID, r.params.Order)
		return showOrder(o), err
	}
	o, err := a.service.CancelPositions(ctx, r.call(), r.session().AccountID, r.params.Order, *r.body.Positions)
	return showOrder(o), err
}

type changeBody struct {
	Date string `json:"date"`
	Slot string `json:"slot" required:"false"`
}

func (a *api) change(ctx context.Context, r *request[inOrder, changeBody]) (order, error) {
	o, err := a.service.ChangeDate(ctx, r.call(), r.session().AccountID, r.params.Order, r.body.Date, r.body.Slot)
	return showOrder(o), err
}

func (a *api) transfer(ctx context.Context, r *request[inOrder, transferBody]) (order, error) {
	o, err := a.service.Transfer(ctx, r.call(), r.session().AccountID, r.params.Order, ticketing.Transfer{
		ToAccountID: r.body.ToAccountID, ToPhone: r.body.ToPhone, Visitors: visitors(r.body.Positions),
	})
	return showOrder(o), err
}
