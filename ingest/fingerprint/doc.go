// Package fingerprint tells who and what a request came from, as far as that
// can be told: the visitor's address behind trusted proxies, its network and
// country, the software that speaks, the device token that the gateway itself
// issued, and keyed hashes of document, phone and session values.
//
// It owns the device token's format and keys, the keyed hashes (Keyer), the
// proxy walk (Proxies), the GeoIP databases (Geo) and the Reader that puts
// them together. It decides nothing: whether an automation token or a hosting
// network matters is for rules to say. It stands between the wire and
// ingest.Event, is called by ingest/gateway, and knows no HTTP library.
package fingerprint
