// Package dossier reads what the ledger tells about one account, one device or
// family of devices, and who is linked to whom, for people who judge them.
//
// It owns these queries and the bounds of their answers. It reads through the
// database user that cannot write, judges nobody and hides nothing: what a
// reviewer must not see yet is taken out by console/httpapi. It stands beside
// lookup, which finds one event.
package dossier
