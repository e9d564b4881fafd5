package httpapi

import (
	"context"
	"net/http"

	"fairgate/ticketing"
)

// saleOperations are what the house looks at while a sale runs.
func (a *api) saleOperations() {
	handle(a, operation{
		method: http.MethodGet, path: "/internal/v1/sales", id: "list-sales", access: a.access.operations,
		summary: "How the sale of every pool stands, over its days from today on",
	}, a.sales)
	handle(a, operation{
		method: http.MethodGet, path: "/internal/v1/pools", id: "list-house-pools", access: a.access.operations,
		summary: "The pools, each a kind of admission",
	}, a.pools)
	handle(a, operation{
		method: http.MethodGet, path: "/internal/v1/pools/{pool}", id: "get-house-pool", access: a.access.operations,
		summary: "A pool with its rules and ticket types", codes: []ticketing.Code{ticketing.CodeNotFound},
	}, a.pool)
	handle(a, operation{
		method: http.MethodGet, path: "/internal/v1/pools/{pool}/stock", id: "get-house-stock", access: a.access.operations,
		summary: "What is left on the days of a pool", codes: []ticketing.Code{ticketing.CodeNotFound},
	}, a.stock)
	handle(a, operation{
		method: http.MethodGet, path: "/internal/v1/orders/{order}", id: "get-house-order", access: a.access.operations,
		summary: "An order, masked", codes: []ticketing.Code{ticketing.CodeNotFound},
	}, a.houseOrder)
}

// poolSale is how the sale of a pool stands.
type poolSale struct {
	Pool     string       `json:"pool"`
	NameZH   string       `json:"name_zh"`
	NameEN   string       `json:"name_en"`
	Days     int          `json:"days" doc:"How many, from today on."`
	Capacity int          `json:"capacity"`
	Left     int          `json:"left" doc:"To be booked now."`
	Withheld int          `json:"withheld" doc:"Neither booked nor to be booked now."`
	Held     int          `json:"held" doc:"In orders that are not confirmed yet."`
	Sold     int          `json:"sold"`
	Next     *stageMoment `json:"next_stage,omitempty" doc:"The stage that fires next."`
	Last     *stageMoment `json:"last_stage,omitempty" doc:"The stage that fired last."`
}

// stageMoment is when a stage fires or fired.
type stageMoment struct {
	Pool   string           `json:"pool"`
	Date   ticketing.Date   `json:"date"`
	Stage  int              `json:"stage"`
	At     ticketing.Millis `json:"at"`
	Paused bool             `json:"paused"`
}

func showMoment(m ticketing.StageMoment) *stageMoment {
	if m.No == 0 {
		return nil
	}
	return &stageMoment{Pool: m.Pool, Date: m.Date, Stage: m.No, At: ticketing.Millis{Time: m.At}, Paused: m.Paused}
}

type saleList struct {
	Pools []poolSale `json:"pools"`
}

func (a *api) sales(ctx context.Context, _ *request[none, none]) (saleList, error) {
	sales, err := a.service.Sales(ctx)
	out := saleList{Pools: make([]poolSale, len(sales))}
	for i, s := range sales {
		out.Pools[i] = poolSale{
			Pool: s.Pool.ID, NameZH: s.Pool.Name, NameEN: s.Pool.NameEN, Days: s.Days, Capacity: s.Capacity, Left: s.Left,
			Withheld: s.Withheld, Held: s.Held, Sold: s.Sold, Next: showMoment(s.Next), Last: showMoment(s.Last),
		}
	}
	return out, err
}

func (a *api) houseOrder(ctx context.Context, r *request[inOrder, none]) (order, error) {
	o, err := a.service.HouseOrder(ctx, r.params.Order)
	return showOrder(o), err
}
