// Package stream takes what happened from the process that saw it to Kafka,
// and from Kafka to the stages that work on it.
//
// It owns the topics, the Journal (the disk spool through which every event
// goes, so that Kafka may be away without the edge noticing), and a plain
// Producer and Consumer over kafka-go. It gives ingest.Recorder to the
// gateway. It does not know what a record means: it carries bytes, an id and
// a key.
//
// The way of an event:
//
//	Recorder → Journal: memory → segment files (spool) → drainer → Kafka
//
// Delivery is at least once; the record's id makes repeats harmless. Nothing
// is published that was not on file first, and nothing leaves the file before
// Kafka acknowledged it on all in-sync replicas.
package stream
