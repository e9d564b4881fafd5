package watch

import (
	"context"
	"slices"
	"time"

	"fairgate/enforcement/alert"
	"fairgate/enforcement/cases"
	"fairgate/enforcement/notify"
)

// Groups are the clusters whose cases nobody has decided; cases.Groups is one.
type Groups interface {
	Open(ctx context.Context, site string, since time.Time) ([]cases.Group, error)
}

// ClusterOptions say which clusters are told of.
type ClusterOptions struct {
	Now func() time.Time
	// Fresh is for how long after its case was opened a cluster is new, unless
	// somebody decides it before. Default 24 h, within which each shift sees it.
	Fresh time.Duration
	// Accounts is how many linked accounts a cluster must have. Default 5: three
	// or four are a family more often than a farm.
	Accounts int
	// Single is how many clusters have an alert each, the first to be found; all
	// that come after them share one, so that a farm that shows itself in many
	// pieces does not bury everything else. Default 3.
	Single int
}

// Clusters watches for cases of linked accounts that nobody has decided. It is
// safe for concurrent use.
type Clusters struct {
	groups Groups
	site   string
	o      ClusterOptions
}

// NewClusters watches the review queue of a site.
func NewClusters(groups Groups, site string, o ClusterOptions) *Clusters {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Fresh <= 0 {
		o.Fresh = 24 * time.Hour
	}
	o.Accounts, o.Single = orElse(o.Accounts, 5), orElse(o.Single, 3)
	return &Clusters{groups: groups, site: site, o: o}
}

// Look reports the new clusters, the first ones each and the others together.
func (c *Clusters) Look(ctx context.Context) ([]alert.Finding, error) {
	open, err := c.groups.Open(ctx, c.site, c.o.Now().Add(-c.o.Fresh))
	if err != nil {
		return nil, err
	}
	var found []alert.Finding
	more, accounts := 0, 0
	for _, g := range slices.Backward(open) { // the oldest first
		switch {
		case g.Accounts < c.o.Accounts:
		case len(found) < c.o.Single:
			f := linked(g.Accounts)
			f.Group, f.Path = clip(g.Cluster, 200), clip("/cases/"+g.Case, 300)
			f.What = say("发现 %[1]d 个账号的关联群组", "A cluster of %[1]d accounts", g.Accounts)
			found = append(found, f)
		default:
			more, accounts = more+1, accounts+g.Accounts
		}
	}
	if more > 0 {
		f := linked(accounts)
		f.Group, f.Path = "more", "/cases?entity=cluster"
		f.What = say("另有 %[1]d 个关联群组，共 %[2]d 个账号", "%[1]d more clusters, of %[2]d accounts", more, accounts)
		found = append(found, f)
	}
	return found, nil
}

// linked is what is said of every cluster.
func linked(accounts int) alert.Finding {
	return alert.Finding{
		Pattern: alert.NewCluster, Severity: notify.Warning, Accounts: accounts,
		Evidence: alert.Text{
			ZH: "这些账号共用设备、证件、手机号或地址，其中多个已被命中", EN: "these accounts share devices, documents, phones or addresses, and several were hit",
		},
		Done: alert.Text{ZH: "已建立案件，未因关联而拦截", EN: "a case was opened; none was blocked for being linked"},
		Next: alert.Text{ZH: "复核该群组的案件；家庭也会成为群组", EN: "review the cluster's case; families are clusters, too"},
	}
}
