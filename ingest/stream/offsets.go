package stream

import (
	"context"
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go"
)

// offsets asks the broker about a group's place in its topics.
type offsets struct {
	client *kafka.Client
	group  string
	topics []string
}

// place is where a group stands in one partition; committed is -1 where it
// has never been.
type place struct {
	topic                  string
	partition              int
	first, last, committed int64
}

func (o *offsets) close() { o.client.Transport.(*kafka.Transport).CloseIdleConnections() }

func (o *offsets) partitions(ctx context.Context) (map[string][]int, error) {
	res, err := o.client.Metadata(ctx, &kafka.MetadataRequest{Topics: o.topics})
	if err != nil {
		return nil, fmt.Errorf("read metadata: %w", err)
	}
	out := make(map[string][]int, len(res.Topics))
	for _, t := range res.Topics {
		if t.Error != nil {
			return nil, fmt.Errorf("topic %q: %w", t.Name, t.Error)
		}
		for _, p := range t.Partitions {
			out[t.Name] = append(out[t.Name], p.ID)
		}
	}
	return out, nil
}

// ends asks the leader of every partition where it begins and ends.
func (o *offsets) ends(ctx context.Context, parts map[string][]int) ([]place, error) {
	ask := make(map[string][]kafka.OffsetRequest, len(parts))
	for topic, ids := range parts {
		for _, id := range ids {
			ask[topic] = append(ask[topic], kafka.FirstOffsetOf(id), kafka.LastOffsetOf(id))
		}
	}
	ends, err := o.client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: ask})
	if err != nil {
		return nil, fmt.Errorf("list offsets: %w", err)
	}
	var places []place
	for topic, list := range ends.Topics {
		for _, p := range list {
			if p.Error != nil {
				return nil, fmt.Errorf("offsets of %q partition %d: %w", topic, p.Partition, p.Error)
			}
			places = append(places, place{topic, p.Partition, p.FirstOffset, p.LastOffset, -1})
		}
	}
	return places, nil
}

// ready fails while a partition has no leader that answers.
func (o *offsets) ready(ctx context.Context) error {
	parts, err := o.partitions(ctx)
	if err == nil {
		_, err = o.ends(ctx, parts)
	}
	return err
}

// list tells where the group stands in every partition.
func (o *offsets) list(ctx context.Context) ([]place, error) {
	parts, err := o.partitions(ctx)
	if err != nil {
		return nil, err
	}
	places, err := o.ends(ctx, parts)
	if err != nil {
		return nil, err
	}
	commits, err := o.client.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: o.group, Topics: parts})
	if err == nil && !errors.Is(commits.Error, kafka.GroupIdNotFound) { // a group that has never committed
		err = commits.Error
	}
	if err != nil {
		return nil, fmt.Errorf("fetch committed offsets: %w", err)
	}
	type key struct {
		topic     string
		partition int
	}
	committed := make(map[key]int64)
	for topic, list := range commits.Topics {
		for _, c := range list {
			committed[key{topic, c.Partition}] = c.CommittedOffset
		}
	}
	for i, p := range places {
		if at, ok := committed[key{p.topic, p.partition}]; ok {
			places[i].committed = at
		}
	}
	return places, nil
}

// repair sets commits beyond the end back to the beginning and returns them.
// The broker allows it only while the group has no members; with members it
// is their business, and they did it when they started.
func (o *offsets) repair(ctx context.Context) ([]place, error) {
	var places []place
	err := patiently(ctx, func() (err error) {
		places, err = o.list(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	var beyond []place
	commit := make(map[string][]kafka.OffsetCommit)
	for _, p := range places {
		if p.committed > p.last {
			beyond = append(beyond, p)
			commit[p.topic] = append(commit[p.topic], kafka.OffsetCommit{Partition: p.partition, Offset: p.first})
		}
	}
	if len(beyond) == 0 {
		return nil, nil
	}
	return beyond, patiently(ctx, func() error { return o.commit(ctx, commit) })
}

func (o *offsets) commit(ctx context.Context, commit map[string][]kafka.OffsetCommit) error {
	res, err := o.client.OffsetCommit(ctx, &kafka.OffsetCommitRequest{GroupID: o.group, GenerationID: -1, Topics: commit})
	if err != nil {
		return fmt.Errorf("reset commits beyond the end: %w", err)
	}
	for topic, list := range res.Topics {
		for _, p := range list {
			if errors.Is(p.Error, kafka.UnknownMemberId) || errors.Is(p.Error, kafka.IllegalGeneration) {
				return nil
			}
			if p.Error != nil {
				return fmt.Errorf("reset commit of %q partition %d: %w", topic, p.Partition, p.Error)
			}
		}
	}
	return nil
}
