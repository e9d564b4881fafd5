package ticketing

import (
	"fmt"
	"slices"
)

// ProductKind names a kind of ticket.
type ProductKind string

// The kinds of ticket.
const (
	ProductSingle      ProductKind = "single"       // one person
	ProductParentChild ProductKind = "parent_child" // at least one adult with at least one child
	ProductDouble      ProductKind = "double"       // two persons
	ProductChild       ProductKind = "child"        // one child
	ProductGroup       ProductKind = "group"        // a leader's list of persons
)

// Valid reports whether k is one of the known kinds.
func (k ProductKind) Valid() bool {
	switch k {
	case ProductSingle, ProductParentChild, ProductDouble, ProductChild, ProductGroup:
		return true
	}
	return false
}

// Product is a type of ticket that a pool offers. A pool without products
// offers one implicit type: one person, one place, the pool's price. For a
// group, price and places are each person's, and Persons is the fewest.
type Product struct {
	ID       string      `json:"id"`
	Name     string      `json:"name"`
	Kind     ProductKind `json:"kind"`
	PriceFen int64       `json:"price_fen"`         // of one ticket, in fen, 1/100 yuan
	Persons  int         `json:"persons"`           // that one ticket admits
	Places   int         `json:"places"`            // that one ticket draws from the capacity, at most its persons
	MaxAge   int         `json:"max_age,omitempty"` // of a child, in full years on the visit day; 0 = not checked
}

// Bounds of a pool's products.
const (
	maxProducts       = 50
	maxProductPersons = 20
	maxGroup          = 500 // persons of one group booking
	adultAge          = 18  // full years
)

// validate names the first field that is wrong.
func (p Product) validate(field string) error {
	if !validPoolID(p.ID) {
		return invalidField(field+".id", "want 1 to 64 of a-z, 0-9, _ and -, got %q", shorten(p.ID))
	}
	if p.Name == "" || len(p.Name) > maxPoolName {
		return invalidField(field+".name", "want 1 to %d bytes, got %d", maxPoolName, len(p.Name))
	}
	if !p.Kind.Valid() {
		return invalidField(field+".kind", "not a kind of ticket: %q", shorten(string(p.Kind)))
	}
	if p.PriceFen < 0 || p.PriceFen > maxPriceFen {
		return invalidField(field+".price_fen", "want 0 to %d, got %d", maxPriceFen, p.PriceFen)
	}
	low, high, places := 1, 1, p.Persons
	switch p.Kind {
	case ProductSingle, ProductChild:
	case ProductDouble:
		low, high = 2, 2
	case ProductParentChild:
		low, high = 2, maxProductPersons
	case ProductGroup:
		low, high, places = 1, maxGroup, 1
	}
	if p.Persons < low || p.Persons > high {
		return invalidField(field+".persons", "want %d to %d for a %s ticket, got %d", low, high, p.Kind, p.Persons)
	}
	if p.Places < 0 || p.Places > places {
		return invalidField(field+".places", "want 0 to %d, got %d", places, p.Places)
	}
	if p.MaxAge < 0 || p.MaxAge > adultAge {
		return invalidField(field+".max_age", "want 0 to %d, got %d", adultAge, p.MaxAge)
	}
	return nil
}

func validateProducts(products []Product) error {
	if len(products) > maxProducts {
		return invalidField("products", "want at most %d, got %d", maxProducts, len(products))
	}
	for i, p := range products {
		field := fmt.Sprintf("products[%d]", i)
		if err := p.validate(field); err != nil {
			return err
		}
		if slices.ContainsFunc(products[:i], func(o Product) bool { return o.ID == p.ID }) {
			return invalidField(field+".id", "another product is named %q too", p.ID)
		}
	}
	return nil
}

// product finds one of the pool's products.
func (p Pool) product(id string) (Product, bool) {
	i := slices.IndexFunc(p.Products, func(o Product) bool { return o.ID == id })
	if i < 0 {
		return Product{}, false
	}
	return p.Products[i], true
}

// allot makes tickets of the positions: it numbers them and says what each
// position costs and draws. A ticket for several persons is made of that many
// positions one after another.
func (p Pool) allot(positions []Position) error {
	if len(p.Products) == 0 {
		for i := range positions {
			if positions[i].Product != "" {
				return invalidField(fmt.Sprintf("positions[%d].product", i), "the pool has no ticket types")
			}
			positions[i].Unit, positions[i].PriceFen, positions[i].Places = i, p.PriceFen, 1
		}
		return nil
	}
	for unit, at := 0, 0; at < len(positions); unit++ {
		product, known := p.product(positions[at].Product)
		if !known {
			return invalidField(fmt.Sprintf("positions[%d].product", at), "want one of the pool's ticket types, got %q", shorten(positions[at].Product))
		}
		end := at
		for end < len(positions) && positions[end].Product == product.ID && (product.Kind == ProductGroup || end-at < product.Persons) {
			end++
		}
		if end-at < product.Persons {
			return invalidField(fmt.Sprintf("positions[%d].product", at), "a ticket %q is for %d persons, got %d", product.ID, product.Persons, end-at)
		}
		for i := at; i < end; i++ {
			price, places := product.PriceFen, product.Places
			if product.Kind != ProductGroup {
				places = 0
				if i-at < product.Places {
					places = 1
				}
				if i > at {
					price = 0 // the first carries the ticket's price
				}
			}
			positions[i].Unit, positions[i].PriceFen, positions[i].Places = unit, price, places
		}
		at = end
	}
	return nil
}

// admit checks ages on the visit day, where documents tell them, and ties
// minors to adults where the pool says so.
func (p Pool) admit(positions []Position, on Date) error {
	for at := 0; at < len(positions); {
		end := at + 1
		for end < len(positions) && positions[end].Unit == positions[at].Unit {
			end++
		}
		if product, known := p.product(positions[at].Product); known {
			if err := product.admit(positions[at:end], at, on); err != nil {
				return err
			}
		}
		at = end
	}
	if err := p.Rules.ofAge(positions, on); err != nil {
		return err
	}
	return p.Rules.tieMinors(positions, on)
}

// admit checks the ages of one ticket's persons, the first of whom stands at
// index at in the order.
func (p Product) admit(persons []Position, at int, on Date) error {
	if p.MaxAge == 0 {
		return nil
	}
	children, adults := 0, 0
	for i, person := range persons {
		age, known := person.ageOn(on)
		if p.Kind == ProductChild && known && age > p.MaxAge {
			return invalidField(fmt.Sprintf("positions[%d].document", at+i), "a ticket %q is for children up to %d years on the visit day", p.ID, p.MaxAge)
		}
		if !known || age <= p.MaxAge {
			children++
		}
		if !known || age >= adultAge {
			adults++
		}
	}
	if p.Kind != ProductParentChild {
		return nil
	}
	if children == 0 {
		return invalidField(fmt.Sprintf("positions[%d].product", at), "a ticket %q needs a child up to %d years on the visit day", p.ID, p.MaxAge)
	}
	if adults == 0 {
		return invalidField(fmt.Sprintf("positions[%d].product", at), "a ticket %q needs an adult", p.ID)
	}
	return nil
}
