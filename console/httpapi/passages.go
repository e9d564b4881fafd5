package httpapi

import (
	"net/http"

	"fairgate/console"
)

// passage is one operation of the booking system that operators may call
// through the console. What is not listed cannot be reached.
type passage struct {
	// id is the operation's in the booking system's document; here it begins with
	// "ticketing-".
	id     string
	method string
	path   string // below /internal/v1 there and /api/v1/ticketing here
	// before is what is read for the audit log ahead of a write; empty: the booking
	// system's own log has it. "?date" is taken over from the body.
	before string
	// dangerous operations give keys away.
	dangerous bool
	// needs is the permission; empty: to read ticketing, or to change it.
	needs console.Permission
}

// passages are all of them: pools and calendar, release, orders, check-in,
// terminals, announcements, channels, and what inspections find.
func passages() []passage {
	get := func(id, path string) passage { return passage{id: id, method: http.MethodGet, path: path} }
	put := func(id, path, before string) passage {
		return passage{id: id, method: http.MethodPut, path: path, before: before}
	}
	post := func(id, path, before string) passage {
		return passage{id: id, method: http.MethodPost, path: path, before: before}
	}
	key := func(id, path string) passage {
		return passage{id: id, method: http.MethodPost, path: path, dangerous: true}
	}
	const release, announcement = "pools/{pool}/release?date", "announcements/{announcement}"
	return []passage{
		get("list-sales", "sales"),
		get("list-house-pools", "pools"),
		get("get-house-pool", "pools/{pool}"),
		get("get-house-stock", "pools/{pool}/stock"),
		get("list-pool-changes", "pools/{pool}/changes"),
		put("put-pool", "pools/{pool}", "pools/{pool}"),
		post("plan-month", "pools/{pool}/plan", ""),
		get("get-release", "pools/{pool}/release"),
		put("put-release", "pools/{pool}/release", release),
		post("change-stage", "pools/{pool}/release/{stage}", release),

		{id: "list-account-orders", method: http.MethodGet, path: "accounts/{account}/orders", needs: console.ReadOrders},
		get("get-house-order", "orders/{order}"),

		get("read-counts", "checkin/counts"),
		get("list-conflicts", "checkin/conflicts"),
		get("list-terminal-changes", "checkin/changes"),
		get("list-terminal-apps", "checkin/apps"),
		put("set-terminal-app", "checkin/apps/{kind}", "checkin/apps"),
		get("list-terminals", "terminals"),
		key("register-terminal", "terminals"),
		put("change-terminal", "terminals/{terminal}", ""),
		key("rekey-terminal", "terminals/{terminal}/key"),
		post("revoke-terminal", "terminals/{terminal}/revoke", ""),
		post("take-back-no-show", "no-shows/{position}/take-back", ""),

		put("put-venue", "venue", ""),
		get("list-venue-versions", "venue/history"),
		get("list-house-announcements", "announcements"),
		post("create-announcement", "announcements", ""),
		get("get-announcement", announcement),
		put("change-announcement", announcement, announcement),
		get("list-announcement-versions", announcement+"/history"),
		post("publish-announcement", announcement+"/publish", announcement),
		post("schedule-announcement", announcement+"/schedule", announcement),
		post("withdraw-announcement", announcement+"/withdraw", announcement),

		get("list-channels", "channels"),
		put("put-channel", "channels/{channel}", "channels"),
		key("issue-channel-key", "channels/{channel}/key"),
		get("list-channel-changes", "channels/{channel}/changes"),
		put("put-allotments", "channels/{channel}/allotments", ""),

		get("list-findings", "findings"),
		post("inspect", "inspections", ""),
		post("acknowledge-finding", "findings/{finding}/acknowledge", ""),
		get("list-jobs", "jobs"),
	}
}
