package scoring_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/scoring"
)

func TestMarkSurvivesItsStoredForm(t *testing.T) {
	since := time.UnixMilli(0x0102030405).UTC()
	for _, c := range []struct {
		name  string
		since time.Time
		data  string
		want  string
	}{
		{"nothing", time.Time{}, "", ""},
		{"data alone", time.Time{}, "deny", "\x01\x00\x00\x00\x00\x00\x00\x00\x00deny"},
		{"since alone", since, "", "\x01\x00\x00\x00\x01\x02\x03\x04\x05"},
		{"both", since, "deny", "\x01\x00\x00\x00\x01\x02\x03\x04\x05deny"},
	} {
		value := scoring.EncodeMark(c.since, []byte(c.data))
		require.Equal(t, c.want, string(value), c.name)
		got, data, ok := scoring.DecodeMark(value)
		require.True(t, ok, c.name)
		assert.Equal(t, c.since, got, c.name)
		assert.Equal(t, c.data, string(data), c.name)
	}
	assert.Nil(t, scoring.EncodeMark(time.Time{}, nil), "nothing to say, nothing to store")
	assert.Nil(t, scoring.EncodeMark(time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC), nil), "no clock shows such a time")
	got, _, _ := scoring.DecodeMark(scoring.EncodeMark(since.Add(time.Microsecond), nil))
	assert.Equal(t, since, got, "to the millisecond")
}

func TestMarkWithoutAKnownHeadIsHandedOverWhole(t *testing.T) {
	for name, value := range map[string]string{
		"too short":    "\x01\x00\x00\x00\x00\x00\x00\x00",
		"of tomorrow":  "\x02\x00\x00\x00\x00\x00\x00\x00\x07deny",
		"before 1970":  "\x01\xff\xff\xff\xff\xff\xff\xff\xffdeny",
		"somebody's":   `{"e":[{"i":"1"}]}`,
		"version zero": "\x00\x00\x00\x00\x00\x00\x00\x00\x07deny",
	} {
		_, _, ok := scoring.DecodeMark([]byte(value))
		assert.False(t, ok, name)
		et := scoring.EntityTouch{Since: time.Now(), Mark: []byte("left over")}
		et.SetMark([]byte(value))
		assert.Equal(t, value, string(et.Mark), name)
		assert.Zero(t, et.Since, name)
	}
	et := scoring.EntityTouch{Since: time.Now(), Mark: []byte("left over")}
	et.SetMark(nil)
	assert.Equal(t, scoring.EntityTouch{}, et)
}

func FuzzDecodeMark(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(scoring.EncodeMark(time.UnixMilli(1), []byte("deny")))
	f.Add(scoring.EncodeMark(time.UnixMilli(math.MaxInt64), nil))
	f.Fuzz(func(t *testing.T, value []byte) {
		since, data, ok := scoring.DecodeMark(value)
		if !ok {
			require.Nil(t, data)
			require.Zero(t, since)
			return
		}
		if since.IsZero() && data == nil {
			require.Nil(t, scoring.EncodeMark(since, data))
			return
		}
		require.Equal(t, value, scoring.EncodeMark(since, data), "there is one form of each mark")
	})
}
