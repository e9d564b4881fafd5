package ticketing_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

func (f *fixture) group(account, product string, from, to int) (ticketing.Order, error) {
	f.t.Helper()
	b := ticketing.GroupBooking{Pool: "main", Date: may10, Product: product, LeaderName: "李雷", LeaderPhone: "13800000000"}
	for n := from; n < to; n++ {
		b.People = append(b.People, visitor(n))
	}
	return f.BookGroup(f.t.Context(), ticketing.Call{}, account, b)
}

func TestGroupBooking(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{StockMaxAge: -1})
	f.offer(ticketing.Rules{LimitPerPerson: 5}, offered()...)
	account := f.person(1)
	o, err := f.group(account, "group", 0, 15)
	require.NoError(t, err, "a group is not bound by the limits for an order and an account")
	assert.Len(t, o.Positions, 15)
	assert.Equal(t, int64(1200), o.TotalFen)
	assert.Equal(t, 5, f.left(may10))
	kept, err := f.Order(t.Context(), account, o.ID)
	require.NoError(t, err)
	assert.Equal(t, ticketing.Leader{NameMasked: "李*", PhoneMasked: "+86*******0000"}, kept.Leader)
	for want, try := range map[error]func() (ticketing.Order, error){
		ticketing.ErrSoldOut:       func() (ticketing.Order, error) { return f.group(account, "group", 20, 26) },
		ticketing.ErrDocumentTaken: func() (ticketing.Order, error) { return f.group(account, "group", 12, 17) },
	} {
		_, err := try()
		require.ErrorIs(t, err, want)
		assert.Equal(t, 5, f.left(may10), "all or none")
	}
	for product, field := range map[string]string{"single": "product", "none": "product", "": "product"} {
		_, err := f.group(account, product, 20, 23)
		var refused *ticketing.Error
		require.ErrorAs(t, err, &refused)
		assert.Equal(t, field, refused.Field)
	}
	_, err = f.group(account, "group", 20, 22)
	require.ErrorContains(t, err, "needs 3 persons, got 2")
	_, err = f.group(account, "group", 0, 501)
	require.ErrorContains(t, err, "want 1 to 500 persons, got 501")
	_, err = f.group(account, "group", 0, 0)
	require.ErrorIs(t, err, ticketing.ErrInvalidField)
}

// TestLargestGroup books as many as a list may hold, in one commit.
func TestLargestGroup(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{StockMaxAge: -1})
	f.offer(ticketing.Rules{}, offered()...)
	_, err := f.PutPool(t.Context(), ticketing.Call{}, ticketing.PoolChange{
		Pool: ticketing.Pool{ID: "main", Name: "Main hall", LimitPerOrder: 1, Hold: 6e10}, Days: []ticketing.DayCapacity{{Date: may10, Capacity: 500}},
	})
	require.NoError(t, err)
	o, err := f.group(f.person(1), "group", 0, 500)
	require.NoError(t, err)
	assert.Len(t, o.Positions, 500)
	assert.Zero(t, f.left(may10))
}
