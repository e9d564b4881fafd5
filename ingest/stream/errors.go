package stream

import (
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go"
)

// Errors of this package.
var (
	// ErrSpoolFull says that the journal cannot take the record: its byte
	// bound is reached or the disk has no room.
	ErrSpoolFull = errors.New("event spool is full")
	// ErrClosed says that the journal, producer or consumer was closed.
	ErrClosed = errors.New("stream is closed")
	// ErrTooLarge says that one record is larger than Kafka would take.
	ErrTooLarge = errors.New("record is too large")
	// ErrRejected says that the broker will never take the message.
	ErrRejected = errors.New("message rejected by the broker")
)

// PublishError says which messages of a batch were not acknowledged. They may
// still have been written, so sending them again can repeat them.
type PublishError struct {
	Failed []Message
	Err    error
}

// Error tells how many messages failed and the first reason.
func (e *PublishError) Error() string {
	return fmt.Sprintf("publish: %d messages failed: %v", len(e.Failed), e.Err)
}

// Unwrap returns the first reason.
func (e *PublishError) Unwrap() error { return e.Err }

// shorten turns kafka-go's error lists, which repeat one text per message,
// into their first distinct entry, and marks what no retry can mend.
func shorten(err error) error {
	if list, ok := errors.AsType[kafka.WriteErrors](err); ok {
		for _, one := range list {
			if one != nil {
				return shorten(one)
			}
		}
	}
	if _, ok := errors.AsType[kafka.MessageTooLargeError](err); ok {
		return fmt.Errorf("%w: larger than the producer's batch", ErrRejected)
	}
	for _, final := range []kafka.Error{kafka.MessageSizeTooLarge, kafka.InvalidMessageSize, kafka.InvalidRecord, kafka.RecordListTooLarge} {
		if errors.Is(err, final) {
			return fmt.Errorf("%w: %s", ErrRejected, final.Title())
		}
	}
	return err
}
