// Package history reads events back from the ledger, fast and in order, for
// backtests: through the same kind of database user as the quality figures,
// one that can only select.
//
// It owns how history is fetched: the period is cut into pieces of bounded
// size by a count per minute; each piece is one query for only those columns
// that the rules look at, answered in ClickHouse's Native format over its HTTP
// interface (https://clickhouse.com/docs/en/interfaces/formats#native) and
// decoded column by column with ch-go, straight into events. The next piece is
// fetched while the present one is used. Events come in the order of (time,
// id), each once: what was delivered several times is folded here, the most
// complete delivery winning, whether or not ClickHouse has merged its parts.
//
// It owns no definition of what a run does with events (enforcement/backtest)
// and writes nothing.
package history
