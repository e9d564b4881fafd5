// Package embedded starts engines inside the process: a Redis (miniredis) and
// a Kafka (kfake), each on a free loopback port, so that `fairgate dev` and
// tests need nothing installed.
//
// They are for that only. Neither is replicated, authenticated or fast: the
// Redis keeps its data in memory and writes it down when it is closed in order,
// so a crash loses it; the Kafka keeps it in a directory. Everything above
// speaks the real protocols to them and cannot tell. The directory is not
// locked here; whoever starts the process locks the data directory as a whole.
package embedded
