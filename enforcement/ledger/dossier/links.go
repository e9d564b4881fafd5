package dossier

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"fairgate/scoring/cluster"
)

// Bounds of a graph.
const (
	// MaxSeeds is from how many accounts links are looked for at once.
	MaxSeeds = 50
	// MaxNodes is how many accounts and keys a graph shows.
	MaxNodes = 200

	maxKeys   = 500 // of the seeds
	maxOfKey  = 50  // accounts that are told of one key
	shownHash = 12  // characters of a keyed hash
)

// NodeKind is what a node stands for: an account, or a cluster.Kind of key.
type NodeKind string

// Account is the NodeKind of accounts.
const Account NodeKind = "account"

// Node is an account, or a key that accounts share.
type Node struct {
	// ID is unique in a graph: the account's, or the kind and the key. Keyed
	// hashes of documents, phones and payees are shortened.
	ID   string   `json:"id"`
	Kind NodeKind `json:"kind" enum:"account,device,family,document,phone,payee,phone_block,ip"`
	Name string   `json:"name"`
	// Accounts is how many accounts share the key; 0 for an account.
	Accounts uint64 `json:"accounts,omitempty"`
	// Wide: so many share it that it links nobody, and they are not shown.
	Wide bool `json:"wide,omitempty"`
	// Asked: links were looked for from here.
	Asked bool `json:"asked,omitempty"`
}

// Edge says that an account was seen with a key.
type Edge struct {
	Account  string    `json:"account"` // a node's id
	Key      string    `json:"key"`     // a node's id
	Requests uint64    `json:"requests"`
	Last     time.Time `json:"last_seen_at"`
}

// Graph is who is linked to whom by what.
type Graph struct {
	Nodes []Node `json:"nodes"`
	Edges []Edge `json:"edges"`
	// Cut: there are more than fit.
	Cut bool `json:"cut"`
}

// What an event links follows cluster.AppendLinks.
const linkedKeys = `
	arrayFilter(k -> k.2 != '', arrayConcat(
		[('device', device)],
		if(mobile OR hosting, [], [('ip', ip)]),
		if(family = '' OR subnet = '' OR mobile, [], [('family', concat(family, '@', subnet))]),
		if(disposition = 'forwarded' AND status >= 200 AND status < 300,
			arrayConcat([('payee', payee), ('phone_block', phone_block), ('phone', phone)], arrayMap(d -> ('document', d), documents)), [])
	)::Array(Tuple(String, String)))`

const keysText = `
SELECT key.1 AS kind, key.2 AS name, max(time) AS last
FROM (
	SELECT time, arrayJoin(` + linkedKeys + `) AS key
	FROM events
	WHERE site = {site:String} AND time >= {from:DateTime64(3, 'UTC')} AND account IN {accounts:Array(String)} AND kind IN {kinds:Array(String)}
)
GROUP BY kind, name
ORDER BY last DESC, kind, name
LIMIT {most:UInt32}
`

// The columns are compared before the keys are spelt out: most rows have none
// of them.
const sharersText = `
SELECT kind, name, count() AS accounts, arraySlice(arrayReverseSort(x -> (has({accounts:Array(String)}, x.1), x.3, x.1), groupArray((account, requests, last))), 1, {each:UInt32}) AS sharers
FROM (
	SELECT key.1 AS kind, key.2 AS name, account, uniq(id) AS requests, toUnixTimestamp64Milli(max(time)) AS last
	FROM (
		SELECT id, time, account, arrayJoin(` + linkedKeys + `) AS key
		FROM events
		WHERE site = {site:String} AND time >= {from:DateTime64(3, 'UTC')} AND account != '' AND kind IN {kinds:Array(String)}
			AND (device IN {devices:Array(String)} OR ip IN {ips:Array(String)} OR concat(family, '@', subnet) IN {families:Array(String)}
				OR payee IN {payees:Array(String)} OR phone IN {phones:Array(String)} OR phone_block IN {blocks:Array(String)}
				OR hasAny(documents, {documents:Array(String)}))
	)
	WHERE concat(kind, ':', name) IN {keys:Array(String)}
	GROUP BY kind, name, account
)
GROUP BY kind, name
`

type sharedKey struct {
	kind     cluster.Kind
	name     string
	accounts uint64
	sharers  []Edge // Account is the account's name
}

// Links looks for the accounts that share devices, documents, phones, payees
// and addresses with the given ones within the last days. A key that more
// accounts share than connects them (cluster.DefaultBridges) is shown and leads
// no further. It fails with ErrBadInput, or when the ledger cannot be read.
func (r *Reader) Links(ctx context.Context, site string, accounts []string, days int) (Graph, error) {
	accounts = slices.Compact(slices.Sorted(slices.Values(accounts)))
	if len(accounts) == 0 || len(accounts) > MaxSeeds {
		return Graph{}, fmt.Errorf("%w: %d accounts, want 1 to %d", ErrBadInput, len(accounts), MaxSeeds)
	}
	from, err := r.since(days)
	if err != nil {
		return Graph{}, err
	}
	base := []any{
		clickhouse.Named("site", site), moment("from", from), clickhouse.Named("kinds", asked()),
		clickhouse.Named("accounts", accounts), clickhouse.Named("most", uint32(maxKeys)), clickhouse.Named("each", uint32(maxOfKey)),
	}
	keys, err := read(ctx, r.conn, "what accounts were seen with", keysText, base, func(rows driver.Rows, k *sharedKey) error {
		var last time.Time
		return rows.Scan((*string)(&k.kind), &k.name, &last)
	})
	if err != nil || len(keys) == 0 {
		return graphOf(accounts, nil, false), err
	}
	shared, err := read(ctx, r.conn, "who shares it", sharersText, append(base, byColumn(keys)...), scanSharers)
	if err != nil {
		return Graph{}, err
	}
	return graphOf(accounts, shared, len(keys) == maxKeys), nil
}

func scanSharers(rows driver.Rows, k *sharedKey) error {
	var sharers [][]any
	if err := rows.Scan((*string)(&k.kind), &k.name, &k.accounts, &sharers); err != nil {
		return err
	}
	for _, s := range sharers {
		account, okAccount := s[0].(string)
		requests, okRequests := s[1].(uint64)
		last, okLast := s[2].(int64)
		if !okAccount || !okRequests || !okLast {
			return fmt.Errorf("a sharer of %s has other types: %T", k.kind, s)
		}
		k.sharers = append(k.sharers, Edge{Account: account, Requests: requests, Last: time.UnixMilli(last).UTC()})
	}
	return nil
}

// byColumn are the keys as the query compares them.
func byColumn(keys []sharedKey) []any {
	columns := map[cluster.Kind][]string{}
	var all []string
	for _, k := range keys {
		columns[k.kind] = append(columns[k.kind], k.name)
		all = append(all, string(k.kind)+":"+k.name)
	}
	params := []any{clickhouse.Named("keys", all)}
	for kind, name := range map[cluster.Kind]string{
		cluster.Device: "devices", cluster.IP: "ips", cluster.Family: "families", cluster.Payee: "payees",
		cluster.Phone: "phones", cluster.Block: "blocks", cluster.Document: "documents",
	} {
		params = append(params, clickhouse.Named(name, append([]string{}, columns[kind]...)))
	}
	return params
}

// graphOf draws what is shared by few first, because it says most, until the
// graph is full. Keys that nobody shares link nobody and are left out.
func graphOf(asked []string, shared []sharedKey, cut bool) Graph {
	g := Graph{Nodes: []Node{}, Edges: []Edge{}, Cut: cut}
	known := map[string]bool{}
	add := func(n Node) bool {
		if known[n.ID] {
			return true
		}
		if len(g.Nodes) >= MaxNodes {
			g.Cut = true
			return false
		}
		known[n.ID] = true
		g.Nodes = append(g.Nodes, n)
		return true
	}
	for _, a := range asked {
		add(Node{ID: accountID(a), Kind: Account, Name: a, Asked: true})
	}
	shared = slices.DeleteFunc(slices.Clone(shared), func(k sharedKey) bool { return k.accounts < 2 })
	slices.SortFunc(shared, func(a, b sharedKey) int {
		return cmp.Or(cmp.Compare(a.accounts, b.accounts), cmp.Compare(a.kind, b.kind), cmp.Compare(a.name, b.name))
	})
	bridges := cluster.DefaultBridges()
	for _, k := range shared {
		n := Node{ID: keyID(k), Kind: NodeKind(k.kind), Name: shownName(k), Accounts: k.accounts, Wide: k.accounts > uint64(max(0, bridges[k.kind]))}
		if !add(n) {
			continue
		}
		g.Cut = g.Cut || !n.Wide && k.accounts > uint64(len(k.sharers))
		for _, s := range k.sharers {
			id := accountID(s.Account)
			if (n.Wide && !known[id]) || !add(Node{ID: id, Kind: Account, Name: s.Account}) {
				continue
			}
			g.Edges = append(g.Edges, Edge{Account: id, Key: n.ID, Requests: s.Requests, Last: s.Last})
		}
	}
	return g
}

func accountID(name string) string { return string(Account) + ":" + name }

func keyID(k sharedKey) string { return string(k.kind) + ":" + shownName(k) }

// shownName shortens what is a keyed hash of personal data.
func shownName(k sharedKey) string {
	personal := k.kind == cluster.Document || k.kind == cluster.Phone || k.kind == cluster.Payee || k.kind == cluster.Block
	if personal && len(k.name) > shownHash {
		return strings.Clone(k.name[:shownHash]) + "…"
	}
	return k.name
}
