package pipeline_test

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/uuid"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/ingest/stream"
	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/pipeline"
	"fairgate/scoring/window/redis"
)

func BenchmarkPipelineEmbedded(b *testing.B) { benchmark(b, miniredis.RunT(b).Addr()) }

func BenchmarkPipelineRedis(b *testing.B) {
	addr := os.Getenv("FAIRGATE_TEST_REDIS")
	if addr == "" {
		if os.Getenv("FAIRGATE_TEST_ENGINES") == "required" {
			b.Fatal("FAIRGATE_TEST_REDIS is not set, and engines are required")
		}
		b.Skip("FAIRGATE_TEST_REDIS is not set")
	}
	benchmark(b, addr)
}

// benchmark scores bookings of 2,000 accounts from 1,000 addresses with eight
// asynchronous features over four entities, from the message to the commit.
func benchmark(b *testing.B, addr string) {
	o := &goredis.UniversalOptions{Addrs: []string{addr}}
	redis.Configure(o)
	client := goredis.NewUniversalClient(o)
	defer client.Close()
	e := scoring.New(redis.New(client, redis.Options{}), scoring.Options{})
	e.Swap(benchProgram(b))
	j := &journal{in: make(chan stream.Message, b.N)}
	run := uuid.NewString()
	for n := range b.N {
		j.event(b, &ingest.Event{
			ID: uuid.Must(uuid.NewV7()).String(), Time: time.Now().Add(time.Duration(n-b.N) * time.Millisecond), Site: "museum",
			Kind: ingest.KindOrderSubmit,
			Subject: ingest.Subject{
				Account: fmt.Sprint(run, n*7%2000), Device: fmt.Sprint(run, n*7%2000/2), Documents: []string{fmt.Sprint(run, n%3000)},
			},
			Client: ingest.Client{IP: netip.AddrFrom4([4]byte{10, 1, byte(n * 7 % 2000 / 500), byte(n * 7 % 250)}), Subnet: "10.1.0.0/24"},
		})
	}
	close(j.in)
	p := pipeline.New(j, e, j, topics, pipeline.Options{})
	b.ResetTimer()
	start := time.Now()
	require.ErrorIs(b, p.Run(context.Background()), stream.ErrClosed)
	b.ReportMetric(float64(len(j.committed))/time.Since(start).Seconds(), "events/s")
}

func benchProgram(b *testing.B) *rules.Program {
	b.Helper()
	f := func(name string, e rules.Entity, w time.Duration, of rules.Field) rules.Feature {
		agg := rules.AggCount
		if of != "" {
			agg = rules.AggDistinct
		}
		return rules.Feature{Name: name, Entity: e, Window: w, Aggregate: agg, Of: of, Stage: rules.StageAsync}
	}
	p, err := rules.Compile(&rules.Ruleset{
		Name: "bench",
		Features: []rules.Feature{
			f("account_hour", rules.EntityAccount, time.Hour, ""), f("account_day", rules.EntityAccount, 24*time.Hour, ""),
			f("account_devices", rules.EntityAccount, 24*time.Hour, rules.FieldDevice),
			f("device_hour", rules.EntityDevice, time.Hour, ""), f("device_accounts", rules.EntityDevice, 24*time.Hour, rules.FieldAccount),
			f("ip_hour", rules.EntityIP, time.Hour, ""), f("ip_accounts", rules.EntityIP, time.Hour, rules.FieldAccount),
			f("document_day", rules.EntityDocument, 24*time.Hour, ""),
		},
		Rules: []rules.Rule{{
			ID: "r", Stage: rules.StageAsync, On: rules.EntityAccount, Action: ingest.Flag,
			When: "account_hour > 90 or account_day > 90 or account_devices > 9 or device_hour > 90 or device_accounts > 9 or ip_hour > 90 or ip_accounts > 90 or document_day > 90",
		}},
	}, rules.Options{})
	require.NoError(b, err)
	return p
}
