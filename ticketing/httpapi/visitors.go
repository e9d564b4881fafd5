package httpapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"

	"fairgate/ticketing"
)

// routeVisitors mounts what visitors do, behind the gateway's signature.
func (a *api) routeVisitors(r fiber.Router) {
	a.routeAccounts(r)
	a.bookOperations()
	r.Get("/pools", a.pools)
	r.Get("/pools/:pool/stock", a.stock)
	r.Post("/orders/group", a.requireSession, a.bookGroup)
	r.Get("/orders", a.requireSession, a.orders)
	r.Get("/orders/:order", a.requireSession, a.order)
	r.Post("/orders/:order/pay", a.requireSession, a.act(a.service.Pay))
	r.Post("/orders/:order/confirm", a.requireSession, a.act(a.service.Confirm))
	r.Post("/orders/:order/cancel", a.requireSession, a.cancel)
	r.Post("/orders/:order/change", a.requireSession, a.change)
	r.Post("/orders/:order/transfer", a.requireSession, a.transfer)
}

func (a *api) pools(c *fiber.Ctx) error {
	pools, err := a.service.Pools(c.UserContext())
	if err != nil {
		return err
	}
	if pools, err = ofKind(pools, c.Query("kind")); err != nil {
		return err
	}
	shown := make([]pool, len(pools))
	for i, p := range pools {
		shown[i] = showPool(p)
	}
	return c.JSON(fiber.Map{"pools": shown})
}

// bookOperations are what a visitor books with.
func (a *api) bookOperations() {
	handle(a, operation{
		method: http.MethodGet, path: "/api/v1/pools/{pool}", id: "get-pool", access: a.access.visitor,
		summary: "A pool with its rules and ticket types", codes: []ticketing.Code{ticketing.CodeNotFound},
	}, a.pool)
	handle(a, operation{
		method: http.MethodPost, path: "/api/v1/orders", id: "submit-order", access: a.access.signedIn, status: http.StatusCreated,
		summary: "Book places on one day of a pool, one position a person",
		describe: "A free order is provisional or confirmed at once; one that costs something, or that asks for it, is held for as " +
			"long as the pool says and then paid or confirmed.",
		codes: []ticketing.Code{
			ticketing.CodeNotFound, ticketing.CodeSlotNeeded, ticketing.CodeAdultNeeded, ticketing.CodeSoldOut, ticketing.CodeDocumentTaken,
			ticketing.CodeNotOpen, ticketing.CodeDateUnavailable, ticketing.CodeSlotUnavailable, ticketing.CodePersonLimit,
			ticketing.CodeIdentityLimit, ticketing.CodeFrozen, ticketing.CodeTooYoung, ticketing.CodeTooOld, ticketing.CodeSignedUp,
		},
		example: orderExample(),
	}, a.book)
}

func (a *api) pool(ctx context.Context, r *request[inPool, none]) (pool, error) {
	p, err := a.service.Pool(ctx, r.params.Pool)
	return showPool(p), err
}

func (a *api) stock(c *fiber.Ctx) error {
	s, err := a.service.Stock(c.UserContext(), c.Params("pool"), c.Query("from"), c.Query("to"))
	if err != nil {
		return err
	}
	return c.JSON(showStock(s))
}

func (a *api) book(ctx context.Context, r *request[none, orderBody]) (order, error) {
	o, err := a.service.Book(ctx, r.call(), r.session().AccountID, ticketing.Booking{
		Pool: r.body.Pool, Date: r.body.Date, Slot: r.body.Slot, Hold: r.body.Hold, Visitors: visitors(r.body.Positions),
		Answers: r.body.Answers,
	})
	return showOrder(o), err
}

func (a *api) orders(c *fiber.Ctx) error {
	orders, err := a.service.Orders(c.UserContext(), session(c).AccountID, states(c)...)
	if err != nil {
		return err
	}
	return c.JSON(showOrders(orders))
}

// states reads ?states=held,provisional.
func states(c *fiber.Ctx) []ticketing.State {
	var out []ticketing.State
	for name := range strings.SplitSeq(c.Query("states"), ",") {
		if name != "" {
			out = append(out, ticketing.State(name))
		}
	}
	return out
}

func (a *api) order(c *fiber.Ctx) error {
	o, tickets, err := a.service.OrderWithTickets(c.UserContext(), session(c).AccountID, c.Params("order"))
	if err != nil {
		return err
	}
	shown := showOrder(o)
	for i, code := range tickets {
		shown.Positions[i].Ticket = code
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.JSON(shown)
}

// act handles what needs nothing but the order; a body is ignored.
func (a *api) act(do func(ctx context.Context, call ticketing.Call, account, id string) (ticketing.Order, error)) fiber.Handler {
	return func(c *fiber.Ctx) error {
		o, err := do(c.UserContext(), call(c), session(c).AccountID, c.Params("order"))
		if err != nil {
			return err
		}
		return c.JSON(showOrder(o))
	}
}

// cancel gives up an order, or, where the body names positions, only those.
func (a *api) cancel(c *fiber.Ctx) error {
	var body struct {
		Positions *[]string `json:"positions"`
	}
	if len(c.BodyRaw()) > 0 {
		if err := decode(c, &body); err != nil {
			return err
		}
	}
	if body.Positions == nil {
		return a.act(a.service.Cancel)(c)
	}
	o, err := a.service.CancelPositions(c.UserContext(), call(c), session(c).AccountID, c.Params("order"), *body.Positions)
	if err != nil {
		return err
	}
	return c.JSON(showOrder(o))
}

func (a *api) change(c *fiber.Ctx) error {
	var body struct {
		Date string `json:"date"`
		Slot string `json:"slot"`
	}
	if err := decode(c, &body); err != nil {
		return err
	}
	o, err := a.service.ChangeDate(c.UserContext(), call(c), session(c).AccountID, c.Params("order"), body.Date, body.Slot)
	if err != nil {
		return err
	}
	return c.JSON(showOrder(o))
}

func (a *api) transfer(c *fiber.Ctx) error {
	var body transferBody
	if err := decode(c, &body); err != nil {
		return err
	}
	o, err := a.service.Transfer(c.UserContext(), call(c), session(c).AccountID, c.Params("order"), ticketing.Transfer{
		ToAccountID: body.ToAccountID, ToPhone: body.ToPhone, Visitors: visitors(body.Positions),
	})
	if err != nil {
		return err
	}
	return c.JSON(showOrder(o))
}
