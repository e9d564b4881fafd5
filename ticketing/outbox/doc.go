// Package outbox delivers what happened to orders to one receiver, as signed
// webhooks after the Standard Webhooks specification. It owns the sending, the
// order and the retries; the events themselves were written by package
// ticketing in the transactions that caused them.
//
// Events are sent in order of their sequence number and the next batch only
// after the last was accepted, so that every order's events arrive in order. A
// receiver sees each event at least once and deduplicates by the event's id;
// one that refuses for ever holds the queue up, which the lag metric shows,
// and loses nothing.
package outbox
