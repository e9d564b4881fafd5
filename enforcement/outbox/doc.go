// Package outbox publishes what was written to SQL exactly when it was
// committed: actions and labels are appended in the transaction of their
// cause, and the Relay takes them to the event log afterwards.
//
// It owns one table and the order of publication; it knows no Kafka (the
// Publisher is passed in). Delivery is at least once: a repeated message keeps
// its id.
package outbox
