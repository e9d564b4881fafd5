package stream_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"

	"fairgate/ingest"
	"fairgate/ingest/stream"
)

const realKafka = "FAIRGATE_TEST_KAFKA"

// TestKafka runs one suite against the embedded broker and a real one.
func TestKafka(t *testing.T) {
	t.Run("kfake", func(t *testing.T) {
		cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
		require.NoError(t, err)
		t.Cleanup(cluster.Close)
		conform(t, cluster.ListenAddrs())
	})
	t.Run("kafka", func(t *testing.T) {
		addr := os.Getenv(realKafka)
		if addr == "" {
			require.NotEqual(t, "required", os.Getenv("FAIRGATE_TEST_ENGINES"), "%s is not set", realKafka)
			t.Skip(realKafka + " is not set")
		}
		conform(t, []string{addr})
	})
}

func conform(t *testing.T, brokers []string) {
	tests := map[string]func(*testing.T, []string, stream.Topics){
		"topics exist and may be ensured twice": testEnsureTopics,
		"publish, fetch, commit, resume":        testResume,
		"one key keeps its order":               testOrder,
		"many at once":                          testManyTopics,
		"commit beyond the end is reset":        testReset,
		"journal to consumer":                   testJournalToConsumer,
		"rejected for good":                     testTooLarge,
		"dead letters":                          testDeadLetters,
		"a tail reads everything, each time":    testTail,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			topics := stream.NewTopics(fmt.Sprintf("t%d.", time.Now().UnixNano()))
			require.NoError(t, stream.EnsureTopics(t.Context(), brokers, topics,
				stream.TopicOptions{Partitions: 3, Replication: 1, RetentionBytes: 64 << 20}))
			test(t, brokers, topics)
		})
	}
}

func consume(t *testing.T, brokers []string, group string, topics ...string) *stream.Consumer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c, err := stream.NewConsumer(ctx, brokers, group, topics, stream.ConsumerOptions{
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	require.NoError(t, err)
	return c
}

func fetch(t *testing.T, c *stream.Consumer, n int) []stream.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var got []stream.Message
	for len(got) < n {
		m, err := c.Fetch(ctx)
		require.NoError(t, err, "after %d of %d messages", len(got), n)
		got = append(got, m)
	}
	return got
}

func produce(t *testing.T, brokers []string) *stream.Producer {
	p := stream.NewProducer(brokers, stream.ProducerOptions{})
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

func testEnsureTopics(t *testing.T, brokers []string, topics stream.Topics) {
	require.NoError(t, stream.EnsureTopics(t.Context(), brokers, topics, stream.TopicOptions{}))
	err := stream.EnsureTopics(t.Context(), brokers, stream.NewTopics("wide."), stream.TopicOptions{Replication: 9})
	require.ErrorContains(t, err, `"wide.events"`)
}

func testResume(t *testing.T, brokers []string, topics stream.Topics) {
	p := produce(t, brokers)
	require.NoError(t, p.Publish(t.Context(), topics.Verdicts, "k", []byte("1"), []byte("2"), []byte("3"), []byte("4")))
	c := consume(t, brokers, topics.Verdicts, topics.Verdicts)
	got := fetch(t, c, 3)
	assert.Equal(t, "k", got[0].Key)
	assert.Equal(t, topics.Verdicts, got[0].Topic)
	assert.WithinDuration(t, time.Now(), got[0].Time, time.Minute)
	require.NoError(t, c.Commit(t.Context(), got[:2]...))
	lag, err := c.Lag(t.Context())
	require.NoError(t, err)
	assert.Equal(t, int64(2), lag)
	require.NoError(t, c.Close())
	_, err = c.Fetch(t.Context())
	require.ErrorIs(t, err, stream.ErrClosed)

	c = consume(t, brokers, topics.Verdicts, topics.Verdicts)
	got = fetch(t, c, 2)
	assert.Equal(t, "3", string(got[0].Value), "what was fetched and not committed comes again")
	require.NoError(t, c.Commit(t.Context(), got...))
	lag, err = c.Lag(t.Context())
	require.NoError(t, err)
	assert.Zero(t, lag)
	require.NoError(t, c.Close())
}

func testOrder(t *testing.T, brokers []string, topics stream.Topics) {
	p := produce(t, brokers)
	for i := range 50 {
		require.NoError(t, p.Publish(t.Context(), topics.Actions, "account-1", []byte(fmt.Sprint(i))))
	}
	c := consume(t, brokers, topics.Actions, topics.Actions)
	defer c.Close()
	for i, m := range fetch(t, c, 50) {
		require.Equal(t, fmt.Sprint(i), string(m.Value))
	}
}

func testManyTopics(t *testing.T, brokers []string, topics stream.Topics) {
	p := produce(t, brokers)
	var batch []stream.Message
	for i := range 3000 {
		topic := topics.Labels
		if i%2 == 0 {
			topic = topics.Outcomes
		}
		batch = append(batch, stream.Message{Topic: topic, Key: fmt.Sprint(i % 17), Value: []byte(fmt.Sprint(i))})
	}
	require.NoError(t, p.Send(t.Context(), batch...))
	require.NoError(t, p.Send(t.Context()))
	c := consume(t, brokers, topics.Labels, topics.Labels, topics.Outcomes)
	defer c.Close()
	seen := map[string]bool{}
	for _, m := range fetch(t, c, 3000) {
		seen[string(m.Value)] = true
	}
	assert.Len(t, seen, 3000)
}

func testReset(t *testing.T, brokers []string, topics stream.Topics) {
	p := produce(t, brokers)
	require.NoError(t, p.Publish(t.Context(), topics.Labels, "k", []byte("1"), []byte("2")))
	client := &kafka.Client{Addr: kafka.TCP(brokers...), Timeout: 10 * time.Second}
	commits := map[string][]kafka.OffsetCommit{topics.Labels: {
		{Partition: 0, Offset: 1000}, {Partition: 1, Offset: 1000}, {Partition: 2, Offset: 1000},
	}}
	// The first request to a new group may find its coordinator still loading.
	require.Eventually(t, func() bool {
		res, err := client.OffsetCommit(t.Context(), &kafka.OffsetCommitRequest{
			GroupID: topics.Labels, GenerationID: -1, Topics: commits,
		})
		return err == nil && res.Topics[topics.Labels][0].Error == nil
	}, 20*time.Second, 100*time.Millisecond)
	c := consume(t, brokers, topics.Labels, topics.Labels)
	defer c.Close()
	assert.Equal(t, "1", string(fetch(t, c, 2)[0].Value))
}

func testJournalToConsumer(t *testing.T, brokers []string, topics stream.Topics) {
	p := produce(t, brokers)
	j, err := stream.OpenJournal(t.TempDir(), topics.Events, p, stream.JournalOptions{})
	require.NoError(t, err)
	r := stream.NewRecorder(j)
	order := orderEvent("o-1")
	require.NoError(t, r.Intend(t.Context(), order))
	order.Outcome = ingest.Outcome{Disposition: ingest.DispositionForwarded, Status: 201}
	require.NoError(t, r.Complete(t.Context(), order))
	lost := orderEvent("o-2")
	require.NoError(t, r.Intend(t.Context(), lost))
	closeJournal(t, j, 10*time.Second)
	c := consume(t, brokers, topics.Events, topics.Events)
	defer c.Close()
	m := fetch(t, c, 1)[0]
	assert.Equal(t, "a-o-1", m.Key)
	var e ingest.Event
	require.NoError(t, json.Unmarshal(m.Value, &e))
	assert.Equal(t, 201, e.Outcome.Status)
}

func testTooLarge(t *testing.T, brokers []string, topics stream.Topics) {
	p := produce(t, brokers)
	err := p.Publish(t.Context(), topics.Labels, "k", []byte("fine"), make([]byte, 2<<20))
	require.ErrorIs(t, err, stream.ErrRejected)
	var partial *stream.PublishError
	require.ErrorAs(t, err, &partial)
	assert.NotEmpty(t, partial.Failed)
}

func testDeadLetters(t *testing.T, brokers []string, topics stream.Topics) {
	d := stream.NewDeadLetters(produce(t, brokers), topics.Dead)
	bad := stream.Message{Topic: topics.Events, Partition: 2, Offset: 7, Key: "k", Value: []byte("{")}
	require.NoError(t, d.Bury(t.Context(), bad, errors.New("unexpected end")))
	c := consume(t, brokers, topics.Dead, topics.Dead)
	defer c.Close()
	var got stream.DeadLetter
	require.NoError(t, json.Unmarshal(fetch(t, c, 1)[0].Value, &got))
	assert.Equal(t, stream.DeadLetter{Topic: topics.Events, Partition: 2, Offset: 7, Key: "k", Value: []byte("{"), Reason: "unexpected end"}, got)
}

func TestBrokerAway(t *testing.T) {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := gone.Addr().String()
	require.NoError(t, gone.Close())
	p := stream.NewProducer([]string{addr}, stream.ProducerOptions{Attempts: 1})
	defer p.Close()
	values := make([][]byte, 500)
	for i := range values {
		values[i] = []byte("v")
	}
	err = p.Publish(t.Context(), "events", "k", values...)
	var partial *stream.PublishError
	require.ErrorAs(t, err, &partial)
	assert.Len(t, partial.Failed, 500)
	assert.Less(t, len(err.Error()), 300, "one reason, not one per message")
	assert.Equal(t, 1, strings.Count(err.Error(), addr))

	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err = stream.NewConsumer(ctx, []string{addr}, "g", []string{"events"}, stream.ConsumerOptions{})
	require.ErrorContains(t, err, `consumer group "g"`)
	require.Error(t, stream.EnsureTopics(ctx, []string{addr}, stream.NewTopics(""), stream.TopicOptions{}))
}

// TestBrokerGoesAndComesBack: the journal takes records all the while, and
// everything reaches a consumer, in order, once the broker is back.
func TestBrokerGoesAndComesBack(t *testing.T) {
	dir := t.TempDir()
	start := func(ports ...int) (*kfake.Cluster, string, int) {
		options := []kfake.Opt{kfake.NumBrokers(1), kfake.DataDir(dir), kfake.SyncWrites(), kfake.SeedTopics(1, "events")}
		if len(ports) > 0 {
			options = append(options, kfake.Ports(ports...))
		}
		c, err := kfake.NewCluster(options...)
		require.NoError(t, err)
		addr, err := net.ResolveTCPAddr("tcp", c.ListenAddrs()[0])
		require.NoError(t, err)
		return c, addr.String(), addr.Port
	}
	cluster, addr, port := start()
	p := stream.NewProducer([]string{addr}, stream.ProducerOptions{})
	defer p.Close()
	j := openJournal(t, t.TempDir(), p, stream.JournalOptions{})
	var want []string
	add := func(n int) {
		for range n {
			r := rec(fmt.Sprint(len(want)))
			require.NoError(t, j.Intend(t.Context(), r))
			require.NoError(t, j.Complete(t.Context(), r))
			want = append(want, string(r.Value))
		}
	}
	add(100)
	c := consume(t, []string{addr}, "g", "events")
	defer c.Close()
	var got []string
	seen := map[string]bool{}
	catchUp := func() {
		for len(got) < len(want) {
			m := fetch(t, c, 1)[0]
			require.NoError(t, c.Commit(t.Context(), m))
			if v := string(m.Value); !seen[v] { // a batch may come twice
				got, seen[v] = append(got, v), true
			}
		}
	}
	catchUp()
	cluster.Close()
	add(100)
	assert.Positive(t, j.Stats().Backlog)
	cluster, _, _ = start(port)
	defer cluster.Close()
	add(100)
	closeJournal(t, j, 20*time.Second)
	require.Zero(t, j.Stats().Backlog)
	catchUp()
	assert.Equal(t, want, got)
}

func TestClosedProducer(t *testing.T) {
	p := stream.NewProducer([]string{"127.0.0.1:1"}, stream.ProducerOptions{})
	require.NoError(t, p.Close())
	require.ErrorIs(t, p.Publish(t.Context(), "events", "k", []byte("v")), stream.ErrClosed)
}

func testTail(t *testing.T, brokers []string, topics stream.Topics) {
	producer := stream.NewProducer(brokers, stream.ProducerOptions{})
	defer func() { assert.NoError(t, producer.Close()) }()
	send := func(keys ...string) {
		for _, k := range keys {
			require.NoError(t, producer.Send(t.Context(), stream.Message{Topic: topics.Links, Key: k, Value: []byte(k)}))
		}
	}
	// read collects until it has read until, and says how much of it was there
	// when it was caught up.
	read := func(until string) (got []string, before int) {
		tail := stream.NewTail(brokers, topics.Links, nil)
		defer func() { assert.NoError(t, tail.Close()) }()
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		require.NoError(t, tail.Read(ctx, func(m stream.Message) {
			got = append(got, string(m.Value))
			if string(m.Value) == until {
				stop()
			}
		}, func() {
			if before = len(got); until == "b" {
				send("b") // what comes later is read, too
			}
		}))
		require.ErrorIs(t, ctx.Err(), context.Canceled, "%s did not come", until)
		return got, before
	}
	got, before := read("b")
	assert.Equal(t, []string{"b"}, got)
	assert.Zero(t, before, "there was nothing")
	send("c", "d")
	for range 2 {
		got, _ = read("d")
		assert.Equal(t, []string{"b", "c", "d"}, got)
	}
}
