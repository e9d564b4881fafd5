package redis_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window/redis"
)

func bucketSeries(id string, w time.Duration) *scoring.Series {
	return &scoring.Series{
		ID: id, Shape: scoring.ShapeBuckets, Keep: w, Bucket: rules.BucketWidth(w), Stage: rules.StageInline,
		Reads: []scoring.Read{{Window: w, Aggregate: rules.AggCount}},
	}
}

// crowd is one event of a pool.
func crowd(s *scoring.Series, when time.Time, amount int64) *scoring.Touch {
	id := uuid.Must(uuid.NewV7()).String()
	return &scoring.Touch{EventID: id, Time: when, Entities: []scoring.EntityTouch{{
		Entity: rules.EntityPool, Key: "p",
		Series: []scoring.SeriesTouch{{Series: s, Members: []string{id}, Amount: amount, Values: make([]float64, 1)}},
	}}}
}

// TestWhatBucketsKeep lets a pool be busy for two hours of event time, by
// Redis's clock, too.
func TestWhatBucketsKeep(t *testing.T) {
	m := miniredis.RunT(t)
	s := redis.New(connect(t, m.Addr()), redis.Options{Slack: 10 * time.Minute})
	series := bucketSeries("0f1e2d3c4b5a", time.Minute)
	most := map[string]int{}
	for n := range 7200 {
		require.NoError(t, s.Touch(t.Context(), crowd(series, base.Add(time.Duration(n)*time.Second), 1)))
		m.FastForward(time.Second)
		if n%100 == 0 {
			for kind, keys := range kinds(m) {
				most[kind] = max(most[kind], keys)
			}
		}
	}
	assert.LessOrEqual(t, most["b"], 13, "a page a minute, for the window and the horizon")
	// A slice goes when an event comes exactly as much later; the rest expire.
	assert.LessOrEqual(t, most["i"], 600+2, "a slice a second, for the horizon")
	assert.Equal(t, 1, most["n"])
	m.FastForward(27 * time.Minute)
	assert.Empty(t, m.Keys(), "nothing is left of a pool that nobody asks for any more")
}

// kinds counts the keys by the letter after the hash tag.
func kinds(m *miniredis.Miniredis) map[string]int {
	out := map[string]int{}
	for _, k := range m.Keys() {
		_, after, _ := strings.Cut(k, "}:")
		out[after[:1]]++
	}
	return out
}

func TestBucketsSayWhatCameTooLate(t *testing.T) {
	registry := prometheus.NewRegistry()
	s := redis.New(connect(t, miniredis.RunT(t).Addr()), redis.Options{Registerer: registry})
	series := bucketSeries("0f1e2d3c4b5a", time.Hour)
	for _, late := range []time.Duration{0, time.Minute, 9 * time.Minute, 11 * time.Minute, time.Hour} {
		require.NoError(t, s.Touch(t.Context(), crowd(series, base.Add(-late), 1)))
	}
	now := crowd(series, base, 1)
	require.NoError(t, s.Touch(t.Context(), now))
	assert.Equal(t, []float64{4}, now.Entities[0].Series[0].Values, "not what is late by more than the horizon")
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() == "fairgate_window_redis_late_total" {
			assert.InDelta(t, 2, f.GetMetric()[0].GetCounter().GetValue(), 0)
			return
		}
	}
	t.Fatal("no metric of late events")
}

func TestASumOfABucketStopsAtItsEnd(t *testing.T) {
	m := miniredis.RunT(t)
	s := redis.New(connect(t, m.Addr()), redis.Options{})
	series := bucketSeries("0f1e2d3c4b5a", time.Minute)
	for range 300 {
		require.NoError(t, s.Touch(t.Context(), crowd(series, base, rules.MaxAmount)))
	}
	tc := crowd(series, base.Add(time.Second), 1)
	require.NoError(t, s.Touch(t.Context(), tc))
	assert.Equal(t, []float64{1<<32 - 1 + 1}, tc.Entities[0].Series[0].Values, "it does not begin anew, nor spill into the next")
}

// TestBucketsCostOneRoundTrip: what a pool counts travels with all the rest.
func TestBucketsCostOneRoundTrip(t *testing.T) {
	client := connect(t, miniredis.RunT(t).Addr())
	var h hook
	client.AddHook(&h)
	s := redis.New(client, redis.Options{})
	tc := crowd(bucketSeries("0f1e2d3c4b5a", time.Minute), base, 1)
	tc.Entities = append(tc.Entities, booking(countSeries("aaaaaaaaaaaa", 40, time.Minute), base).Entities...)
	require.NoError(t, s.Touch(t.Context(), tc))
	assert.Equal(t, int64(1), h.pipelines.Load())
}

// TestBucketKeysLieInOneSlot of a Cluster.
func TestBucketKeysLieInOneSlot(t *testing.T) {
	client := connect(t, miniredis.RunT(t).Addr())
	var keys []string
	client.AddHook(watch(func(cmds []goredis.Cmder) {
		for _, c := range cmds {
			args := c.Args()
			from, n := 1, 1
			if c.Name() == "eval" {
				from = 3
				n, _ = args[2].(int)
			}
			for _, k := range args[from : from+n] {
				switch k := k.(type) {
				case string:
					keys = append(keys, k)
				case *string:
					keys = append(keys, *k)
				}
			}
		}
	}))
	tc := crowd(bucketSeries("0f1e2d3c4b5a", time.Minute), base, 1)
	pair := rules.Pair(rules.EntityPool, rules.EntityASN)
	for i := range 3 {
		et := tc.Entities[0]
		et.Entity, et.Key = pair, rules.PairKey(strconv.Itoa(i), "p")
		et.Series = []scoring.SeriesTouch{et.Series[0]}
		et.Series[0].Values = make([]float64, 1)
		tc.Entities = append(tc.Entities, et)
	}
	require.NoError(t, redis.New(client, redis.Options{}).Touch(t.Context(), tc))
	tags := map[string]int{}
	for _, k := range keys {
		tag, _, ok := strings.Cut(k, "}")
		require.True(t, ok, k)
		tags[tag]++
	}
	assert.Len(t, tags, 4)
	for tag, n := range tags {
		assert.Greater(t, n, 4, tag)
	}
}
