// Package cluster links accounts that act as one: through the devices,
// documents, phones, payees and addresses that they share.
//
// It owns the graph (which accounts are connected, how many, how fast that
// grows) and what it forgets. It judges nobody: a family, a teacher and a
// community centre are clusters, too. Size and growth are features for rules of
// the asynchronous stage; who is confirmed as a scalper draws attention to the
// rest of the cluster and never blocks it.
//
// The graph is bipartite. An account and a key (a device, a document, …) are
// linked when an event has shown them together within the window; accounts
// that share a key are connected, and a cluster is a connected component. A key
// that more accounts share than its kind's Bridge connects nobody: hundreds of
// strangers sit behind one carrier's address. The union is kept by size with
// path halving (Tarjan and van Leeuwen, "Worst-case analysis of set union
// algorithms", J. ACM 31, 1984), which can only grow; Rebuild makes it anew
// from the links that are still within the window.
package cluster
