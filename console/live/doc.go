// Package live carries the console's moving figures: one Hub computes a frame a
// second for every topic that somebody watches, encodes it once, and hands the
// same bytes to every listener as server-sent events.
//
// It owns topics, frames, their order and resumption (Hub, Listener), and how
// figures of several processes become one (Traffic). It asks others for what it
// shows (Sources), keeps nothing on disk, and knows neither HTTP nor who may see
// what: console/httpapi does.
//
// While nobody listens nothing is computed and nobody is asked. A listener that
// does not take its frames is dropped and told why; it costs the others nothing.
package live
