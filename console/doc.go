// Package console is the last room of the house: the operators' side. It owns
// who may do what (Role, Principal), the audit record, and nothing of the
// domain: lists, cases and figures are asked of enforcement.
//
// console/store keeps users, sessions, keys and the audit log in SQL;
// console/httpapi is the HTTP API.
package console
