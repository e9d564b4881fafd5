package app

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"fairgate/enforcement"
	"fairgate/enforcement/appeals"
	"fairgate/enforcement/booking"
	"fairgate/enforcement/cases"
	"fairgate/enforcement/hints"
	"fairgate/enforcement/lists"
	marks "fairgate/enforcement/lists/redis"
	"fairgate/enforcement/mode"
	"fairgate/enforcement/notices"
	"fairgate/enforcement/outbox"
	"fairgate/enforcement/undo"
	"fairgate/enforcement/withdrawals"
	"fairgate/ingest/pulse"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/stream"
	"fairgate/scoring/cluster"
	"fairgate/scoring/pipeline"
)

// Enforcer puts enforcement on the stack: what consumes verdicts, what takes
// orders back, and what publishes what was done.
func Enforcer(ctx context.Context, s *Stack, e Env) (string, error) {
	c, log := e.Config, e.Log.With("part", "enforcer")
	e.Registry = prometheus.WrapRegistererWith(prometheus.Labels{"role": "enforcer"}, e.Registry)
	db, err := openSQL(ctx, s, e, sqldb.Options{})
	if err != nil {
		return "", err
	}
	client, err := openRedis(s, c.Redis)
	if err != nil {
		return "", err
	}
	key, receipts, err := enforcerSecrets(e)
	if err != nil {
		return "", err
	}
	orders, err := booking.New(c.Enforcer.BookingURL, key, booking.Options{})
	if err != nil {
		return "", fmt.Errorf("enforcer.booking_url: %w", err)
	}
	r, err := openReview(ctx, db, marks.New(client), orders, e)
	if err != nil {
		return "", fmt.Errorf("enforcer: %w", err)
	}
	if err := startNotify(ctx, s, e, db); err != nil {
		return "", err
	}
	kill, err := openKill(ctx, s, e, db)
	if err != nil {
		return "", err
	}
	ledger, err := openErasedLedger(s, e)
	if err != nil {
		return "", err
	}
	if err := ensureTopics(ctx, e); err != nil {
		return "", err
	}
	topics := stream.NewTopics(c.Kafka.Prefix)
	producer := openProducer(s, e)
	consumer, err := openConsumer(ctx, s, e, "enforcer", topics.Verdicts)
	if err != nil {
		return "", err
	}
	budgets, curb, err := startBudget(ctx, s, e, db)
	if err != nil {
		return "", err
	}
	answers, err := openAppeals(ctx, db, r.cases, e)
	if err != nil {
		return "", fmt.Errorf("enforcer: %w", err)
	}
	forget := erased{db: db, client: client, review: r, appeals: answers, budgets: budgets, ledger: ledger, feed: orders, secret: key}
	forget.links = linkLog{brokers: e.Config.Kafka.Brokers, topic: topics.Links, producer: producer, log: log}
	if err := forget.start(ctx, s, e); err != nil {
		return "", err
	}
	sampler, err := startReview(ctx, s, e, r, answers, key)
	if err != nil {
		return "", err
	}
	startRelay(s, e, db, actionLog{producer, topics})
	enforcer := enforcement.NewEnforcer(
		verdicts{consumer}, deadVerdicts{stream.NewDeadLetters(producer, topics.Dead)}, r.lists, r.withdrawals, r.cases,
		enforcement.EnforcerOptions{Kill: kill, Budget: budgets, Curb: curb, Sampler: sampler, Challenges: r.hints, Receipts: receipts, Now: e.Now, Logger: log, Registry: e.Registry})
	s.Go("enforcer", enforcer.Run)
	givePulse(s, e, client, pulse.Enforcer, host(), nil)
	return "", nil
}

// startHints makes labels of what the booking system reports and of how
// challenges end.
func startHints(ctx context.Context, s *Stack, e Env, h *hints.Service) error {
	reports, err := openConsumer(ctx, s, e, "hints-outcomes", stream.NewTopics(e.Config.Kafka.Prefix).Outcomes)
	if err != nil {
		return err
	}
	s.Go("hints-outcomes", func(ctx context.Context) error { return h.Witness(ctx, verdicts{reports}) })
	s.Go("hints", h.Run)
	return nil
}

// startRelay publishes what the outbox holds.
func startRelay(s *Stack, e Env, db *sqldb.DB, to actionLog) {
	relay := outbox.NewRelay(db, to, outbox.RelayOptions{Logger: e.Log.With("part", "enforcer"), Registry: e.Registry})
	s.Go("action relay", func(ctx context.Context) error { relay.Run(ctx); return nil })
}

// enforcerSecrets reads the key to the booking system and that of receipts.
func enforcerSecrets(e Env) (string, *enforcement.Receipts, error) {
	key, err := reveal("keys.enforcement", e.Config.Keys.Enforcement)
	receipts, more := openReceipts(e)
	return key, receipts, errors.Join(err, more)
}

// startReview runs what lists, withdrawals, undos, cases and appeals do by
// themselves, and returns what draws the audit sample.
func startReview(ctx context.Context, s *Stack, e Env, r reviewing, answers *appeals.Service, key string) (enforcement.Sampler, error) {
	s.Go("lists", func(ctx context.Context) error { r.lists.Run(ctx); return nil })
	s.Go("withdrawals", func(ctx context.Context) error { r.withdrawals.Run(ctx); return nil })
	s.Go("undo", r.undo.Run)
	s.Go("notices", r.notices.Run)
	clusters := followLinks(s, e)
	s.Go("clusters of confirmed scalpers", func(ctx context.Context) error { return r.cases.Follow(ctx, clusters) })
	sampler, err := openSampler(r.cases, key)
	if err != nil {
		return nil, err
	}
	if err := startHints(ctx, s, e, r.hints); err != nil {
		return nil, err
	}
	s.Go("appeals", answers.Run)
	s.Go("case pruning", func(ctx context.Context) error { return prune(ctx, r.cases, e) })
	return sampler, nil
}

// reviewing is what enforcement and the console share on one database.
type reviewing struct {
	lists       *lists.Service
	withdrawals *withdrawals.Service
	cases       *cases.Service
	hints       *hints.Service
	undo        *undo.Service
	notices     *notices.Service
}

// bookings is the booking system as enforcement needs it; *booking.Client is
// one.
type bookings interface {
	enforcement.Orders
	notices.Teller
}

// openReview opens lists, withdrawals, cases and undos. Without orders
// withdrawals are only queued here; the enforcer carries them out, and undos.
func openReview(ctx context.Context, db *sqldb.DB, beside lists.Marks, orders bookings, e Env) (reviewing, error) {
	var r reviewing
	var err error
	if r.lists, err = lists.New(ctx, db, beside, lists.Options{Now: e.Now, Logger: e.Log, Registry: e.Registry}); err != nil {
		return r, err
	}
	if r.withdrawals, err = withdrawals.New(ctx, db, orders, withdrawals.Options{Now: e.Now, Logger: e.Log, Registry: e.Registry}); err != nil {
		return r, err
	}
	keep := time.Duration(e.Config.Ledger.RetentionDays) * 24 * time.Hour
	r.notices, err = notices.New(ctx, db, orders, r.withdrawals, notices.Options{Now: e.Now, Keep: keep, Logger: e.Log, Registry: e.Registry})
	if err != nil {
		return r, err
	}
	if r.cases, err = cases.New(ctx, db, r.lists, r.withdrawals, cases.Options{Now: e.Now, Notices: r.notices, Orders: r.withdrawals, Cancellations: r.withdrawals, Keep: keep, Logger: e.Log}); err != nil {
		return r, err
	}
	o := hints.Options{Settle: e.Config.Enforcer.HintsSettle, Keep: keep, Now: e.Now, Logger: e.Log, Registry: e.Registry}
	if r.hints, err = hints.New(ctx, db, r.cases, o); err != nil {
		return r, err
	}
	r.undo, err = undo.New(ctx, db, r.lists, r.withdrawals, r.cases, undo.Options{Now: e.Now, Notices: r.notices, Logger: e.Log, Registry: e.Registry})
	return r, err
}

// openSampler opens the draw of the audit sample. Its salt is derived from the
// enforcer's key, which neither the gateway nor the console needs for it.
func openSampler(queue *cases.Service, key string) (*cases.Sampler, error) {
	salt, err := hkdf.Key(sha256.New, []byte(key), nil, "fairgate audit sample", 32)
	if err != nil {
		return nil, fmt.Errorf("audit sample: %w", err)
	}
	sampler, err := cases.NewSampler(queue, salt, cases.SampleOptions{})
	if err != nil {
		return nil, fmt.Errorf("audit sample: %w", err)
	}
	return sampler, nil
}

// openKill gives the site's kill switch as it stands, kept so from then on.
func openKill(ctx context.Context, s *Stack, e Env, db *sqldb.DB) (*enforcement.Switch, error) {
	kill := &enforcement.Switch{}
	switches, err := mode.Open(ctx, db, e.Config.Site, e.Now)
	if err != nil {
		return nil, fmt.Errorf("kill switch: %w", err)
	}
	if _, err := switches.Look(ctx, kill); err != nil {
		return nil, fmt.Errorf("kill switch: %w", err)
	}
	followMode(s, e, switches, kill)
	return kill, nil
}

// followMode keeps a kill switch as the site's.
func followMode(s *Stack, e Env, store *mode.Store, kill *enforcement.Switch) {
	s.Go("kill switch", func(ctx context.Context) error { return store.Follow(ctx, kill, e.Log) })
}

// prune forgets, once an hour, which old findings were recorded.
func prune(ctx context.Context, c *cases.Service, e Env) error {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := c.Prune(ctx); err != nil && ctx.Err() == nil {
				e.Log.WarnContext(ctx, "old findings could not be pruned; tried again in an hour", "error", err)
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// verdicts is the verdict topic as the enforcer reads it.
type verdicts struct{ consumer *stream.Consumer }

// Fetch returns the next verdict with its message as the handle.
func (v verdicts) Fetch(ctx context.Context) (enforcement.Delivery, error) {
	m, err := v.consumer.Fetch(ctx)
	return enforcement.Delivery{Value: m.Value, Handle: m}, err
}

// Commit commits the messages behind deliveries.
func (v verdicts) Commit(ctx context.Context, deliveries ...enforcement.Delivery) error {
	messages := make([]stream.Message, 0, len(deliveries))
	for _, d := range deliveries {
		m, ok := d.Handle.(stream.Message)
		if !ok {
			return errors.New("commit a delivery that did not come from this source")
		}
		messages = append(messages, m)
	}
	return v.consumer.Commit(ctx, messages...)
}

// deadVerdicts buries the message behind a delivery.
type deadVerdicts struct{ dead *stream.DeadLetters }

// Bury publishes the message with the reason.
func (d deadVerdicts) Bury(ctx context.Context, delivery enforcement.Delivery, reason error) error {
	m, ok := delivery.Handle.(stream.Message)
	if !ok {
		return errors.New("bury a delivery that did not come from this source")
	}
	return d.dead.Bury(ctx, m, reason)
}

// actionLog publishes what the outbox holds: actions and labels.
type actionLog struct {
	producer pipeline.Sink
	topics   stream.Topics
}

// Publish sends all messages and returns when they are safe. What a person
// found out about an account goes to the log of links, too, where it concerns
// the accounts around it.
func (l actionLog) Publish(ctx context.Context, messages []outbox.Message) error {
	out := make([]stream.Message, 0, len(messages))
	for _, m := range messages {
		if m.Topic != outbox.Labels {
			out = append(out, stream.Message{Topic: l.topics.Actions, Key: m.Key, Value: m.Payload})
			continue
		}
		out = append(out, stream.Message{Topic: l.topics.Labels, Key: m.Key, Value: m.Payload})
		if r, ok := judgement(m.Payload); ok {
			value, err := json.Marshal(r)
			if err != nil {
				return fmt.Errorf("encode a record of links: %w", err)
			}
			out = append(out, stream.Message{Topic: l.topics.Links, Key: r.CompactionKey(), Value: value})
		}
	}
	return l.producer.Send(ctx, out...)
}

// judgement is what a label says about the account's neighbours: only a person
// who has looked confirms or clears.
func judgement(payload []byte) (r cluster.Record, ok bool) {
	var label enforcement.Label
	if err := json.Unmarshal(payload, &label); err != nil || label.Value == enforcement.LabelUnknown {
		return r, false
	}
	if label.Source != enforcement.SourceReview && label.Source != enforcement.SourceAppeal {
		return r, false
	}
	scalper := label.Value == enforcement.LabelScalper
	r = cluster.Record{Account: label.Account, Scalper: &scalper, At: label.Time}
	return r, r.Validate() == nil
}
