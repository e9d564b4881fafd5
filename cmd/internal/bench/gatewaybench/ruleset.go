package gatewaybench

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// RulesetName is the document's name, and its file's without ".yaml".
const RulesetName = "bench"

// feature of the generated rulesets; usual is where its thresholds begin.
type feature struct {
	name, entity, events, window, aggregate, of string
	usual                                       float64
}

// features are fifteen, over six entities, from a minute to a day.
func features() []feature {
	const orders, reads = "order.submit", "stock.read"
	return []feature{
		{"account_orders_1m", "account", orders, "1m", "count", "", 2},
		{"account_orders_10m", "account", orders, "10m", "count", "", 4},
		{"account_orders_1h", "account", orders, "1h", "count", "", 8},
		{"account_orders_24h", "account", orders, "24h", "count", "", 12},
		{"account_reads_1m", "account", reads, "1m", "count", "", 5},
		{"account_reads_1h", "account", reads, "1h", "count", "", 20},
		{"account_documents_24h", "account", orders, "24h", "distinct", "document", 3},
		{"device_orders_10m", "device", orders, "10m", "count", "", 4},
		{"device_accounts_1h", "device", orders, "1h", "distinct", "account", 2},
		{"ip_orders_1m", "ip", orders, "1m", "count", "", 6},
		{"subnet_accounts_1h", "subnet", orders, "1h", "distinct", "account", 20},
		{"subnet_orders_10m", "subnet", orders, "10m", "count", "", 30},
		{"document_orders_24h", "document", orders, "24h", "count", "", 3},
		{"document_accounts_24h", "document", orders, "24h", "distinct", "account", 2},
		{"phone_orders_24h", "phone", orders, "24h", "count", "", 4},
	}
}

// mostRules is how many different rules Ruleset can write.
const mostRules = 105 + 2*455

// Ruleset writes a ruleset of n live in-line rules over fifteen features, the
// same for the same seed. Each rule has three or four comparisons: two or three
// features, about half of them exceeded by busy visitors, so that evaluation
// does not stop at the first; and last a field of the order that hardly any
// order has, so that a rule rarely fires and the requests are forwarded.
//
// No two rules read the same features together with the same field, so none can
// hide another: `fairgate rules check` finds nothing.
func Ruleset(n int, seed uint64) ([]byte, error) {
	if n < 1 || n > mostRules {
		return nil, fmt.Errorf("ruleset of %d rules: from 1 to %d", n, mostRules)
	}
	random := rand.New(rand.NewPCG(seed, 2))
	all := features()
	var out bytes.Buffer
	fmt.Fprintf(&out, "name: %s\ndescription: Made for measuring, %d rules from seed %d.\nfeatures:\n", RulesetName, n, seed)
	for _, f := range all {
		fmt.Fprintf(&out, "  - {name: %s, entity: %s, events: [%s], window: %s, aggregate: %s", f.name, f.entity, f.events, f.window, f.aggregate)
		if f.of != "" {
			fmt.Fprintf(&out, ", of: %s", f.of)
		}
		out.WriteString("}\n")
	}
	out.WriteString("rules:\n")
	for i, s := range shapes(n, random) {
		writeRule(&out, i, s, all, random)
	}
	return out.Bytes(), nil
}

// shape is what a rule reads: features by index, and the rare field.
type shape struct {
	features []int
	field    string
}

// shapes picks n, a tenth of them short ones.
func shapes(n int, random *rand.Rand) []shape {
	var short, long []shape
	count := len(features())
	for a := range count {
		for b := range a {
			short = append(short, shape{[]int{a, b}, "days_ahead"})
			for c := range b {
				long = append(long, shape{[]int{a, b, c}, "positions"}, shape{[]int{a, b, c}, "documents"})
			}
		}
	}
	for _, list := range [][]shape{short, long} {
		random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	few := max(min((n+9)/10, len(short)), n-len(long))
	return append(short[:few:few], long[:n-few]...)
}

func writeRule(out *bytes.Buffer, i int, s shape, all []feature, random *rand.Rand) {
	rare := 5 + random.IntN(4)
	events, kind := "[order.submit]", "order.submit"
	if s.field == "days_ahead" { // these look at reads too
		rare, events = 20+random.IntN(8), "[order.submit, stock.read]"
	}
	random.Shuffle(len(s.features), func(a, b int) { s.features[a], s.features[b] = s.features[b], s.features[a] })
	var when, over, at []string
	for _, f := range s.features {
		threshold := int(math.Ceil(all[f].usual * math.Exp(2.5*random.Float64())))
		when = append(when, fmt.Sprintf("%s > %d", all[f].name, threshold))
		over = append(over, fmt.Sprintf("%s: %d", all[f].name, threshold+1))
		at = append(at, fmt.Sprintf("%s: %d", all[f].name, threshold))
	}
	when = append(when, fmt.Sprintf("%s >= %d", s.field, rare))
	action, on := "flag", "account"
	switch {
	case i%10 == 3:
		action = "block"
	case i%10 > 7:
		action = "challenge"
	}
	if i%4 == 1 {
		on = "device"
	}
	fmt.Fprintf(out, "  - id: bench_%04d\n    events: %s\n    when: %s\n    on: %s\n    action: %s\n    score: %d\n    ttl: 10m\n    reason: pace\n    owner: bench\n",
		i+1, events, strings.Join(when, " and "), on, action, 5+random.IntN(20))
	fmt.Fprintf(out, "    messages: {zh: 第 %d 条规则, en: Rule %d}\n", i+1, i+1)
	fmt.Fprintf(out, "    cases:\n      must_fire:\n        - {name: all of it, kind: %s, event: {account: a, device: d, %s: %d}, features: {%s}}\n",
		kind, s.field, rare, strings.Join(over, ", "))
	fmt.Fprintf(out, "      must_not_fire:\n        - {name: an ordinary order, kind: %s, event: {account: a, device: d, %s: %d}, features: {%s}}\n",
		kind, s.field, rare-1, strings.Join(over, ", "))
	for i := range over {
		features := slices.Clone(over)
		features[i] = at[i]
		fmt.Fprintf(out, "        - {name: one less, kind: %s, event: {account: a, device: d, %s: %d}, features: {%s}}\n",
			kind, s.field, rare, strings.Join(features, ", "))
	}
}
