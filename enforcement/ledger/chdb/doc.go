// Package chdb is the embedded ClickHouse: the engine as a library (libchdb),
// loaded into a process of its own, behind a loopback HTTP endpoint that
// speaks ClickHouse's HTTP interface. clickhouse-go in HTTP mode works against
// it unchanged, so the ledger's adapters cannot tell it from a real server.
//
// It owns the library's loading and calling conventions, the endpoint, and the
// supervision of the child process. It owns no table and no query: those are
// the ledger's (archive, metrics). It is used by `fairgate dev` and by tests;
// production names a real ClickHouse instead.
//
//	parent process                         child process (hidden subcommand)
//	Supervisor ── listener, secrets ──▶ ServeChild → Serve → handler → pool → libchdb
//	clickhouse-go ───── HTTP on the shared listener ─────▶
//
// The engine stands in a child because it is 560 MB of C++ with its own
// threads, allocator and signal habits: a fault in it must not take screening
// down. The parent keeps the listening socket, so that the address stays the
// same over restarts and requests that arrive meanwhile wait instead of being
// refused.
//
// Only Fairgate's own statements may reach the endpoint. The engine would run
// several statements given at once, and its table functions read files and
// URLs: SQL written by a user must never get here.
package chdb
