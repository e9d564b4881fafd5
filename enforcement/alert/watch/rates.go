package watch

import (
	"context"
	"time"

	"fairgate/enforcement/alert"
	"fairgate/enforcement/ledger/metrics"
	"fairgate/enforcement/notify"
)

// Quality is what Rates need of the ledger; *metrics.Reader is one.
type Quality interface {
	Quality(ctx context.Context, period metrics.Period, filter metrics.Filter) (metrics.Quality, error)
}

// RatesOptions say which periods are compared.
type RatesOptions struct {
	Now func() time.Time
	// Recent is compared with the time Before it. Default 7 and 28 days: whole
	// weeks, so that weekends are in both.
	Recent, Before time.Duration
}

// Rates watches the miss and the false-positive rate. It reports a rate that
// has become worse, only where both periods have enough labels and their 95 %
// intervals do not overlap: then chance alone does it less than once in a
// hundred times. It is safe for concurrent use.
type Rates struct {
	quality Quality
	site    string
	o       RatesOptions
}

// NewRates watches the figures of a site.
func NewRates(quality Quality, site string, o RatesOptions) *Rates {
	if o.Now == nil {
		o.Now = time.Now
	}
	const day = 24 * time.Hour
	if o.Recent <= 0 {
		o.Recent = 7 * day
	}
	if o.Before <= 0 {
		o.Before = 28 * day
	}
	return &Rates{quality: quality, site: site, o: o}
}

// Look reports each rate that has become worse.
func (r *Rates) Look(ctx context.Context) ([]alert.Finding, error) {
	now := r.o.Now()
	turn := now.Add(-r.o.Recent)
	recent, err := r.quality.Quality(ctx, metrics.Period{From: turn, To: now}, metrics.Filter{Site: r.site})
	if err != nil {
		return nil, err
	}
	before, err := r.quality.Quality(ctx, metrics.Period{From: turn.Add(-r.o.Before), To: turn}, metrics.Filter{Site: r.site})
	if err != nil {
		return nil, err
	}
	var found []alert.Finding
	if worse(recent.Miss, before.Miss) {
		found = append(found, r.finding(alert.MissRateMoved, alert.Text{ZH: "漏判率", EN: "The miss rate"}, recent.Miss, before.Miss, alert.Text{
			ZH: "查看漏判的账号与其手法，回溯测试并收紧规则", EN: "look at the accounts that got through and how, backtest, and tighten rules",
		}))
	}
	if worse(recent.FalsePositive, before.FalsePositive) {
		found = append(found, r.finding(alert.FalseRateMoved, alert.Text{ZH: "误判率", EN: "The false-positive rate"}, recent.FalsePositive, before.FalsePositive, alert.Text{
			ZH: "按规则查看误判来源，将最差的规则降为验证", EN: "see which rules hurt people, and have the worst challenge instead of block",
		}))
	}
	return found, nil
}

// worse reports whether a rate has risen for sure.
func worse(recent, before metrics.Figure) bool {
	return recent.Enough && before.Enough && recent.Low > before.High
}

func (r *Rates) finding(p alert.Pattern, rate alert.Text, recent, before metrics.Figure, next alert.Text) alert.Finding {
	days := int(r.o.Recent.Hours() / 24)
	beforeDays := int(r.o.Before.Hours() / 24)
	return alert.Finding{
		Pattern: p, Severity: notify.Warning, Accounts: atMost(recent.Numerator), Path: "/quality",
		What: say("%[3]s升至 %[1]s%%（此前 %[2]s%%）", "%[4]s rose to %[1]s%% (from %[2]s%%)", tenths(recent.Value), tenths(before.Value), rate.ZH, rate.EN),
		Evidence: say("近 %[1]d 天 %[2]d/%[3]d（%[4]s–%[5]s%%），之前 %[6]d 天 %[7]d/%[8]d（%[9]s–%[10]s%%）",
			"last %[1]d days %[2]d/%[3]d (%[4]s–%[5]s%%), the %[6]d days before %[7]d/%[8]d (%[9]s–%[10]s%%)",
			days, recent.Numerator, recent.Denominator, tenths(recent.Low), tenths(recent.High),
			beforeDays, before.Numerator, before.Denominator, tenths(before.Low), tenths(before.High)),
		Next: next,
	}
}
