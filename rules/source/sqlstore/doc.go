// Package sqlstore keeps the versions of rulesets in SQL and brings what is in
// force to every process of the fleet.
//
// It owns the tables, their migrations (applied by Open) and the copy on disk with which a process starts while SQL is away.
// It is an adapter between package life, whose Store it implements, and package
// source, whose Watcher it feeds; it decides nothing. The SQL is written once
// for PostgreSQL and SQLite.
package sqlstore
