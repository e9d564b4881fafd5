package cluster

import "github.com/prometheus/client_golang/prometheus"

// collector tells how much a tracker holds, when it is asked.
type collector struct {
	tracker                            *Tracker
	accounts, links, clusters, refused *prometheus.Desc
}

// NewCollector measures a Tracker.
func NewCollector(t *Tracker) prometheus.Collector {
	describe := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("fairgate_cluster_"+name, help, labels, nil)
	}
	return &collector{
		tracker:  t,
		accounts: describe("accounts", "Accounts in the graph of links."),
		links:    describe("links", "Links in the graph."),
		clusters: describe("clusters", "Clusters of two accounts or more."),
		refused:  describe("refused_links_total", "Links that a bound kept out, or that were of no use.", "reason"),
	}
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.accounts, c.links, c.clusters, c.refused} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	accounts, links, clusters := c.tracker.Size()
	out <- prometheus.MustNewConstMetric(c.accounts, prometheus.GaugeValue, float64(accounts))
	out <- prometheus.MustNewConstMetric(c.links, prometheus.GaugeValue, float64(links))
	out <- prometheus.MustNewConstMetric(c.clusters, prometheus.GaugeValue, float64(clusters))
	for reason, n := range c.tracker.Refused() {
		out <- prometheus.MustNewConstMetric(c.refused, prometheus.CounterValue, float64(n), string(reason))
	}
}
