package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

func reveal(who string, at time.Time) ticketing.Reveal {
	return ticketing.Reveal{
		At: ticketing.Millis{Time: at}, Kind: ticketing.RevealOrder, Who: who, Role: ticketing.RolePrivacy, OrderID: "o",
		Positions: []string{"p", "q"}, Fields: []ticketing.RevealField{ticketing.RevealName}, Persons: 2, Reason: "为什么", RequestID: "r",
	}
}

func reveals(t *testing.T, s Store) {
	t.Helper()
	none := reveal("b", start())
	none.Positions, none.Fields, none.OrderID = []string{}, []ticketing.RevealField{}, ""
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		return errors.Join(tx.RecordReveal(ctx, reveal("a", start())), tx.RecordReveal(ctx, none), tx.RecordReveal(ctx, reveal("a", start().Add(time.Minute))))
	})
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		all, err := r.Reveals(ctx, 0, 10)
		require.NoError(t, err)
		require.Len(t, all, 3)
		first := reveal("a", start())
		first.Seq, none.Seq = 1, 2
		assert.Equal(t, []ticketing.Reveal{first, none}, all[:2])
		paged, err := r.Reveals(ctx, 1, 1)
		require.NoError(t, err)
		assert.Equal(t, all[1:2], paged)
		since, err := r.RevealsBy(ctx, "a", start())
		require.NoError(t, err)
		assert.Equal(t, all[2:], since, "after the moment, of this operator")
		return nil
	})
}

func lookups(t *testing.T, s Store) {
	t.Helper()
	seed(t, s, 10)
	one, two, led := order("o1", "d1"), order("o2", "d2"), order("o3", "d3")
	two.AccountID, two.Positions[0].PhoneKey, two.Positions[0].PhoneSealed = "b", []byte{9, 0}, []byte{1}
	led.AccountID = "b"
	led.Leader = ticketing.Leader{NameMasked: "李*", PhoneMasked: "+86*", NameSealed: []byte{1}, PhoneSealed: []byte{2, 0}, PhoneKey: []byte{9, 0}}
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		return errors.Join(tx.InsertOrder(ctx, one), tx.InsertOrder(ctx, two), tx.InsertOrder(ctx, led))
	})
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		kept, err := r.Order(ctx, "o2")
		require.NoError(t, err)
		assert.Equal(t, []byte{9, 0}, kept.Positions[0].PhoneKey)
		kept, err = r.Order(ctx, "o1")
		require.NoError(t, err)
		assert.Nil(t, kept.Positions[0].PhoneKey)
		leader, err := r.LeaderOf(ctx, "o3")
		require.NoError(t, err)
		assert.Equal(t, led.Leader, leader)
		_, err = r.LeaderOf(ctx, "o1")
		require.ErrorIs(t, err, ticketing.ErrNotFound)

		byDocument, err := r.OrdersByDocument(ctx, []byte("d2"), "", 10)
		require.NoError(t, err)
		assert.Equal(t, []string{"o2"}, orderIDs(byDocument))
		byPhone, err := r.OrdersByPhone(ctx, []byte{9, 0}, "", 10)
		require.NoError(t, err)
		assert.Equal(t, []string{"o3", "o2"}, orderIDs(byPhone), "a visitor's and a leader's, newest first")
		byPhone, err = r.OrdersByPhone(ctx, []byte{9, 0}, "o3", 10)
		require.NoError(t, err)
		assert.Equal(t, []string{"o2"}, orderIDs(byPhone), "the next page")
		byPhone, err = r.OrdersByPhone(ctx, []byte("key of b"), "", 1)
		require.NoError(t, err)
		assert.Equal(t, []string{"o3"}, orderIDs(byPhone), "an account's")
		nobody, err := r.OrdersByPhone(ctx, []byte{8}, "", 10)
		assert.Empty(t, nobody)
		return err
	})
}

func orderIDs(orders []ticketing.Order) []string {
	var out []string
	for _, o := range orders {
		out = append(out, o.ID)
	}
	return out
}
