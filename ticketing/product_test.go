package ticketing_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/document"
)

// born is a visitor with a PRC identity card, of a product.
func born(date string, n int, product string) ticketing.Visitor {
	digits := "110105" + date + fmt.Sprintf("%03d", n)
	sum := 0
	for i, w := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(digits[i]-'0') * w
	}
	return ticketing.Visitor{Name: "王小明", Type: document.PRCID, Number: digits + string("10X98765432"[sum%11]), Product: product}
}

func (f *fixture) offer(rules ticketing.Rules, products ...ticketing.Product) {
	f.t.Helper()
	_, err := f.PutPool(f.t.Context(), ticketing.Call{}, ticketing.PoolChange{
		Pool:     ticketing.Pool{ID: "main", Name: "Main hall", LimitPerOrder: 9, Hold: 10 * time.Minute, Cutoff: 24 * time.Hour},
		Days:     []ticketing.DayCapacity{{Date: may10, Capacity: 20}, {Date: may11, Capacity: 20}},
		Products: &products, Rules: &rules,
	})
	require.NoError(f.t, err)
}

func offered() []ticketing.Product {
	return []ticketing.Product{
		{ID: "single", Name: "成人票", Kind: ticketing.ProductSingle, PriceFen: 100, Persons: 1, Places: 1},
		{ID: "double", Name: "双人票", Kind: ticketing.ProductDouble, PriceFen: 150, Persons: 2, Places: 2},
		{ID: "family", Name: "亲子票", Kind: ticketing.ProductParentChild, PriceFen: 120, Persons: 2, Places: 1, MaxAge: 13},
		{ID: "child", Name: "儿童票", Kind: ticketing.ProductChild, Persons: 1, MaxAge: 13},
		{ID: "group", Name: "团体票", Kind: ticketing.ProductGroup, PriceFen: 80, Persons: 3, Places: 1},
	}
}

func TestProducts(t *testing.T) {
	t.Parallel()
	adult, child := "19800101", "20150101" // in May 2026 the child is 11
	for name, c := range map[string]struct {
		visitors []ticketing.Visitor
		total    int64
		places   int
		field    string // of the refusal
	}{
		"single":                 {visitors: []ticketing.Visitor{born(adult, 1, "single")}, total: 100, places: 1},
		"two doubles":            {visitors: []ticketing.Visitor{born(adult, 1, "double"), born(adult, 2, "double"), born(adult, 3, "double"), born(adult, 4, "double")}, total: 300, places: 4},
		"half a double":          {visitors: []ticketing.Visitor{born(adult, 1, "double"), born(adult, 2, "single")}, field: "positions[0].product"},
		"family draws one place": {visitors: []ticketing.Visitor{born(adult, 1, "family"), born(child, 2, "family")}, total: 120, places: 1},
		"family without a child": {visitors: []ticketing.Visitor{born(adult, 1, "family"), born(adult, 2, "family")}, field: "positions[0].product"},
		"family without adult":   {visitors: []ticketing.Visitor{born(child, 1, "family"), born(child, 2, "family")}, field: "positions[0].product"},
		"a child's ticket":       {visitors: []ticketing.Visitor{born(adult, 1, "single"), born(child, 2, "child")}, total: 100, places: 1},
		"a grown child":          {visitors: []ticketing.Visitor{born(adult, 1, "single"), born("20120510", 2, "child")}, field: "positions[1].document"},
		"a child until tomorrow": {visitors: []ticketing.Visitor{born(adult, 1, "single"), born("20120511", 2, "child")}, total: 100, places: 1},
		"group":                  {visitors: []ticketing.Visitor{born(adult, 1, "group"), born(adult, 2, "group"), born(adult, 3, "group"), born(adult, 4, "group")}, total: 320, places: 4},
		"too small a group":      {visitors: []ticketing.Visitor{born(adult, 1, "group"), born(adult, 2, "group")}, field: "positions[0].product"},
		"no product":             {visitors: []ticketing.Visitor{born(adult, 1, "")}, field: "positions[0].product"},
		"unknown product":        {visitors: []ticketing.Visitor{born(adult, 1, "single"), born(adult, 2, "none")}, field: "positions[1].product"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, ticketing.Options{StockMaxAge: -1})
			f.offer(ticketing.Rules{}, offered()...)
			o, err := f.Book(t.Context(), ticketing.Call{}, f.person(1), ticketing.Booking{Pool: "main", Date: may10, Visitors: c.visitors})
			if c.field != "" {
				var refused *ticketing.Error
				require.ErrorAs(t, err, &refused)
				assert.Equal(t, c.field, refused.Field)
				assert.Equal(t, 20, f.left(may10), "a refusal takes nothing")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.total, o.TotalFen)
			assert.Equal(t, c.places, o.Places())
			assert.Equal(t, 20-c.places, f.left(may10))
			_, err = f.Cancel(t.Context(), ticketing.Call{}, o.AccountID, o.ID)
			require.NoError(t, err)
			assert.Equal(t, 20, f.left(may10), "what was drawn comes back")
		})
	}
}

func TestProductsValidated(t *testing.T) {
	t.Parallel()
	good := offered()[1]
	for field, spoil := range map[string]func(*ticketing.Product){
		"products[1].id":        func(p *ticketing.Product) { p.ID = "单" },
		"products[1].name":      func(p *ticketing.Product) { p.Name = "" },
		"products[1].kind":      func(p *ticketing.Product) { p.Kind = "triple" },
		"products[1].price_fen": func(p *ticketing.Product) { p.PriceFen = -1 },
		"products[1].persons":   func(p *ticketing.Product) { p.Persons = 3 },
		"products[1].places":    func(p *ticketing.Product) { p.Places = 3 },
		"products[1].max_age":   func(p *ticketing.Product) { p.MaxAge = 99 },
	} {
		bad := good
		spoil(&bad)
		f := newFixture(t, ticketing.Options{})
		_, err := f.PutPool(t.Context(), ticketing.Call{}, ticketing.PoolChange{
			Pool: ticketing.Pool{ID: "main", Name: "x", LimitPerOrder: 1, Hold: time.Minute}, Products: &[]ticketing.Product{offered()[0], bad},
		})
		var refused *ticketing.Error
		require.ErrorAs(t, err, &refused)
		assert.Equal(t, field, refused.Field)
	}
}

func TestMinorsAreTiedToAdults(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{StockMaxAge: -1})
	f.offer(ticketing.Rules{MinorAge: 14, MinorsPerAdult: 2})
	account := f.person(1)
	book := func(visitors ...ticketing.Visitor) (ticketing.Order, error) {
		return f.Book(t.Context(), ticketing.Call{}, account, ticketing.Booking{Pool: "main", Date: may10, Visitors: visitors})
	}
	_, err := book(born("20150101", 1, ""))
	require.ErrorIs(t, err, ticketing.ErrAdultNeeded)
	_, err = book(born("20150101", 1, ""), born("20100101", 2, ""))
	require.ErrorIs(t, err, ticketing.ErrAdultNeeded, "sixteen is neither minor nor adult")
	_, err = book(born("19800101", 3, ""), born("20150101", 4, ""), born("20150101", 5, ""), born("20150101", 6, ""))
	require.ErrorIs(t, err, ticketing.ErrAdultNeeded, "three minors to one adult")
	o, err := book(born("20150101", 4, ""), born("19800101", 3, ""), visitor(1), born("20150101", 5, ""))
	require.NoError(t, err)
	kept, err := f.Order(t.Context(), account, o.ID)
	require.NoError(t, err)
	p := kept.Positions
	assert.Equal(t, []string{p[1].ID, "", "", p[2].ID}, []string{p[0].AdultID, p[1].AdultID, p[2].AdultID, p[3].AdultID})

	other := f.person(2)
	_, err = f.Transfer(t.Context(), ticketing.Call{}, account, o.ID, ticketing.Transfer{ToAccountID: other, Visitors: []ticketing.Visitor{
		born("20150101", 4, ""), born("20150101", 5, ""), born("20150101", 6, ""), born("20150101", 7, ""),
	}})
	require.ErrorIs(t, err, ticketing.ErrAdultNeeded, "a transfer does not lose the adults")
}

func TestTicketCodes(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	f.pool("main", 100, 5)
	account, other := f.person(1), f.person(2)
	o := f.book(account, booking("main", 1, 2))
	_, codes, err := f.OrderWithTickets(t.Context(), account, o.ID)
	require.NoError(t, err)
	assert.Empty(t, codes, "a held order has no tickets")
	_, err = f.Pay(t.Context(), ticketing.Call{}, account, o.ID)
	require.NoError(t, err)
	_, codes, err = f.OrderWithTickets(t.Context(), account, o.ID)
	require.NoError(t, err)
	require.Len(t, codes, 2)
	assert.NotEqual(t, codes[0], codes[1])
	_, _, err = f.OrderWithTickets(t.Context(), other, o.ID)
	require.ErrorIs(t, err, ticketing.ErrNotFound)

	_, err = f.Transfer(t.Context(), ticketing.Call{}, account, o.ID, ticketing.Transfer{ToAccountID: other})
	require.NoError(t, err)
	_, fresh, err := f.OrderWithTickets(t.Context(), other, o.ID)
	require.NoError(t, err)
	require.Len(t, fresh, 2)
	assert.NotContains(t, fresh, codes[0], "the former owner's codes are worth nothing")
	_, err = f.Cancel(t.Context(), ticketing.Call{}, other, o.ID)
	require.NoError(t, err)
	_, codes, err = f.OrderWithTickets(t.Context(), other, o.ID)
	require.NoError(t, err)
	assert.Empty(t, codes)
}

// TestAgesCountOnTheNewDay holds that a ticket for children is not kept beyond
// a birthday by moving it.
func TestAgesCountOnTheNewDay(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{StockMaxAge: -1})
	f.offer(ticketing.Rules{}, offered()...)
	o, err := f.Book(t.Context(), ticketing.Call{}, f.person(1), ticketing.Booking{Pool: "main", Date: may10, Visitors: []ticketing.Visitor{
		born("19800101", 1, "single"), born("20120511", 2, "child"),
	}})
	require.NoError(t, err)
	_, err = f.Pay(t.Context(), ticketing.Call{}, o.AccountID, o.ID)
	require.NoError(t, err)
	_, err = f.ChangeDate(t.Context(), ticketing.Call{}, o.AccountID, o.ID, may11, "")
	var refused *ticketing.Error
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, "positions[1].document", refused.Field)
	assert.Equal(t, 19, f.left(may10), "the order keeps its place")
}
