// Package collector takes what a visitor's device tells about itself. It owns
// the browser's script (web/, built into dist/ and embedded) and its
// counterpart for WeChat mini-programs (mini/), the form of a beacon and its
// check, the nonce that makes each beacon good once and for one device, the
// proof of a key that the device cannot export, and the family of a device:
// the id of those like it.
//
// A beacon goes through these files, in this order:
//
//	service.go  Receive: the steps, and what is counted
//	decode.go   size, depth, names, types and ranges of the JSON
//	nonce.go    whose, how old, and by whom issued
//	proof.go    the signature with the device's own key
//	store.go    burnt once in the whole fleet (redis/), or in this process alone
//	family.go   which devices are like it
//	summary.go  what becomes part of the event: ingest.Telemetry
//
// Beside them, handler.go and script.go serve nonces and the script.
//
// It decides nothing: what a trace of automation or a missing beacon means is
// for rules to say. It stands between ingest/gateway, which calls Receive and
// mounts Handler, and ingest/fingerprint, whose tokens seal the summary; it
// knows no rules and no HTTP library but net/http. The traits themselves never
// leave the process: only hashes, counts and scores do.
package collector
