// Package sqldb opens the operators' relational database (lists, cases,
// labels, the outbox; later the console's users and audit log) on SQLite or
// PostgreSQL and migrates it.
//
// It owns connection settings, dialect differences and the rule that two
// processes starting together migrate once. It owns no table: each adapter
// embeds its own migrations and passes them to Migrate. SQL text is written
// once, in the subset that both engines share: $n placeholders, times as
// BIGINT milliseconds since 1970 UTC, JSON as TEXT.
package sqldb
