package watch_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/alert"
	"fairgate/enforcement/alert/watch"
	"fairgate/enforcement/notify"
	"fairgate/ingest"
)

func TestEngines(t *testing.T) {
	var redis, booking error
	hangs := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	w, err := watch.NewEngines(map[watch.Engine]watch.Probe{
		watch.Redis:      func(context.Context) error { return redis },
		watch.Booking:    func(context.Context) error { return booking },
		watch.ClickHouse: hangs,
	}, watch.EngineOptions{
		Now: at(opening), Timeout: 10 * time.Millisecond, Zone: time.FixedZone("UTC+8", 8*60*60),
		Modes: map[ingest.FailMode]int{ingest.FailDegraded: 12, ingest.FailClosed: 2},
	})
	require.NoError(t, err)
	redis = errors.New("refused: secret")
	assert.Empty(t, look(t, w), "one failed probe is a connection that was dropped")
	found := look(t, w)
	require.Len(t, found, 2)
	clickhouse, r := found[0], found[1]
	assert.Equal(t, "clickhouse", clickhouse.Group)
	assert.Equal(t, notify.Warning, clickhouse.Severity, "screening goes on")
	assert.Equal(t, alert.Text{ZH: "Redis 不可用", EN: "Redis is away"}, r.What)
	assert.Equal(t, notify.Urgent, r.Severity)
	assert.Equal(t, "网关按各路由的失效模式运行，12 条路由降级，2 条路由全拒", r.Done.ZH)
	assert.Contains(t, r.Evidence.ZH, "自 09:00:00 起连续 2 次")
	assert.NotContains(t, r.Evidence.EN, "secret")

	redis, booking = nil, errors.New("away")
	found = look(t, w)
	require.Len(t, found, 1, "Redis is back, and the booking system failed once")
	found = look(t, w)
	require.Len(t, found, 2)
	assert.Equal(t, "booking", found[0].Group)
}

func TestEnginesThatThereAreNot(t *testing.T) {
	_, err := watch.NewEngines(map[watch.Engine]watch.Probe{"oracle": func(context.Context) error { return nil }}, watch.EngineOptions{})
	require.ErrorContains(t, err, `"oracle"`)
	_, err = watch.NewEngines(map[watch.Engine]watch.Probe{watch.SQL: nil}, watch.EngineOptions{})
	require.ErrorContains(t, err, `"sql"`)
	assert.False(t, watch.Engine("").Valid())
}

func TestEnginesAreNotBlamedForTheEnd(t *testing.T) {
	w, err := watch.NewEngines(map[watch.Engine]watch.Probe{watch.SQL: func(ctx context.Context) error { return ctx.Err() }}, watch.EngineOptions{})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = w.Look(ctx)
	require.ErrorIs(t, err, context.Canceled)
}
