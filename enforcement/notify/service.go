package notify

import (
	"context"
	"embed"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"fairgate/ingest/seal"
	"fairgate/ingest/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Errors of channels.
var (
	ErrNotFound = errors.New("no such channel or delivery")
	ErrConflict = errors.New("somebody has changed the channel meanwhile, or its name is taken")
	ErrTooMany  = errors.New("there are as many channels as there can be")
)

// Options tune a Service. The zero value is usable.
type Options struct {
	Now func() time.Time
	// Poll is between looks for work. Default 1 s.
	Poll time.Duration
	// Timeout bounds one attempt. Default 10 s.
	Timeout time.Duration
	// GiveUp is how long a delivery is tried. Default 24 h.
	GiveUp time.Duration
	// Keep is for how long messages are kept. Default 190 days.
	Keep     time.Duration
	Logger   *slog.Logger
	Registry prometheus.Registerer
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Poll <= 0 {
		o.Poll = time.Second
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.GiveUp <= 0 {
		o.GiveUp = 24 * time.Hour
	}
	if o.Keep <= 0 {
		o.Keep = 190 * 24 * time.Hour
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Service keeps channels, queues messages and delivers them. It is safe for
// concurrent use, also by several processes on one database.
type Service struct {
	db      *sqldb.DB
	box     *seal.Box
	senders map[ChannelKind]Sender
	options Options
	wake    chan struct{}
	settled *prometheus.CounterVec
	retried *prometheus.CounterVec

	mu   sync.Mutex
	busy map[string]bool // channels that this process is sending over
}

// New migrates the tables and returns the Service. Without any sender it only
// keeps channels and queues; another process delivers, and there a kind of
// channel that has no sender fails, which its deliveries show.
func New(ctx context.Context, db *sqldb.DB, box *seal.Box, senders map[ChannelKind]Sender, o Options) (*Service, error) {
	if err := db.Migrate(ctx, migrations, "notify_schema"); err != nil {
		return nil, err
	}
	with := promauto.With(o.Registry)
	return &Service{
		db: db, box: box, senders: maps.Clone(senders), options: o.withDefaults(),
		wake: make(chan struct{}, 1), busy: map[string]bool{},
		settled: with.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_notify_deliveries_total", Help: "Deliveries to operators by kind of channel and what became of them.",
		}, []string{"channel_kind", "state"}),
		retried: with.NewCounterVec(prometheus.CounterOpts{
			Name: "fairgate_notify_failures_total", Help: "Attempts to deliver that failed and are repeated.",
		}, []string{"channel_kind"}),
	}, nil
}
