package notify_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/notify"
)

func TestAnErasedAccountIsNotNamedInDeliveries(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		eraser, err := notify.OpenEraser(t.Context(), h.db)
		require.NoError(t, err)
		h.put(t, webhook("ops"))
		send := func(key string) {
			_, err := h.Service.Send(t.Context(), message(key))
			require.NoError(t, err)
		}
		send("alert/1")
		h.work(t)
		require.Len(t, h.sent, 1)
		account := longest(h.sent[0].Text.Body) // whatever it is: take it for an account's number
		send("alert/2")
		for range 2 {
			require.NoError(t, eraser.Erase(t.Context(), enforcement.Erasure{Site: "museum", Account: account, Pseudonym: "p-of-it"}))
		}
		h.work(t)
		require.Len(t, h.sent, 2)
		assert.NotContains(t, h.sent[1].Text.Title+h.sent[1].Text.Body, account)
		assert.Contains(t, h.sent[1].Text.Body, "p-of-it")
		require.ErrorIs(t, eraser.Erase(t.Context(), enforcement.Erasure{Site: "museum"}), enforcement.ErrBadErasure)
	})
}

func longest(text string) (word string) {
	for w := range strings.FieldsSeq(text) {
		if len(w) > len(word) {
			word = w
		}
	}
	return word
}
