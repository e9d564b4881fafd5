package rules_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/rules"
)

func TestFeaturesOf(t *testing.T) {
	p, err := rules.Load("x.yaml", []byte(`name: x
features:
  - {name: a, entity: account, events: [stock.read], window: 1m, aggregate: count}
  - {name: b, entity: account, events: [order.submit], window: 1m, aggregate: count}
  - {name: r, aggregate: ratio, of: a, over: b}
  - {name: c, entity: device, events: [order.submit], window: 1m, aggregate: count}
rules:
  - {id: plain, when: c > 1, on: account, action: flag}
  - {id: ratio, when: r > 2, on: account, action: flag}
  - {id: draft, when: b > 2, on: account, action: flag, mode: draft}
`), rules.Options{})
	require.NoError(t, err)
	names := func(rule string) (out []string) {
		for _, f := range p.FeaturesOf(rule) {
			out = append(out, f.Name)
		}
		return out
	}
	assert.Equal(t, []string{"c"}, names("plain"))
	assert.Equal(t, []string{"a", "b", "r"}, names("ratio"))
	assert.Empty(t, names("draft"))
	assert.Empty(t, names("none"))
}
