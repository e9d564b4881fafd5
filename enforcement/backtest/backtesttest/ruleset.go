package backtesttest

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
)

// feature of the generated rulesets; usual is where its thresholds begin.
type feature struct {
	name, entity, events, window, aggregate, of, stage string
	usual                                              float64
}

// features are twenty, over eight entities, from a minute to a day, two of
// them of the asynchronous stage.
func features() []feature {
	const orders, reads, looks = "order.submit", "stock.read, detail.read", "page.read, detail.read, stock.read"
	return []feature{
		{"account_orders_1m", "account", orders, "1m", "count", "", "", 2},
		{"account_orders_10m", "account", orders, "10m", "count", "", "", 3},
		{"account_orders_1h", "account", orders, "1h", "count", "", "", 5},
		{"account_orders_24h", "account", orders, "24h", "count", "", "", 10},
		{"account_reads_1m", "account", reads, "1m", "count", "", "", 5},
		{"account_reads_1h", "account", reads, "1h", "count", "", "", 20},
		{"account_rhythm", "account", reads, "10m", "regularity", "", "", 1},
		{"account_documents_24h", "account", orders, "24h", "distinct", "document", "", 6},
		{"account_looks_10m", "account", looks, "10m", "count", "", "", 10},
		{"account_read_gap", "account", reads, "10m", "since_last", "", "", 60},
		{"device_orders_10m", "device", orders, "10m", "count", "", "", 4},
		{"device_accounts_1h", "device", orders, "1h", "distinct", "account", "", 2},
		{"device_reads_10m", "device", reads, "10m", "count", "", "", 15},
		{"session_reads_1m", "session", reads, "1m", "count", "", "", 6},
		{"ip_orders_1m", "ip", orders, "1m", "count", "", "", 6},
		{"subnet_accounts_1h", "subnet", orders, "1h", "distinct", "account", "", 20},
		{"document_orders_24h", "document", orders, "24h", "count", "", "", 3},
		{"document_accounts_24h", "document", orders, "24h", "distinct", "account", "", 2},
		{"phone_orders_24h", "phone", orders, "24h", "count", "", "async", 4},
		{"account_days_24h", "account", orders, "24h", "distinct", "day", "async", 4},
	}
}

// Ruleset writes a ruleset of n live rules over twenty features, the same for
// the same seed: each compares two of the features, so that evaluation does
// not always stop at the first, and a field of the order. strict scales the
// thresholds: 1 is usual, less fires more.
func Ruleset(n int, seed uint64, strict float64) []byte {
	random := rand.New(rand.NewPCG(seed, 5))
	all := features()
	var out bytes.Buffer
	fmt.Fprintf(&out, "name: bench\ndescription: Made for measuring, %d rules from seed %d.\nfeatures:\n", n, seed)
	for _, f := range all {
		fmt.Fprintf(&out, "  - {name: %s, entity: %s, events: [%s], window: %s, aggregate: %s", f.name, f.entity, f.events, f.window, f.aggregate)
		if f.of != "" {
			fmt.Fprintf(&out, ", of: %s", f.of)
		}
		if f.stage != "" {
			fmt.Fprintf(&out, ", stage: %s", f.stage)
		}
		out.WriteString("}\n")
	}
	out.WriteString("rules:\n")
	for i := range n {
		rule(&out, i, random, all, strict)
	}
	return out.Bytes()
}

func rule(out *bytes.Buffer, i int, random *rand.Rand, all []feature, strict float64) {
	a := i % len(all)
	b := (a + 1 + i/len(all)) % len(all)
	if all[a].usual < 2 {
		a, b = b, a
	}
	threshold := func(f feature) string {
		if f.aggregate == "regularity" {
			return fmt.Sprintf("known(%s) and %s < %.2f", f.name, f.name, 0.3+0.4*random.Float64())
		}
		return fmt.Sprintf("%s > %d", f.name, int(math.Ceil(f.usual*strict*math.Exp(1.2*random.Float64()))))
	}
	stage, action := "inline", [...]string{"flag", "challenge", "flag", "block", "flag"}[i%5]
	if all[a].stage == "async" || all[b].stage == "async" {
		stage = "async"
	}
	fmt.Fprintf(out, "  - id: rule_%03d\n    stage: %s\n    when: %s and %s and positions >= %d\n    on: account\n    action: %s\n    score: %d\n",
		i+1, stage, threshold(all[a]), threshold(all[b]), random.IntN(3), action, 5+random.IntN(20))
	if action != "flag" {
		fmt.Fprintf(out, "    ttl: 10m\n    reason: pace\n")
	}
	fmt.Fprintf(out, "    messages: {zh: 第 %d 条规则, en: Rule %d}\n", i+1, i+1)
}
