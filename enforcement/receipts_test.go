package enforcement_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/ingest"
	"fairgate/rules"
)

var decidedAt = time.Date(2026, 5, 1, 8, 0, 31, 0, time.UTC)

func receipts(t testing.TB, keys ...byte) *enforcement.Receipts {
	t.Helper()
	var list [][]byte
	for _, k := range keys {
		list = append(list, bytes.Repeat([]byte{k}, 32))
	}
	r, err := enforcement.NewReceipts(list)
	require.NoError(t, err)
	return r
}

func accountOf(key string) []enforcement.Target {
	return []enforcement.Target{{Entity: rules.EntityAccount, Key: key}}
}

func TestAReceiptOpensForItsOwnerOnly(t *testing.T) {
	r := receipts(t, 1)
	text := r.Seal("e1", decidedAt, ingest.Subject{Account: "a1", Documents: []string{"d1"}})
	assert.Regexp(t, `^FG(-[0-9A-HJKMNP-TV-Z]{4}){6}-[0-9A-HJKMNP-TV-Z]{2}$`, text)
	assert.Equal(t, text, receipts(t, 1).Seal("e1", decidedAt.Add(20*time.Second), ingest.Subject{Account: "a1"}), "every stage gives the same")
	assert.NotEqual(t, text, r.Seal("e2", decidedAt, ingest.Subject{Account: "a1"}))
	for name, written := range map[string]string{
		"as given": text, "in small letters": strings.ToLower(text), "without hyphens": strings.ReplaceAll(text, "-", ""),
		"with a letter for a digit": strings.ReplaceAll(strings.ReplaceAll(text, "0", "O"), "1", "l"), "with spaces": " " + strings.ReplaceAll(text, "-", " - "),
	} {
		c, _, err := r.Open(written, accountOf("a1"), decidedAt.Add(time.Hour))
		require.NoError(t, err, name)
		assert.Equal(t, "account:a1", c.Owner.String())
		assert.Equal(t, decidedAt.Truncate(time.Minute), c.At)
	}
	now := decidedAt.Add(time.Hour)
	_, forged, err := r.Open(text, accountOf("a2"), now)
	require.ErrorIs(t, err, enforcement.ErrReceipt)
	assert.False(t, forged)
	_, _, err = r.Open(text, nil, now)
	require.ErrorIs(t, err, enforcement.ErrReceipt, "without a proof it shows nothing")
	_, _, err = r.Open(text, []enforcement.Target{{Entity: rules.EntityDocument, Key: "a1"}}, now)
	require.ErrorIs(t, err, enforcement.ErrReceipt)
	c, _, err := r.Open(r.Seal("e3", decidedAt, ingest.Subject{Documents: []string{"d1", "d2"}}),
		[]enforcement.Target{{Entity: rules.EntityDocument, Key: "d1"}}, now)
	require.NoError(t, err)
	assert.Equal(t, rules.EntityDocument, c.Owner.Entity)
	_, _, err = r.Open(r.Seal("e4", decidedAt, ingest.Subject{}), []enforcement.Target{{}}, now)
	require.ErrorIs(t, err, enforcement.ErrReceipt, "nobody proves nothing")
}

func TestReceiptsExpireAndKeysRotate(t *testing.T) {
	text := receipts(t, 1).Seal("e1", decidedAt, ingest.Subject{Account: "a1"})
	_, _, err := receipts(t, 1).Open(text, accountOf("a1"), decidedAt.Add(enforcement.ReceiptLife+time.Hour))
	require.ErrorIs(t, err, enforcement.ErrReceiptOver)
	_, _, err = receipts(t, 1).Open(text, accountOf("a2"), decidedAt.Add(enforcement.ReceiptLife+time.Hour))
	require.ErrorIs(t, err, enforcement.ErrReceipt, "only its owner learns that it is over")
	_, _, err = receipts(t, 2, 1).Open(text, accountOf("a1"), decidedAt)
	require.NoError(t, err, "the previous key still opens it")
	_, _, err = receipts(t, 2).Open(text, accountOf("a1"), decidedAt)
	require.ErrorIs(t, err, enforcement.ErrReceipt)
	_, err = enforcement.NewReceipts(nil)
	require.Error(t, err)
	_, err = enforcement.NewReceipts([][]byte{{1}})
	require.Error(t, err)
}

// FuzzGuessedReceipts: whatever is typed opens nothing.
func FuzzGuessedReceipts(f *testing.F) {
	r := receipts(f, 1)
	good := r.Seal("e1", decidedAt, ingest.Subject{Account: "owner"})
	f.Add(good)
	f.Add("FG-0000-0000-0000-0000-0000-0000-00")
	f.Add("")
	f.Add(strings.Repeat("F", 100))
	f.Fuzz(func(t *testing.T, text string) {
		_, _, err := r.Open(text, accountOf("somebody"), decidedAt)
		require.ErrorIs(t, err, enforcement.ErrReceipt)
	})
}
