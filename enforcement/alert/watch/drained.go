package watch

import (
	"context"
	"fmt"
	"slices"
	"time"

	"fairgate/enforcement/alert"
	"fairgate/enforcement/ledger/live"
	"fairgate/enforcement/notify"
)

// Bookings is what Drained needs of the ledger; *live.Reader is one.
type Bookings interface {
	Booked(ctx context.Context, site string, over live.Stretch) ([]live.Booked, error)
}

// Capacities knows how many places a pool's day has. Days that it does not know
// have 0.
type Capacities interface {
	Capacity(ctx context.Context, pool, day string) (int, error)
}

// DrainedOptions say from when a pool is drained too fast.
type DrainedOptions struct {
	Now func() time.Time
	// Share of the day's capacity that may be booked in a minute. Default 0.5;
	// beyond Urgent, default 0.8, it matters now.
	Share, Urgent float64
	// Shared is the part of those places that come from devices and addresses of
	// several accounts each from which machines are at it. Default 0.3. Below,
	// it may be people in a hurry, and the finding is only to know.
	Shared float64
	// Places is how many places must have been booked in the minute. Default 30:
	// of a guided tour of twelve every minute's bookings are most.
	Places uint64
}

func (o DrainedOptions) withDefaults() DrainedOptions {
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Share, o.Urgent, o.Shared, o.Places = orElse(o.Share, 0.5), orElse(o.Urgent, 0.8), orElse(o.Shared, 0.3), orElse(o.Places, 30)
	return o
}

// Drained watches how much of a day's capacity goes within a minute. It is for
// one goroutine.
type Drained struct {
	bookings   Bookings
	capacities Capacities
	site       string
	o          DrainedOptions
	known      map[string]capacity
}

type capacity struct {
	places int
	at     time.Time
}

// NewDrained watches the pools of a site.
func NewDrained(bookings Bookings, capacities Capacities, site string, o DrainedOptions) *Drained {
	return &Drained{bookings: bookings, capacities: capacities, site: site, o: o.withDefaults(), known: map[string]capacity{}}
}

// capacityFresh is for how long a capacity is believed, and maxKnown how many
// are remembered.
const (
	capacityFresh = time.Minute
	maxKnown      = 1000
)

// Look reports each pool of which a day is drained.
func (d *Drained) Look(ctx context.Context) ([]alert.Finding, error) {
	days, err := d.bookings.Booked(ctx, d.site, live.Last(d.o.Now(), minute))
	if err != nil {
		return nil, err
	}
	found := map[string]alert.Finding{}
	var order []string
	for _, day := range days {
		if day.Places < d.o.Places {
			continue
		}
		places, err := d.capacity(ctx, day.Pool, day.Day)
		if err != nil {
			return nil, err
		}
		f, drained := d.judge(day, places)
		if !drained {
			continue
		}
		before, told := found[day.Pool]
		if !told {
			order = append(order, day.Pool)
		}
		if !told || !before.Severity.AtLeast(f.Severity) {
			found[day.Pool] = f
		}
	}
	slices.Sort(order)
	list := make([]alert.Finding, 0, len(order))
	for _, pool := range order {
		list = append(list, found[pool])
	}
	return list, nil
}

func (d *Drained) capacity(ctx context.Context, pool, day string) (int, error) {
	key, now := pool+"\x00"+day, d.o.Now()
	if c, ok := d.known[key]; ok && now.Sub(c.at) < capacityFresh {
		return c.places, nil
	}
	places, err := d.capacities.Capacity(ctx, pool, day)
	if err != nil {
		return 0, fmt.Errorf("ask for the capacity of pool %q on %s: %w", pool, day, err)
	}
	if len(d.known) >= maxKnown {
		clear(d.known)
	}
	d.known[key] = capacity{places, now}
	return places, nil
}

func (d *Drained) judge(b live.Booked, places int) (alert.Finding, bool) {
	if places <= 0 {
		return alert.Finding{}, false
	}
	share, shared := float64(b.Places)/float64(places), float64(b.SharedPlaces)/float64(b.Places)
	severity := notify.Notice
	switch {
	case share < d.o.Share:
		return alert.Finding{}, false
	case shared >= d.o.Shared && share >= d.o.Urgent:
		severity = notify.Urgent
	case shared >= d.o.Shared:
		severity = notify.Warning
	}
	f := alert.Finding{
		Pattern: alert.PoolDrained, Group: clip(b.Pool, 200), Severity: severity, Pools: []string{clip(b.Pool, 200)}, Accounts: atMost(b.Accounts),
		What: say("票池 %[1]s（%[2]s）1 分钟内订出 %[3]s%%", "Pool %[1]s (%[2]s): %[3]s%% booked within a minute", name(b.Pool), name(b.Day), percent(min(1, share))),
		Evidence: say("%[1]s 个账号订出 %[2]s 个名额，共 %[3]s 个；其中 %[4]s%% 来自多账号共用的设备或地址",
			"%[1]s accounts booked %[2]s of %[3]s places; %[4]s%% of those from devices or addresses that several accounts share",
			group(b.Accounts), group(b.Places), group(uint64(places)), percent(shared)),
		Path: "/ticketing/pools/" + clip(b.Pool, 200),
		Next: alert.Text{ZH: "仅供了解：未见多账号共用设备的迹象", EN: "only to know: no sign of devices that many accounts share"},
	}
	if severity != notify.Notice {
		f.Next = alert.Text{
			ZH: "暂停放票阶段，复核共用设备的账号；截止前可收回名额",
			EN: "pause the stage and review the accounts that share devices; until the cut-off their places can be taken back",
		}
	}
	return f, true
}
