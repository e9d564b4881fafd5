package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

func sealed(t *testing.T, s Store) {
	t.Helper()
	seed(t, s, 5)
	o := order("o1", "d1")
	o.Positions[0].PhoneSealed = []byte{5, 1}
	o.Leader = ticketing.Leader{NameMasked: "李*", NameSealed: []byte{5, 2}, PhoneSealed: []byte{5, 3}, PhoneKey: []byte{1}}
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		return errors.Join(tx.InsertOrder(ctx, o), tx.InsertOrder(ctx, order("o2", "d2")),
			tx.PutIdentity(ctx, ticketing.Identity{Scope: "app", Key: []byte{7}, Sealed: []byte{5, 4}, AccountID: "a"}),
			tx.PutAnswers(ctx, "o1", []ticketing.FieldAnswer{{Field: "f", Type: ticketing.FieldText, Personal: true, Sealed: []byte{5, 5}}}))
	})
	for _, kind := range []ticketing.SealedKind{
		ticketing.SealedPositionPhone, ticketing.SealedLeaderName, ticketing.SealedLeaderPhone, ticketing.SealedIdentity, ticketing.SealedAnswer,
	} {
		var found []ticketing.Sealed
		read := func(current byte, after string) int {
			n := 0
			view(t, s, func(ctx context.Context, r ticketing.Reader) (err error) {
				if found, err = r.SealedOtherwise(ctx, kind, current, after, 10); err != nil {
					return err
				}
				n, err = r.CountSealedOtherwise(ctx, kind, current)
				return err
			})
			return n
		}
		require.Equal(t, 1, read(6, ""), kind)
		require.Len(t, found, 1, kind)
		v := found[0]
		assert.Equal(t, byte(5), v.Value[0], kind)
		assert.Equal(t, kind != ticketing.SealedPositionPhone, v.Keyed, kind)
		read(6, v.ID)
		assert.Empty(t, found, "after it there is none")
		v.Former, v.Value = []byte{5, 99}, []byte{6, 1}
		update(t, s, func(ctx context.Context, tx ticketing.Tx) error { return tx.Reseal(ctx, kind, v, []byte{8}) })
		require.Equal(t, 1, read(6, ""), "%s: it has changed meanwhile", kind)
		v.Former = found[0].Value
		update(t, s, func(ctx context.Context, tx ticketing.Tx) error { return tx.Reseal(ctx, kind, v, []byte{8}) })
		assert.Equal(t, 0, read(6, ""), kind)
	}
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		got, err := r.Order(ctx, "o1")
		require.NoError(t, err)
		assert.Equal(t, []byte{6, 1}, got.Positions[0].PhoneSealed)
		assert.Equal(t, []byte{8}, got.Positions[0].PhoneKey, "it can be found now")
		_, err = r.SealedOtherwise(ctx, "nothing", 1, "", 1)
		require.Error(t, err)
		return nil
	})
}
