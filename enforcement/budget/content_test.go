package budget

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/rules"
)

func TestContentIsWhatDecidesWhoIsBlocked(t *testing.T) {
	const doc = `
name: museum
features:
  - {name: orders, description: so many, entity: account, events: [order.submit], window: 1m, aggregate: count}
  - {name: looks, entity: account, events: [stock.read], window: 1m, aggregate: count}
rules:
  - {id: r, description: too many, when: orders > 5, on: account, action: block, ttl: 1h, owner: ana, reason: pace, messages: {zh: 多, en: many}}
  - {id: weak, when: looks > 5, on: account, action: score, score: 60, owner: bob, messages: {zh: 看, en: looks}}
bands:
  - {id: sure, from: 50, on: account, action: block, ttl: 1h, owner: eve, reason: pace, messages: {zh: 高, en: high}}
`
	contents := func(changes ...string) map[string]content {
		text := strings.NewReplacer(changes...).Replace(doc)
		if len(changes) > 0 {
			require.NotEqual(t, doc, text)
		}
		p, err := rules.Load("museum.yaml", []byte(text), rules.Options{})
		require.NoError(t, err)
		out, err := contentsOf(p)
		require.NoError(t, err)
		return out
	}
	was := contents()
	assert.Equal(t, "ana", was["r"].owner)
	assert.True(t, was["r"].blocks && was["sure"].blocks && !was["weak"].blocks)
	tests := []struct {
		name    string
		changes []string
		changed []string
	}{
		{"its condition", []string{"orders > 5", "orders > 6"}, []string{"r"}},
		{"a feature's window", []string{"order.submit], window: 1m", "order.submit], window: 2m"}, []string{"r"}},
		{"its action", []string{"action: block, ttl: 1h, owner: ana", "action: challenge, owner: ana"}, []string{"r"}},
		{"whom it acts on", []string{"on: account, action: block, ttl: 1h, owner: ana", "on: device, action: block, ttl: 1h, owner: ana"}, []string{"r"}},
		{"a score", []string{"score: 60", "score: 61"}, []string{"sure"}},
		{"a weak signal", []string{"looks > 5", "looks > 6"}, []string{"weak", "sure"}},
		{"a band's bound", []string{"from: 50", "from: 55"}, []string{"sure"}},
		{"words", []string{"so many", "many orders", "too many", "many", "zh: 多", "zh: 太多"}, nil},
		{"its owner and ttl", []string{"ttl: 1h, owner: ana", "ttl: 2h, owner: bob"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var changed []string
			for _, id := range []string{"r", "weak", "sure"} {
				if is := contents(tt.changes...); is[id].hash != was[id].hash {
					changed = append(changed, id)
				}
			}
			assert.Equal(t, tt.changed, changed)
		})
	}
}
