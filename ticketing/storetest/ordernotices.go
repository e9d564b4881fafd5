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

func orderNotices(t *testing.T, s Store) {
	t.Helper()
	seed(t, s, 5)
	told := ticketing.OrderNotice{ID: "m", OrderID: "o1", Purpose: ticketing.TellWithdrawn, State: ticketing.NoticeQueued, At: start()}
	later := ticketing.OrderNotice{ID: "n", OrderID: "o1", Purpose: ticketing.TellReinstated, State: ticketing.NoticeNone, At: start().Add(time.Hour)}
	m := message("m", start())
	m.Purpose = ticketing.TellWithdrawn
	code := message("c", start().Add(time.Minute))
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		return errors.Join(tx.InsertOrder(ctx, order("o1", "d1")), tx.InsertOrder(ctx, order("o2", "d2")),
			tx.RecordNotice(ctx, later), tx.RecordNotice(ctx, told), tx.QueueMessage(ctx, m), tx.QueueMessage(ctx, code))
	})
	due, err := s.DueMessages(t.Context(), start().Add(time.Hour), 10)
	require.NoError(t, err)
	require.Len(t, due, 2)
	assert.Equal(t, "c", due[0].ID, "somebody waits for a code")
	after := due[1]
	after.State = ticketing.MessageSent
	moved, err := s.MoveMessage(t.Context(), due[1], after)
	require.NoError(t, err)
	require.True(t, moved)
	told.State = ticketing.NoticeSent
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		got, err := r.NoticesOf(ctx, "o1", "o2")
		assert.Equal(t, map[string][]ticketing.OrderNotice{"o1": {told, later}}, got, "oldest first")
		none, nothing := r.NoticesOf(ctx)
		assert.Empty(t, none)
		return errors.Join(err, nothing)
	})
}
