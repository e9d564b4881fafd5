package appeals_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/appeals"
)

func TestAnErasedAccountAppealsNoMore(t *testing.T) {
	const account = "account-0001"
	each(t, func(t *testing.T, f *fixture) {
		require.NoError(t, f.file(t, account, "n"))
		_, err := f.Decide(t.Context(), "museum", f.queue(t)[0].ID, appeals.Decision{Reason: "a farm", Actor: "ann"})
		require.NoError(t, err)
		require.NoError(t, f.file(t, account, "n"))
		_, err = f.desk.File(t.Context(), appeals.Filing{
			Receipt: f.receipt("friend"), Owners: owner("friend"), Text: "I travel with " + account, Language: "en", Subnet: "n",
		})
		require.NoError(t, err)
		_, err = f.Decide(t.Context(), "museum", f.queue(t)[1].ID, appeals.Decision{Reason: account + " vouches", Actor: "ann", Grant: true})
		require.NoError(t, err)

		e := enforcement.Erasure{Site: "museum", Account: account, Pseudonym: "p-of-it"}
		for range 2 {
			require.NoError(t, f.Erase(t.Context(), e))
		}
		list, _, err := f.List(t.Context(), appeals.Filter{Site: "museum"}, "", 10)
		require.NoError(t, err)
		require.Len(t, list, 1)
		assert.Equal(t, "friend", list[0].Target.Key)
		assert.Equal(t, "I travel with p-of-it", list[0].Text)
		assert.Equal(t, "p-of-it vouches", list[0].Reason)
		require.ErrorIs(t, f.Erase(t.Context(), enforcement.Erasure{Site: "museum"}), enforcement.ErrBadErasure)
	})
}
