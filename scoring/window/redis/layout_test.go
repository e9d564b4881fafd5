package redis

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/rules"
	"fairgate/scoring"
)

func TestWhatALogSaysOfASeries(t *testing.T) {
	for _, c := range []struct {
		series scoring.Series
		limit  int
		keep   time.Duration
	}{
		{scoring.Series{Limit: 0, Keep: time.Second}, 0, time.Minute},
		{scoring.Series{Limit: -3, Keep: time.Minute}, 0, time.Minute},
		{scoring.Series{Limit: 1, Keep: 61 * time.Second}, 1, 2 * time.Minute},
		{scoring.Series{Limit: 256, Keep: time.Hour, Shape: scoring.ShapeValues}, 256, 64 * time.Minute},
		{scoring.Series{Limit: 257, Keep: 30 * 24 * time.Hour}, 512, 65536 * time.Minute},
		{scoring.Series{Limit: 4096, Keep: 0}, 4096, time.Minute},
	} {
		h := headIn(string(appendHead(nil, headOf(&c.series))))
		assert.Equal(t, headOf(&c.series), h)
		assert.Equal(t, c.limit, h.limit(), "%+v", c.series)
		assert.Equal(t, c.keep, h.keep(), "%+v", c.series)
		assert.Equal(t, c.series.Shape == scoring.ShapeValues, h.form() == formValues)
	}
	assert.Equal(t, uint64(0x0a1b2c3d4e5f), tagOf("0a1b2c3d4e5f"), "the id itself")
	assert.NotEqual(t, tagOf("orders"), tagOf("reads"))
	assert.Less(t, tagOf("orders"), uint64(1)<<48)
}

func TestTimesOfEntries(t *testing.T) {
	for _, ms := range []int64{0, 1, -1, 1_772_355_600_123, -62135596800000, 1<<47 - 1} {
		s := string(appendEntry(nil, item{At: ms, Member: 42}))
		require.Len(t, s, entrySize)
		assert.Equal(t, ms, timeIn(s))
		assert.Equal(t, uint64(42), uint64Of(s[timeSize:]))
	}
}

// TestFoldingKeepsWhatIsRead folds random logs again and again and compares
// all values with those of the log that was never folded.
func TestFoldingKeepsWhatIsRead(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 23))
	counts := &scoring.Series{ID: "0f1e2d3c4b5a", Keep: time.Hour, Limit: 1000}
	for _, a := range []rules.Aggregate{rules.AggCount, rules.AggSinceFirst, rules.AggRegularity} {
		counts.Reads = append(counts.Reads, scoring.Read{Window: time.Minute, Aggregate: a}, scoring.Read{Window: time.Hour, Aggregate: a})
	}
	values := &scoring.Series{ID: "not hexadecimal", Keep: time.Hour, Limit: 1000, Shape: scoring.ShapeValues}
	for _, w := range []time.Duration{time.Minute, time.Hour} {
		values.Reads = append(values.Reads, scoring.Read{Window: w, Aggregate: rules.AggDistinct})
	}
	sums := &scoring.Series{
		ID: "aaaaaaaaaaaa", Keep: time.Hour, Limit: 1000, Shape: scoring.ShapeAmounts,
		Reads: []scoring.Read{{Window: time.Minute, Aggregate: rules.AggSum}, {Window: time.Hour, Aggregate: rules.AggSum}},
	}
	et := scoring.EntityTouch{Series: []scoring.SeriesTouch{{Series: counts}, {Series: values}, {Series: sums}}}
	for _, idle := range []time.Duration{1500 * time.Millisecond, 61 * time.Second} {
		et.Series = append(et.Series, scoring.SeriesTouch{Series: &scoring.Series{
			ID: idle.String(), Keep: idle, Shape: scoring.ShapeSpans, Reads: []scoring.Read{{Window: idle, Aggregate: rules.AggAge}},
		}})
	}
	var whole, folded []byte
	var l entityLog
	for n := range 600 {
		now := int64(1_772_355_600_000 + n*500 - rng.IntN(20_000))
		self := uint64(n + 1)
		if n > 0 && rng.IntN(10) == 0 {
			self = uint64(rng.IntN(n) + 1)
		}
		for i := range et.Series {
			et.Series[i].Members, et.Series[i].Amount = []string{"e"}, int64(1+self%1000)
		}
		et.Series[1].Members = []string{fmt.Sprint(rng.IntN(90)), "always"}
		record, keep := appendEvent(nil, now, self, et.Series)
		require.Equal(t, time.Hour, keep)
		whole, folded = append(whole, record...), append(folded, record...)
		assert.Equal(t, valuesOf(&l, string(whole), &et, now, self), valuesOf(&l, string(folded), &et, now, self), "event %d", n)
		assert.False(t, l.broken)
		if rng.IntN(30) == 0 {
			touched := et.Series[rng.IntN(len(et.Series)+1):] // by somebody who does not know all series
			folded = []byte(l.folding("k", string(folded), now, touched).folded)
		}
	}
	assert.Less(t, len(folded), len(whole))
	late := l.folding("k", string(folded), 1_772_355_600_000+(3*time.Hour).Milliseconds(), et.Series)
	assert.Empty(t, late.folded, "nothing can be reached any more")
}

func valuesOf(l *entityLog, log string, et *scoring.EntityTouch, now int64, self uint64) []float64 {
	l.reset()
	for i := range et.Series {
		l.want(headOf(et.Series[i].Series))
	}
	l.read(log, false)
	var out []float64
	for i := range et.Series {
		st := et.Series[i]
		st.Values = make([]float64, len(st.Series.Reads))
		l.fill(&st, &l.series[l.want(headOf(st.Series))], now, self, et)
		out = append(out, st.Values...)
	}
	return out
}

func TestFoldingKeepsTheNewest(t *testing.T) {
	s := &scoring.Series{ID: "0f1e2d3c4b5a", Keep: time.Hour, Limit: 10}
	touched := []scoring.SeriesTouch{{Series: s, Members: []string{"e"}}}
	var log []byte
	for n := range int64(100) {
		log, _ = appendEvent(log, n*1000, uint64(n+1), touched)
	}
	var l entityLog
	f := l.folding("k", string(log), 99_000, touched)
	assert.Len(t, f.folded, 1+2+headSize+10*entrySize)
	f = l.folding("k", string(log), 99_000, nil)
	assert.Len(t, f.folded, 1+2+headSize+16*entrySize, "a stranger keeps the next power of two")
}

func TestUnknownChunksAreSkipped(t *testing.T) {
	s := &scoring.Series{ID: "0f1e2d3c4b5a", Keep: time.Hour, Reads: []scoring.Read{{Window: time.Hour, Aggregate: rules.AggCount}}}
	et := &scoring.EntityTouch{Series: []scoring.SeriesTouch{{Series: s, Members: []string{"e"}}}}
	record, _ := appendEvent(nil, 1000, 1, et.Series)
	good := string(record)
	for name, c := range map[string]struct {
		log    string
		broken bool
		want   float64
	}{
		"a later version":             {"\x07\x03abc" + good, false, 1},
		"cut short":                   {good + good[:len(good)-1], true, 1},
		"an event without a head":     {"\x01\x0f" + strings.Repeat("x", 15) + good, true, 1},
		"an event without an id":      {"\x01\x02xx" + good, true, 1},
		"a block of half an entry":    {"\x02\x09" + strings.Repeat("x", 9) + good, true, 1},
		"a length without an end":     {"\x01\xff\xff\xff\xff\xff" + good, true, 0},
		"text that somebody else put": {"hello, world", true, 0},
		"nothing":                     {"", false, 0},
	} {
		var l entityLog
		assert.Equal(t, []float64{c.want}, valuesOf(&l, c.log, et, 2000, 2), name)
		assert.Equal(t, c.broken, l.broken, name)
	}
}

func FuzzLog(f *testing.F) {
	counts, values := &scoring.Series{ID: "0f1e2d3c4b5a", Keep: time.Hour}, &scoring.Series{ID: "v", Keep: time.Hour, Shape: scoring.ShapeValues}
	touched := []scoring.SeriesTouch{{Series: counts, Members: []string{"e"}}, {Series: values, Members: []string{"a", "b"}}}
	record, _ := appendEvent(nil, 1000, 1, touched)
	f.Add(string(record))
	f.Add(string(appendBlock(record, headOf(counts), []item{{At: 1, Member: 2}, {At: 3, Member: 4}})))
	f.Fuzz(func(t *testing.T, log string) {
		var l entityLog
		folded := l.folding("k", log, 1000, touched).folded
		for _, s := range l.series[:l.used] {
			for i := 1; i < len(s.items); i++ {
				require.True(t, before(s.items[i-1], s.items[i]), "in order, each once")
			}
		}
		l.reset()
		l.read(folded, true)
		require.False(t, l.broken, "what was folded can be read")
		require.Equal(t, len(folded), l.folded)
	})
}
