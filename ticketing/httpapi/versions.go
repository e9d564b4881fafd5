package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"fairgate/ticketing/notice"
)

// version says which version the answer has, so that whoever has it need not
// read it again: figures that never fall, whose sum grows with every change of
// the answer. The operation must be versioned. The answer may be kept for a
// second by the visitor's browser, and by nobody between: the gateway adds
// cookies of its own.
func (e exchange) version(figures ...int64) {
	text := make([]string, len(figures))
	for i, n := range figures {
		text[i] = strconv.FormatInt(n, 10)
	}
	e.fiber.Set(fiber.HeaderETag, `"`+strings.Join(text, "-")+`"`)
	e.fiber.Set(fiber.HeaderCacheControl, "private, max-age=1")
}

// known reports whether the caller has this version of the answer already (RFC
// 9110, section 13.1.2).
func known(c *fiber.Ctx) bool {
	tag := string(c.Response().Header.Peek(fiber.HeaderETag))
	if tag == "" {
		return false
	}
	for have := range strings.SplitSeq(c.Get(fiber.HeaderIfNoneMatch), ",") {
		if have = strings.TrimPrefix(strings.TrimSpace(have), "W/"); have == tag || have == "*" {
			return true
		}
	}
	return false
}

// documentVersion writes what a versioned operation answers into the document.
func documentVersion(op *huma.Operation, success *huma.Response) {
	success.Headers = map[string]*huma.Param{
		fiber.HeaderETag: {Description: "The version of the answer.", Schema: &huma.Schema{Type: huma.TypeString}},
	}
	op.Responses[strconv.Itoa(http.StatusNotModified)] = &huma.Response{Description: "The caller has this version already."}
	op.Parameters = append(op.Parameters, headerParam(fiber.HeaderIfNoneMatch, "The ETag of the answer that the caller has."))
}

// rules are the versions of the booking rules; zero where there are none.
func (a *api) rules(ctx context.Context) (notice.Versions, error) {
	if a.opts.Notices == nil {
		return notice.Versions{}, nil
	}
	return a.opts.Notices.Versions(ctx)
}

// versions are the figures by which a page can tell that it is stale.
type versions struct {
	Stock         map[string]int64 `json:"stock" doc:"Of what is left, by pool."`
	Announcements int64            `json:"announcements" doc:"Of all announcements, rules and closures among them."`
	Rules         int64            `json:"rules" doc:"Of all booking rules."`
	RulesByPool   map[string]int64 `json:"rules_by_pool" doc:"Of the booking rules in force in each pool: what a booking may state as rules_version."`
	Venue         int64            `json:"venue" doc:"Of the venue's page; 0 = there is none."`
}

// versions answers from memory: what polls it costs the database nothing.
func (a *api) versions(ctx context.Context, r *request[none, none]) (versions, error) {
	stock, err := a.service.StockVersions(ctx)
	if err != nil {
		return versions{}, err
	}
	read, err := a.rules(ctx)
	if err != nil {
		return versions{}, err
	}
	out := versions{Stock: stock, Announcements: read.Announcements, Rules: read.Rules, RulesByPool: map[string]int64{}, Venue: read.Venue}
	sum := int64(len(stock)) // a pool without days has a version, too
	for pool, version := range stock {
		out.RulesByPool[pool] = read.RulesFor(pool)
		sum += version
	}
	r.version(sum, read.Announcements, read.Venue)
	return out, nil
}
