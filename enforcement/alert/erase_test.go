package alert_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/alert"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
)

func TestAnErasedAccountIsNotNamedInNotes(t *testing.T) {
	const account = "account-0001"
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		eraser, err := alert.OpenEraser(t.Context(), db)
		require.NoError(t, err)
		now := time.Date(2026, 11, 22, 1, 30, 0, 0, time.UTC)
		h := &house{now: now, keys: map[string]bool{}}
		h.Service, err = alert.New(t.Context(), db, "museum", h, alert.Options{Now: func() time.Time { return now }})
		require.NoError(t, err)
		h.report(t, surge("main"))
		_, err = h.Close(t.Context(), h.one(t).ID, "ann", "it was "+account)
		require.NoError(t, err)
		_, _, err = h.Silence(t.Context(), alert.Silence{Pool: "main", Reason: account + " runs a test", By: "ann", Until: now.Add(time.Hour)})
		require.NoError(t, err)

		e := enforcement.Erasure{Site: "museum", Account: account, Pseudonym: "p-of-it"}
		for range 2 {
			require.NoError(t, eraser.Erase(t.Context(), e))
		}
		assert.Equal(t, "it was p-of-it", h.one(t).Note)
		silences, err := h.Silences(t.Context(), false)
		require.NoError(t, err)
		require.Len(t, silences, 1)
		assert.Equal(t, "p-of-it runs a test", silences[0].Reason)
		require.ErrorIs(t, eraser.Erase(t.Context(), enforcement.Erasure{Site: "museum"}), enforcement.ErrBadErasure)
	})
}
