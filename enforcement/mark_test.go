package enforcement_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/ingest"
	"fairgate/scoring"
)

func TestMarkSurvivesItsWireForm(t *testing.T) {
	mark := enforcement.Mark{
		Entries: []enforcement.MarkEntry{
			{ID: "1", Site: "museum", Kind: enforcement.EntryDeny, Source: enforcement.EntryByRule, Rule: "r", Reason: ingest.ReasonPace, Since: 5, Expires: 9},
			{ID: "2", Kind: enforcement.EntryException, Source: enforcement.EntryByHand, Rule: "r", Since: 5},
		},
		Cleared: time.UnixMilli(4).UTC(),
	}
	data, err := mark.Encode()
	require.NoError(t, err)
	decoded, err := enforcement.DecodeMark(data)
	require.NoError(t, err)
	assert.Equal(t, mark, decoded)

	cleared := enforcement.Mark{Cleared: mark.Cleared}
	data, err = cleared.Encode()
	require.NoError(t, err)
	assert.Equal(t, scoring.EncodeMark(mark.Cleared, nil), data, "the counters' part alone")
	decoded, err = enforcement.DecodeMark(data)
	require.NoError(t, err)
	assert.Equal(t, cleared, decoded)

	data, err = enforcement.Mark{}.Encode()
	require.NoError(t, err)
	assert.Nil(t, data, "nothing to say, nothing to store")
}

func TestDecodeMarkRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON":        "nope",
		"no id":          `{"e":[{"k":"deny","s":"rule","f":1}]}`,
		"unknown kind":   `{"e":[{"i":"1","k":"bless","s":"rule","f":1}]}`,
		"unknown source": `{"e":[{"i":"1","k":"deny","s":"god","f":1}]}`,
		"unknown reason": `{"e":[{"i":"1","k":"deny","s":"rule","w":"whim","f":1}]}`,
		"too long":       `{"e":[]}` + strings.Repeat(" ", enforcement.MaxMarkBytes),
	} {
		_, err := enforcement.DecodeMark(scoring.EncodeMark(time.Time{}, []byte(text)))
		require.ErrorIs(t, err, enforcement.ErrBadMark, name)
	}
	_, err := enforcement.DecodeMark([]byte(`{"e":[{"i":"1","k":"deny","s":"rule","f":1}]}`))
	require.ErrorIs(t, err, enforcement.ErrBadMark, "no head")
}

func FuzzDecodeMark(f *testing.F) {
	f.Add(scoring.EncodeMark(time.UnixMilli(3), []byte(`{"e":[{"i":"1","k":"deny","s":"rule","f":1,"x":2}]}`)))
	f.Add(scoring.EncodeMark(time.UnixMilli(3), nil))
	f.Add(scoring.EncodeMark(time.Time{}, []byte(`{}`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		mark, err := enforcement.DecodeMark(data)
		if err != nil {
			require.ErrorIs(t, err, enforcement.ErrBadMark)
			return
		}
		encoded, err := mark.Encode()
		require.NoError(t, err)
		if _, entries, _ := scoring.DecodeMark(encoded); len(entries) > enforcement.MaxMarkBytes {
			return
		}
		again, err := enforcement.DecodeMark(encoded)
		require.NoError(t, err)
		assert.Len(t, again.Entries, len(mark.Entries))
		assert.Equal(t, mark.Cleared, again.Cleared)
	})
}
