package httpapi

import (
	"context"
	"net/http"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"fairgate/ticketing"
)

// routeHouse mounts what the house does. Enforcement may withdraw and
// reinstate, operations may set up pools and reconcile; both may read orders.
func (a *api) routeHouse(r fiber.Router) {
	enforcement := requireKeyHandler(a.access.enforcement.check)
	operations := requireKeyHandler(a.access.operations.check)
	either := requireKeyHandler(a.access.either.check)
	r.Get("/accounts/:account/orders", either, a.accountOrders)
	r.Post("/orders/:order/withdraw", enforcement, a.withdraw)
	r.Post("/orders/:order/reinstate", enforcement, a.reinstate)
	a.poolOperations()
	r.Post("/pools/:pool/plan", operations, a.plan)
	a.routeRelease(r, operations)
	r.Get("/pools/:pool/changes", operations, a.changes)
	r.Get("/outbox", operations, a.outbox)
	r.Get("/sms", operations, a.sandboxInbox)
}

func (a *api) accountOrders(c *fiber.Ctx) error {
	orders, err := a.service.Orders(c.UserContext(), c.Params("account"), states(c)...)
	if err != nil {
		return err
	}
	return c.JSON(showOrders(orders))
}

func (a *api) withdraw(c *fiber.Ctx) error {
	var body struct {
		ReasonCode string `json:"reason_code"`
		Receipt    string `json:"receipt"`
	}
	if err := decode(c, &body); err != nil {
		return err
	}
	o, err := a.service.Withdraw(c.UserContext(), call(c), c.Params("order"), body.ReasonCode, body.Receipt)
	if err != nil {
		return err
	}
	return c.JSON(showOrder(o))
}

func (a *api) reinstate(c *fiber.Ctx) error {
	o, err := a.service.Reinstate(c.UserContext(), call(c), c.Params("order"))
	if err != nil {
		return err
	}
	return c.JSON(showOrder(o))
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
		codes: []ticketing.Code{ticketing.CodeCapacityBooked, ticketing.CodeReleaseExceeds, ticketing.CodeDayStaged},
	}, a.putPool)
}

func (a *api) putPool(ctx context.Context, r *request[inPool, poolBody]) (pool, error) {
	p, err := a.service.PutPool(ctx, r.operator(), r.body.change(r.params.Pool))
	return showPool(p), err
}

func (a *api) outbox(c *fiber.Ctx) error {
	after, limit, err := page(c)
	if err != nil {
		return err
	}
	events, err := a.service.Events(c.UserContext(), after, limit)
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"events": append([]ticketing.Event{}, events...)})
}

// page reads ?after=&limit=.
func page(c *fiber.Ctx) (after int64, limit int, err error) {
	after, err = strconv.ParseInt(c.Query("after", "0"), 10, 64)
	if err != nil {
		return 0, 0, refuse(fiber.StatusUnprocessableEntity, string(ticketing.CodeInvalidField), "after", "not a number")
	}
	limit, err = strconv.Atoi(c.Query("limit", "200"))
	if err != nil {
		return 0, 0, refuse(fiber.StatusUnprocessableEntity, string(ticketing.CodeInvalidField), "limit", "not a number")
	}
	return after, limit, nil
}

// HeaderOperator names who, among those with the operations role, changes a
// pool. It is written to the pool's audit and grants nothing.
const HeaderOperator = "X-Operator"

// operator is the call with the name of who makes it.
func operator(c *fiber.Ctx) ticketing.Call {
	made := call(c)
	made.Actor = c.Get(HeaderOperator)
	return made
}

func (a *api) changes(c *fiber.Ctx) error {
	after, limit, err := page(c)
	if err != nil {
		return err
	}
	changes, err := a.service.Changes(c.UserContext(), c.Params("pool"), after, limit)
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"changes": append([]ticketing.Change{}, changes...)})
}
