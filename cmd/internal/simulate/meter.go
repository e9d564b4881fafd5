package simulate

import (
	"fmt"
	"io"
	"time"
)

// meterEvery is how often, by the machine's time, a virtual run says how far it
// is.
const meterEvery = 5 * time.Second

// meter tells how far a virtual run is and how long it still takes.
type meter struct {
	out    io.Writer
	length time.Duration
	runner *Runner
	began  time.Time // by the machine's clock
	last   time.Time
}

func newMeter(out io.Writer, length time.Duration) *meter {
	now := time.Now()
	return &meter{out: out, length: length, began: now, last: now}
}

// look says something when it is time to.
func (m *meter) look(at time.Time) {
	now := time.Now()
	if now.Sub(m.last) < meterEvery || m.runner == nil {
		return
	}
	scene := m.runner.scene.Load()
	if scene == nil || scene.Start.IsZero() {
		return
	}
	m.last = now
	done := min(1, float64(at.Sub(scene.Start))/float64(m.length))
	sent := scene.Sent.People.Load() + scene.Sent.Hostile.Load()
	left := "?"
	if done > 0.001 {
		left = time.Duration(float64(now.Sub(m.began)) * (1 - done) / done).Round(time.Second).String()
	}
	_, _ = fmt.Fprintf(m.out, "%s  %5.1f %%  %9d requests, %4.1f %% hostile, %.0f/s · refused %d, challenged %d, people refused %d · %s left\n",
		at.Format("2006-01-02 15:04"), 100*done, sent, 100*scene.Sent.HostileShare(), float64(sent)/now.Sub(m.began).Seconds(),
		scene.Sent.Refused.Load(), scene.Sent.Challenged.Load(), scene.Sent.HarmedNow.Load(), left)
}
