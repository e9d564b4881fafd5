package alert

import (
	"context"
	"database/sql"
	"embed"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"fairgate/enforcement/notify"
	"fairgate/ingest/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Outbox queues messages to operators; *notify.Service is one.
type Outbox interface {
	Append(ctx context.Context, tx *sql.Tx, m notify.Message) (int, error)
	Wake()
}

// Options tune a Service. The zero value is usable.
type Options struct {
	Now func() time.Time
	// Console is the address of the operators' pages, for links in messages;
	// empty: no links.
	Console string
	// Zone is the venue's; times in messages are in it. Default UTC.
	Zone *time.Location
	// Over is after how long without a finding an alert is over. Default 2 min.
	Over time.Duration
	// Target is in what time somebody should take an alert. Default 30 min.
	Target time.Duration
	// Escalate is after how long an alert that nobody took is told again, to
	// every channel; the second time after Target. Default 10 min.
	Escalate time.Duration
	// Idle is after how long without matching anything a silence ends.
	// Default 1 h.
	Idle time.Duration
	// Keep is for how long closed alerts are kept. Default 400 days, for a
	// year's reports.
	Keep     time.Duration
	Logger   *slog.Logger
	Registry prometheus.Registerer
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&o.Over, 2 * time.Minute},
		{&o.Target, 30 * time.Minute},
		{&o.Escalate, 10 * time.Minute},
		{&o.Idle, time.Hour},
		{&o.Keep, 400 * 24 * time.Hour},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Service keeps the alerts of one site. It is safe for concurrent use, also by
// several processes on one database: messages have keys, so that what two of
// them find at once is told once.
type Service struct {
	db      *sqldb.DB
	site    string
	outbox  Outbox
	options Options
	opened  *prometheus.CounterVec
	taken   prometheus.Histogram
}

// New migrates the tables and returns the Service of a site.
func New(ctx context.Context, db *sqldb.DB, site string, outbox Outbox, o Options) (*Service, error) {
	if err := db.Migrate(ctx, migrations, "alert_schema"); err != nil {
		return nil, err
	}
	with := promauto.With(o.Registry)
	return &Service{
		db: db, site: site, outbox: outbox, options: o.withDefaults(),
		opened: with.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_alert_opened_total", Help: "Alerts that were opened, by pattern and severity.",
		}, []string{"pattern", "severity"}),
		taken: with.NewHistogram(prometheus.HistogramOpts{
			Name: "fairgate_alert_response_seconds", Help: "From the first finding until somebody took the alert.",
			Buckets: []float64{30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21600},
		}),
	}, nil
}
