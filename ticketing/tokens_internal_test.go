package ticketing

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestTokensAreRememberedUntilTheyExpire(t *testing.T) {
	t.Parallel()
	const most = 10
	now := time.UnixMilli(1_770_000_000_000)
	tokens := newTokens(most)
	for i := range 3 * most {
		tokens.remember(fmt.Sprint(i), verified{session: fmt.Sprint("s", i), account: "a", expiresAt: now.Add(time.Minute)})
		assert.LessOrEqual(t, len(tokens.current)+len(tokens.former), 2*most)
	}
	latest := fmt.Sprint(3*most - 1)
	got, known := tokens.known(latest, now)
	assert.True(t, known)
	assert.Equal(t, verified{session: "s" + latest, account: "a", expiresAt: now.Add(time.Minute)}, got)
	_, known = tokens.known("0", now)
	assert.False(t, known, "long forgotten")
	_, known = tokens.known(latest+" ", now)
	assert.False(t, known, "another token")
	_, known = tokens.known(latest, now.Add(time.Minute))
	assert.False(t, known, "expired")
}
