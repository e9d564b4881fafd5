package watch

import (
	"context"
	"fmt"
	"math"
	"time"

	"fairgate/enforcement/alert"
	"fairgate/enforcement/ledger/live"
	"fairgate/enforcement/notify"
)

// RuleFigures is what a Norm needs of the ledger; *live.Reader is one.
type RuleFigures interface {
	RuleBlocks(ctx context.Context, site string, now time.Time) (live.RuleBlocks, error)
}

// NormOptions say how far a rule may be off its norm.
type NormOptions struct {
	Now func() time.Time
	// Deviations is how many standard deviations the last ten minutes may be off.
	// Default 6: of a hundred rules looked at every minute, chance alone is then
	// beyond it less than once in years.
	Deviations float64
	// Sources is how many accounts a rule must have blocked in ten minutes to be
	// off its norm upwards. Default 30.
	Sources uint64
	// Quiet is how unlikely nothing at all must be for the rule to have stopped.
	// Default one in a million.
	Quiet float64
}

func (o NormOptions) withDefaults() NormOptions {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Deviations, o.Sources, o.Quiet = orElse(o.Deviations, 6), orElse(o.Sources, 30), orElse(o.Quiet, 1e-6)
	return o
}

// Norm watches how many accounts each rule blocks in ten minutes, against its
// own last 24 hours. It is safe for concurrent use.
//
// The expectation is the rule's share of the sources seen, times those seen now,
// so that a night or an opening moves both. Counts are held against a Poisson
// distribution widened by the rule's own dispersion (variance over mean of its
// buckets, at least 1): rules that always come in bursts may. Source of the
// widening: P. McCullagh and J. A. Nelder, Generalized Linear Models (1989),
// section 6.2 (over-dispersed Poisson).
//
// A rule has no norm on its first day.
type Norm struct {
	figures RuleFigures
	site    string
	o       NormOptions
}

// NewNorm watches the rules of a site.
func NewNorm(figures RuleFigures, site string, o NormOptions) *Norm {
	return &Norm{figures: figures, site: site, o: o.withDefaults()}
}

// Look reports each rule that is off its norm.
func (n *Norm) Look(ctx context.Context) ([]alert.Finding, error) {
	figures, err := n.figures.RuleBlocks(ctx, n.site, n.o.Now())
	if err != nil {
		return nil, err
	}
	var found []alert.Finding
	for _, rule := range figures.Rules {
		if len(rule.Counts) != len(figures.Seen) {
			return nil, fmt.Errorf("rule %q has %d buckets of %d", rule.Rule, len(rule.Counts), len(figures.Seen))
		}
		if f, off := n.judge(rule, figures.Seen); off && rule.Known {
			found = append(found, f)
		}
	}
	return found, nil
}

func (n *Norm) judge(rule live.Blocks, seen []uint64) (alert.Finding, bool) {
	last := len(seen) - 1
	count, expected, dispersion := rule.Counts[last], 0.0, 1.0
	if past := sum(seen[:last]); past > 0 {
		rate := float64(sum(rule.Counts[:last])) / float64(past)
		expected = rate * float64(seen[last])
		dispersion = spread(rule.Counts[:last], seen[:last], rate)
	}
	bound := expected + n.o.Deviations*math.Sqrt(max(1, expected)*dispersion)
	switch {
	case count >= n.o.Sources && float64(count) > bound:
		return alert.Finding{
			Pattern: alert.RuleOffNorm, Group: rule.Rule, Severity: notify.Warning, Accounts: atMost(count), Path: "/rules/" + rule.Rule,
			What: say("规则 %[1]s 的拦截远高于平时", "Rule %[1]s blocks far more than usual", name(rule.Rule)),
			Evidence: say("近 10 分钟拦截 %[1]s 个账号，按其 24 小时水平应约 %[2]s 个（上限 %[3]s）",
				"it blocked %[1]s accounts in 10 minutes; by its 24 hours about %[2]s were to be expected (at most %[3]s)",
				group(count), whole1(expected), whole1(bound)),
			Done: say("拦截 %[1]s 个账号", "blocked %[1]s accounts", group(count)),
			Next: alert.Text{
				ZH: "抽查被拦截账号：若为攻击，保持；若误拦真人，将规则降为验证",
				EN: "look at some of the blocked accounts: keep the rule if it is an attack, have it challenge if people are hurt",
			},
		}, true
	case count == 0 && math.Exp(-expected/dispersion) < n.o.Quiet:
		return alert.Finding{
			Pattern: alert.RuleOffNorm, Group: rule.Rule, Severity: notify.Warning, Path: "/rules/" + rule.Rule,
			What: say("规则 %[1]s 已停止拦截", "Rule %[1]s has stopped blocking", name(rule.Rule)),
			Evidence: say("近 10 分钟无拦截，按其 24 小时水平应约 %[1]s 个账号", "it blocked nobody in 10 minutes; by its 24 hours about %[1]s accounts were to be expected",
				whole1(expected)),
			Next: alert.Text{
				ZH: "核对规则状态与版本，以及其特征是否仍有数据；也可能是对方换了手法",
				EN: "check the rule's state and version, and that its features still have values; or the other side has changed its ways",
			},
		}, true
	}
	return alert.Finding{}, false
}

// spread is the variance of the counts about their expectation, over the mean;
// at least 1.
func spread(counts, seen []uint64, rate float64) float64 {
	total, mean := 0.0, float64(sum(counts))
	for i, n := range counts {
		d := float64(n) - rate*float64(seen[i])
		total += d * d
	}
	if mean == 0 {
		return 1
	}
	return max(1, total/mean)
}

func sum(list []uint64) (total uint64) {
	for _, n := range list {
		total += n
	}
	return total
}

// whole1 writes a number without decimals.
func whole1(x float64) string { return group(uint64(max(0, math.Round(x)))) }
