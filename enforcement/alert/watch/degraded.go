package watch

import (
	"context"
	"time"

	"fairgate/enforcement/alert"
	"fairgate/enforcement/ledger/live"
	"fairgate/enforcement/notify"
)

// DegradedOptions say from when decisions without the shared counters matter.
type DegradedOptions struct {
	Now func() time.Time
	// Share of the last minute's requests, default 0.1, and Requests how many
	// there must be at least, default 20: a gateway that restarts begins with a
	// few.
	Share    float64
	Requests uint64
}

// Degraded watches for gateways that decide by themselves: one that cannot reach
// Redis shows here even where Redis answers everybody else. It is safe for
// concurrent use.
type Degraded struct {
	traffic Traffic
	site    string
	o       DegradedOptions
}

// NewDegraded watches the traffic of a site.
func NewDegraded(traffic Traffic, site string, o DegradedOptions) *Degraded {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Share, o.Requests = orElse(o.Share, 0.1), orElse(o.Requests, 20)
	return &Degraded{traffic: traffic, site: site, o: o}
}

// Look reports gateways that decide by themselves, of the whole site.
func (d *Degraded) Look(ctx context.Context) ([]alert.Finding, error) {
	rows, err := d.traffic.Traffic(ctx, d.site, live.Last(d.o.Now(), minute))
	if err != nil {
		return nil, err
	}
	for _, t := range rows {
		share := float64(t.Degraded) / float64(max(1, t.Requests))
		if !t.Whole || t.Degraded < d.o.Requests || share < d.o.Share {
			continue
		}
		return []alert.Finding{{
			Pattern: alert.EngineDegraded, Group: "screening", Severity: notify.Warning, Path: "/system/engines",
			What:     say("%[1]s%% 的判定为降级", "%[1]s%% of decisions are degraded", percent(min(1, share))),
			Evidence: say("近 60 秒 %[1]s 次请求中 %[2]s 次未用共享计数", "in the last 60 s %[2]s of %[1]s requests were decided without the shared counters", group(t.Requests), group(t.Degraded)),
			Done:     alert.Text{ZH: "网关用单机计数判定", EN: "gateways decide by their own counters"},
			Next:     alert.Text{ZH: "检查网关到 Redis 的网络与时延", EN: "check the gateways' way to Redis, and how long it takes"},
		}}, nil
	}
	return nil, nil
}
