// Package gatewaybench measures what screening costs every booking: the real
// gateway with everything on, against a bare reverse proxy on the same machine
// in the same run.
//
// Every part is a process of its own (upstream, proxies, gateways, Kafka,
// Redis), so that its CPU time can be read from outside and its death disturbs
// nothing else; the load comes from this one. The variants are measured in
// turn, in several short rounds, and a ratio is the median over the rounds:
// absolute figures are this machine's, ratios carry further.
//
// It owns the parts that exist for comparison (Part), the population and its
// requests, the generated rulesets, the load and the arithmetic. How a gateway
// is wired it leaves to cmd/internal/app, whose wiring is what it measures.
package gatewaybench
