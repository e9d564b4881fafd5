package life_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"fairgate/rules"
	"fairgate/rules/life"
	"fairgate/rules/life/lifetest"
	"fairgate/rules/source"
)

// many is a ruleset of so many rules over a twentieth as many features.
func many(n int) string {
	var b strings.Builder
	b.WriteString("name: museum\nfeatures:\n")
	features := max(1, n/20)
	for i := range features {
		fmt.Fprintf(&b, "  - {name: reads_%d, entity: account, events: [stock.read], window: %ds, aggregate: count}\n", i, 60+i)
	}
	b.WriteString("rules:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - id: rule_%d\n    when: reads_%d > %d and hour >= 6\n    events: [order.submit]\n    on: account\n    action: challenge\n    reason: pace\n    owner: risk\n    messages: {zh: 快, en: fast}\n",
			i, i%features, 20+i)
	}
	return b.String()
}

// BenchmarkCheckWhileTyping does what the server does after the last key of an
// editor: the rule into its text, the text compiled, compared with what is in
// force. An author waits 300 ms for it to begin and 1 s for the answer.
func BenchmarkCheckWhileTyping(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			text := many(n)
			s := life.New(lifetest.NewMemory(), source.NewFiles(fstest.MapFS{"museum.yaml": {Data: []byte(text)}}), life.Options{})
			rule := fmt.Sprintf("rule_%d", n/2)
			written, err := life.Write([]byte(text), rule)
			require.NoError(b, err)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				current, err := s.InForce(b.Context(), "museum")
				require.NoError(b, err)
				written.When = fmt.Sprintf("reads_0 > %d", i)
				spliced, err := life.Splice([]byte(current.Text), rule, written)
				require.NoError(b, err)
				p, err := rules.Load("", []byte(spliced.Text), rules.Options{})
				require.NoError(b, err)
				_, err = s.Against(current, p)
				require.NoError(b, err)
			}
		})
	}
}
