package stream

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/segmentio/kafka-go"
)

// DefaultPrefix begins every topic name unless the configuration says
// otherwise.
const DefaultPrefix = "fairgate."

// Topics are the names of the streams. All but Links and Dead are keyed so that
// one account's records stay in order.
type Topics struct {
	Events   string // ingest.Event, completed
	Verdicts string // scoring.Verdict
	Actions  string // enforcement.Action
	Outcomes string // outcome.Record
	Labels   string // what people and facts said about accounts
	// Links has one partition, which every reader reads from its beginning, and
	// is compacted: of the records with one key the last stays.
	Links string // cluster.Record
	Dead  string // records that a consumer could not make sense of
}

// NewTopics names the topics with a prefix such as DefaultPrefix.
func NewTopics(prefix string) Topics {
	return Topics{
		Events: prefix + "events", Verdicts: prefix + "verdicts", Actions: prefix + "actions",
		Outcomes: prefix + "outcomes", Labels: prefix + "labels", Links: prefix + "links", Dead: prefix + "dead",
	}
}

// All lists the names.
func (t Topics) All() []string {
	return []string{t.Events, t.Verdicts, t.Actions, t.Outcomes, t.Labels, t.Links, t.Dead}
}

// TopicOptions say how missing topics are made. Existing ones stay as they
// are.
type TopicOptions struct {
	Partitions  int // 0 means 6
	Replication int // 0 means the broker's default
	// RetentionBytes bounds each partition; 0 leaves the broker's default.
	// Retention by time is never set here: a partition that it empties
	// restarts at offset 0 on the embedded broker while committed offsets
	// stay, and the group then reads nothing.
	RetentionBytes int64
}

// EnsureTopics creates those of the topics that do not exist and waits until
// all can be written to, or ctx ends. Two processes may do so at once.
func EnsureTopics(ctx context.Context, brokers []string, topics Topics, opts TopicOptions) error {
	if opts.Partitions <= 0 {
		opts.Partitions = 6
	}
	if opts.Replication <= 0 {
		opts.Replication = -1
	}
	var entries []kafka.ConfigEntry
	if opts.RetentionBytes > 0 {
		entries = append(entries, kafka.ConfigEntry{
			ConfigName: "retention.bytes", ConfigValue: strconv.FormatInt(opts.RetentionBytes, 10),
		})
	}
	req := &kafka.CreateTopicsRequest{}
	for _, name := range topics.All() {
		topic := kafka.TopicConfig{
			Topic: name, NumPartitions: opts.Partitions, ReplicationFactor: opts.Replication, ConfigEntries: entries,
		}
		if name == topics.Links {
			topic.NumPartitions = 1
			topic.ConfigEntries = []kafka.ConfigEntry{{ConfigName: "cleanup.policy", ConfigValue: "compact"}}
		}
		req.Topics = append(req.Topics, topic)
	}
	client := newClient(brokers)
	defer client.Transport.(*kafka.Transport).CloseIdleConnections()
	res, err := client.CreateTopics(ctx, req)
	if err != nil {
		return fmt.Errorf("create topics: %w", err)
	}
	var errs []error
	for name, err := range res.Errors {
		if err != nil && !errors.Is(err, kafka.TopicAlreadyExists) {
			errs = append(errs, fmt.Errorf("create topic %q: %w", name, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	o := &offsets{client: client, topics: topics.All()}
	return patiently(ctx, func() error { return o.ready(ctx) })
}

// newClient makes a client with connections of its own.
func newClient(brokers []string) *kafka.Client {
	return &kafka.Client{Addr: address(brokers), Timeout: requestTimeout, Transport: newTransport()}
}

func address(brokers []string) net.Addr {
	list := make([]string, 0, len(brokers))
	for _, b := range brokers {
		list = append(list, strings.TrimSpace(b))
	}
	return kafka.TCP(list...)
}
