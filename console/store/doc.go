// Package store keeps the operators' users, sessions, API keys and audit log
// in SQL (SQLite or PostgreSQL). Passwords are argon2id hashes; session tokens
// and API keys are stored as SHA-256 and cannot be read back. What one process
// counts of failed sign-ins all of them count.
//
// It decides who somebody is and whether a change would leave the house without
// an administrator; what a role may do is console's, and who may ask is
// console/httpapi's.
package store
