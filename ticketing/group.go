package ticketing

import (
	"context"
	"fmt"
)

// GroupBooking asks for places for a leader's list of persons, of a product for
// groups. The leader answers for the group and need not be on the list.
type GroupBooking struct {
	Pool        string
	Date        string
	Slot        string
	Product     string
	Hold        bool
	LeaderName  string
	LeaderPhone string
	People      []Visitor
	Answers     Answers // to what an activity asks of an order
	Channel     string  // that sells it; empty = web

	RulesVersion *int64 // see Booking
}

// Leader is who leads a group; masked, and sealed where it is written.
type Leader struct {
	NameMasked  string
	PhoneMasked string

	NameSealed  []byte `json:"-"`
	PhoneSealed []byte `json:"-"`
	PhoneKey    []byte `json:"-"`
}

// BookGroup takes places for a group, all or none: one order with a position
// for everybody, at most 500, whatever the pool's limits for an order and an
// account. It fails as Book does, and with ErrInvalidField where the product is
// not one for groups.
func (s *Service) BookGroup(ctx context.Context, call Call, account string, b GroupBooking) (Order, error) {
	if len(b.People) == 0 || len(b.People) > maxGroup {
		return Order{}, invalidField("positions", "want 1 to %d persons, got %d", maxGroup, len(b.People))
	}
	name, err := visitorName("leader.name", b.LeaderName)
	if err != nil {
		return Order{}, err
	}
	phone, err := normalisePhone("leader.phone", b.LeaderPhone)
	if err != nil {
		return Order{}, err
	}
	people := make([]Visitor, len(b.People))
	for i, p := range b.People {
		if p.Product != "" && p.Product != b.Product {
			return Order{}, invalidField(fmt.Sprintf("positions[%d].product", i), "a group has one ticket type, %q", shorten(b.Product))
		}
		p.Product = b.Product
		people[i] = p
	}
	return s.order(ctx, call, account, Booking{Pool: b.Pool, Date: b.Date, Slot: b.Slot, Hold: b.Hold, Visitors: people, Answers: b.Answers, Channel: b.Channel, RulesVersion: b.RulesVersion}, Leader{
		NameMasked: maskName(name), NameSealed: s.vault.Seal("name", name),
		PhoneMasked: maskPhone(phone), PhoneSealed: s.vault.Seal("phone", phone), PhoneKey: s.vault.Key("phone", phone),
	})
}

// isGroup reports whether somebody leads the order.
func (o Order) isGroup() bool { return o.Leader.NameMasked != "" }

// mayOrder applies the pool's limit for an order, and for a group asks for a
// product that is for groups.
func (p Pool) mayOrder(o Order) error {
	if !o.isGroup() {
		if len(o.Positions) > p.LimitPerOrder {
			return invalidField("positions", "at most %d in one order, got %d", p.LimitPerOrder, len(o.Positions))
		}
		return nil
	}
	product, known := p.product(o.Positions[0].Product)
	if !known || product.Kind != ProductGroup {
		return invalidField("product", "want one of the pool's ticket types for groups, got %q", shorten(o.Positions[0].Product))
	}
	if len(o.Positions) < product.Persons {
		return invalidField("positions", "a group %q needs %d persons, got %d", product.ID, product.Persons, len(o.Positions))
	}
	return nil
}
