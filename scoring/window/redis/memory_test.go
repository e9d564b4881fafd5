package redis_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/window/redis"
)

// BenchmarkMemory prints what SIZING.md says, measured on a Redis of its own:
//
//	FAIRGATE_TEST_REDIS=127.0.0.1:6379 go test -run '^$' -bench Memory -benchtime 1x ./scoring/window/redis
//
// B/entity is the growth of used_memory, everything included; usage-B/entity is
// what MEMORY USAGE says of one log.
func BenchmarkMemory(b *testing.B) {
	realRedis(b)
	client := connect(b, ownRedis(b))
	orders, reads := countSeries("0f1e2d3c4b5a", 256, 24*time.Hour), countSeries("112233445566", 256, time.Hour)
	places := countSeries("aabbccddeeff", 256, 24*time.Hour)
	places.Shape, places.Reads[0].Aggregate = scoring.ShapeAmounts, rules.AggSum
	age := countSeries("5a5a5a5a5a5a", 0, 30*24*time.Hour)
	age.Shape, age.Reads[0].Aggregate = scoring.ShapeSpans, rules.AggAge
	minute, hour := bucketSeries("111111111111", time.Minute), bucketSeries("222222222222", time.Hour)
	day := bucketSeries("333333333333", time.Hour)
	day.Keep = 25 * time.Hour
	documents := &scoring.Series{
		ID: "a1b2c3d4e5f6", Keep: 24 * time.Hour, Limit: 256, Shape: scoring.ShapeValues,
		Reads: []scoring.Read{{Window: 24 * time.Hour, Aggregate: rules.AggDistinct}},
	}
	for _, shape := range []struct {
		name   string
		series []*scoring.Series
		events int
		of     int // logs measured
	}{
		{"address/events=1", []*scoring.Series{orders}, 1, 4000},
		{"address/events=5", []*scoring.Series{orders}, 5, 4000},
		{"address/events=20", []*scoring.Series{orders}, 20, 2000},
		{"account/events=3", []*scoring.Series{orders, documents}, 3, 4000},
		{"account/events=10", []*scoring.Series{orders, documents}, 10, 4000},
		{"account/events=30", []*scoring.Series{orders, reads, documents}, 30, 1000},
		{"account/events=100", []*scoring.Series{orders, reads, documents}, 100, 500},
		{"age/events=1", []*scoring.Series{age}, 1, 4000},
		{"age/events=5", []*scoring.Series{age}, 5, 4000},
		{"age/events=300", []*scoring.Series{age}, 300, 200},
		{"account+sum+age/events=10", []*scoring.Series{orders, documents, places, age}, 10, 4000},
		{"bucketed pair/events=1", []*scoring.Series{hour}, 1, 4000},
		{"bucketed pair/events=5", []*scoring.Series{hour}, 5, 2000},
		{"bucketed crowd/minute", []*scoring.Series{minute}, 20_000, 1},
		{"bucketed crowd/hour+before", []*scoring.Series{day}, 20_000, 1},
		{"bucketed rush/hour", []*scoring.Series{hour}, 120_000, 1}, // in two minutes
		{"hottest/series=1", []*scoring.Series{orders}, 3000, 20},
		{"hottest/series=3", []*scoring.Series{orders, reads, documents}, 3000, 20},
	} {
		b.Run(shape.name, func(b *testing.B) {
			for range b.N {
				s := redis.New(client, redis.Options{})
				require.NoError(b, client.FlushAll(b.Context()).Err())
				before := usage(b, client)["used_memory"]
				most := int64(0)
				for n := range shape.of {
					key := fmt.Sprintf("%032x", n)
					for i := range shape.events {
						every := time.Second
						if shape.events > 100_000 {
							every = time.Millisecond
						}
						visit(b, s, key, shape.series, base.Add(time.Duration(i)*every), i)
						if i > 512 && i%8 == 0 && shape.of == 20 { // while it grows and is folded
							bytes, err := client.MemoryUsage(b.Context(), "fg:{account:"+key+"}:log1").Result()
							require.NoError(b, err)
							most = max(most, bytes)
						}
					}
				}
				usual := int64(0) // nothing where there is no log
				if n, err := client.MemoryUsage(b.Context(), fmt.Sprintf("fg:{account:%032x}:log1", 0)).Result(); err == nil {
					usual = n
				}
				b.ReportMetric((usage(b, client)["used_memory"]-before)/float64(shape.of), "B/entity")
				b.ReportMetric(float64(usual), "usage-B/entity")
				b.ReportMetric(float64(max(most, usual)), "most-B")
			}
		})
	}
}

// visit is the i-th event of an account.
func visit(b *testing.B, s *redis.Store, key string, series []*scoring.Series, when time.Time, i int) {
	b.Helper()
	id := uuid.Must(uuid.NewV7()).String()
	et := scoring.EntityTouch{Entity: rules.EntityAccount, Key: key}
	for _, one := range series {
		st := scoring.SeriesTouch{Series: one, Members: []string{id}, Amount: 3, Values: make([]float64, 1)}
		if one.Shape == scoring.ShapeValues {
			st.Members[0] = fmt.Sprint("document ", i%400)
		}
		et.Series = append(et.Series, st)
	}
	require.NoError(b, s.Touch(b.Context(), &scoring.Touch{
		EventID: id, Time: when, Entities: []scoring.EntityTouch{et},
	}))
}
