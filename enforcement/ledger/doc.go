// Package ledger is what Fairgate keeps to measure itself by: every event,
// verdict, action, order outcome and label, in ClickHouse.
//
// It owns what is kept (Record), its decoding, and for how long. The
// sub-packages do the rest: archive writes, metrics reads the quality figures
// with another database user, and chdb is the embedded engine. It draws no
// conclusions and acts on nobody; losing it never stops a booking.
//
//	Kafka topics → archive.Consumer → archive.Archive → ClickHouse → metrics.Reader → console
//
// Rows are idempotent: a record that is delivered again, in whatever batch,
// replaces itself, and every figure is computed from deduplicated rows.
package ledger
