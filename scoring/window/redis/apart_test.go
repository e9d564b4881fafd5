package redis

import (
	"context"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/uuid"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// slots refuses commands that read several keys, as a Cluster behind one
// address does.
type slots struct{ goredis.Hook }

func (slots) DialHook(next goredis.DialHook) goredis.DialHook { return next }

func (slots) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook { return next }

func (slots) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []goredis.Cmder) error {
		err := next(ctx, cmds)
		for _, cmd := range cmds {
			if cmd.Name() == "mget" {
				cmd.SetErr(crossSlot("CROSSSLOT Keys in request don't hash to the same slot"))
				return cmd.Err()
			}
		}
		return err
	}
}

type crossSlot string

func (e crossSlot) Error() string { return string(e) }

func (crossSlot) RedisError() {}

func TestAClusterBehindOneAddressIsAskedApart(t *testing.T) {
	o := &goredis.UniversalOptions{Addrs: []string{miniredis.RunT(t).Addr()}}
	Configure(o)
	client := goredis.NewUniversalClient(o)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	client.AddHook(slots{})
	s := New(client, Options{})
	for i := range 3 {
		touch := counting("one", uuid.NewString())
		require.NoError(t, s.Touch(t.Context(), touch))
		assert.Equal(t, []float64{float64(i + 1)}, touch.Entities[0].Series[0].Values, "the touch that was refused counts once")
		assert.False(t, s.together())
	}
}
