// Package replay reads recorded traffic, access logs and CSV files, as
// ingest.Events in event time, so that a day of the past can be put through
// the same screening and scoring code as live requests.
//
// It owns the formats, the column mapping, the order of events and the count
// of what could not be read. It does not screen: `fairgate replay` feeds its
// records to the engine and reports. The same input gives the same events,
// ids included.
package replay
