package pipeline_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/ingest/stream"
	"fairgate/rules"
	"fairgate/scoring"
	"fairgate/scoring/pipeline"
	"fairgate/scoring/window/memory"
)

// FuzzMessage puts anything at all on the topic: it is scored or it goes to the
// dead letters, and it is committed either way.
func FuzzMessage(f *testing.F) {
	for _, seed := range []string{
		`{"id":"e","time":"2026-03-01T09:00:00Z","kind":"order.submit","subject":{"account":"a","documents":["d","d"]},"client":{"ip":"::ffff:192.0.2.1"}}`,
		`{"id":"e","time":"2026-03-01T09:00:00Z","kind":"stock.read","decision":{"ruleset":"x","snapshot":{"values":[1,2,3]}}}`,
		`{"id":"e","time":"9999-12-31T23:59:59Z","kind":"order.pay","decision":{"score":1e308,"hits":[{"action":"?"}]}}`,
		`null`, `{`, ``, `{"id":7}`,
	} {
		f.Add([]byte(seed))
	}
	p, err := rules.Compile(&rules.Ruleset{
		Name: "fuzz",
		Features: []rules.Feature{
			{Name: "papers", Entity: rules.EntityAccount, Window: time.Hour, Aggregate: rules.AggDistinct, Of: rules.FieldDocument, Stage: rules.StageAsync},
			{Name: "rhythm", Entity: rules.EntityIP, Window: time.Hour, Aggregate: rules.AggRegularity, Stage: rules.StageAsync},
		},
		Rules: []rules.Rule{{ID: "r", Stage: rules.StageAsync, When: "papers > 1 or rhythm < 0.1", On: rules.EntityAccount, Action: ingest.Flag}},
	}, rules.Options{})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, value []byte) {
		e := scoring.New(memory.New(memory.Options{}), scoring.Options{})
		e.Swap(p)
		j := newJournal()
		j.put(value, "k")
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		done := make(chan error, 1)
		pl := pipeline.New(closing{j, cancel}, e, j, topics, pipeline.Options{Wait: time.Millisecond})
		go func() { done <- pl.Run(ctx) }()
		require.NoError(t, <-done)
		require.Equal(t, []int64{0}, j.committed)
	})
}

// closing stops the pipeline as soon as the first batch is committed.
type closing struct {
	*journal
	stop context.CancelFunc
}

func (c closing) Commit(ctx context.Context, m ...stream.Message) error {
	defer c.stop()
	return c.journal.Commit(ctx, m...)
}
