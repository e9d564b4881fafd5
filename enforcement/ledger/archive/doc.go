// Package archive writes the ledger: it owns ClickHouse's tables, the way of
// each record into its row, and the loop from the event log to the tables.
//
// Consumer fetches messages, batches them by count and time, has Archive write
// the batch, and only then commits: what was fetched and not written comes
// again, and comes to nothing new, since every row replaces itself by its key.
// While ClickHouse is away Archive tries on and the log keeps what comes.
//
// It reads no figures; those are metrics', through another database user.
package archive
