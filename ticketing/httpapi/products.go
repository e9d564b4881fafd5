package httpapi

import "fairgate/ticketing"

// product is a ticket type as the house sets it and visitors see it. Persons
// and places that are not given are those of the kind.
type product struct {
	ID       string                `json:"id"`
	Name     string                `json:"name"`
	Kind     ticketing.ProductKind `json:"kind"`
	PriceFen int64                 `json:"price_fen" required:"false"`
	Persons  int                   `json:"persons" required:"false"`
	Places   *int                  `json:"places" required:"false"`
	MaxAge   int                   `json:"max_age,omitempty"`
}

func showProducts(list []ticketing.Product) []product {
	out := make([]product, len(list))
	for i, p := range list {
		out[i] = product{ID: p.ID, Name: p.Name, Kind: p.Kind, PriceFen: p.PriceFen, Persons: p.Persons, Places: &p.Places, MaxAge: p.MaxAge}
	}
	return out
}

func products(bodies []product) *[]ticketing.Product {
	out := make([]ticketing.Product, len(bodies))
	for i, b := range bodies {
		p := ticketing.Product{ID: b.ID, Name: b.Name, Kind: b.Kind, PriceFen: b.PriceFen, Persons: b.Persons, MaxAge: b.MaxAge}
		if p.Persons == 0 {
			p.Persons = 1
			if p.Kind == ticketing.ProductDouble || p.Kind == ticketing.ProductParentChild {
				p.Persons = 2
			}
		}
		switch {
		case b.Places != nil:
			p.Places = *b.Places
		case p.Kind == ticketing.ProductGroup:
			p.Places = 1
		default:
			p.Places = p.Persons
		}
		out[i] = p
	}
	return &out
}

// rulesBody is a pool's rules as the house sets them.
type rulesBody ticketing.Rules
