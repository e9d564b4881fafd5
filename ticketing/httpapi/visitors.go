package httpapi

import (
	"context"
	"net/http"

	"fairgate/ticketing"
)

// visitorOperations are what visitors do, behind the gateway's signature.
func (a *api) visitorOperations() {
	a.accountOperations()
	a.stockOperations()
	a.bookOperations()
	a.orderOperations()
}

// stockOperations show what there is to book.
func (a *api) stockOperations() {
	handle(a, operation{
		method: http.MethodGet, path: "/api/v1/pools", id: "list-pools", access: a.access.visitor, versioned: true,
		summary: "The pools, each a kind of admission",
	}, a.pools)
	handle(a, operation{
		method: http.MethodGet, path: "/api/v1/pools/{pool}", id: "get-pool", access: a.access.visitor, versioned: true,
		summary: "A pool with its rules and ticket types", codes: []ticketing.Code{ticketing.CodeNotFound},
	}, a.pool)
	handle(a, operation{
		method: http.MethodGet, path: "/api/v1/pools/{pool}/stock", id: "get-stock", access: a.access.visitor, versioned: true,
		summary: "What is left on the days of a pool", codes: []ticketing.Code{ticketing.CodeNotFound},
	}, a.stock)
}

type poolList struct {
	Pools []pool `json:"pools"`
}

type inPools struct {
	Kind string `query:"kind" doc:"Only pools of this kind."`
}

func (a *api) pools(ctx context.Context, r *request[inPools, none]) (poolList, error) {
	pools, err := a.service.Pools(ctx)
	if err != nil {
		return poolList{}, err
	}
	if pools, err = ofKind(pools, r.params.Kind); err != nil {
		return poolList{}, err
	}
	rules, err := a.rules(ctx)
	if err != nil {
		return poolList{}, err
	}
	shown := poolList{Pools: make([]pool, len(pools))}
	var version int64
	for i, p := range pools {
		shown.Pools[i] = showPool(p)
		shown.Pools[i].RulesVersion = rules.RulesFor(p.ID)
		version += p.Version
	}
	r.version(version, rules.Rules)
	return shown, nil
}

func (a *api) pool(ctx context.Context, r *request[inPool, none]) (pool, error) {
	p, err := a.service.Pool(ctx, r.params.Pool)
	if err != nil {
		return pool{}, err
	}
	rules, err := a.rules(ctx)
	if err != nil {
		return pool{}, err
	}
	shown := showPool(p)
	shown.RulesVersion = rules.RulesFor(p.ID)
	r.version(p.Version, shown.RulesVersion)
	return shown, nil
}

type inStock struct {
	Pool string `path:"pool" doc:"The pool's id."`
	From string `query:"from" doc:"The first day, such as 2026-05-10; by default today."`
	To   string `query:"to" doc:"The last day."`
}

func (a *api) stock(ctx context.Context, r *request[inStock, none]) (stock, error) {
	s, err := a.service.Stock(ctx, r.params.Pool, r.params.From, r.params.To)
	if err != nil {
		return stock{}, err
	}
	r.version(s.Version)
	return showStock(s), nil
}
