package checkin

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// App says which version of its application a kind of terminal should run. A
// terminal below Minimum is told that it must be upgraded; it goes on working,
// because a gate that stands still helps nobody.
type App struct {
	Kind     Kind      `json:"kind"`
	Minimum  string    `json:"minimum"`
	Latest   string    `json:"latest"`
	NoticeZH string    `json:"notice_zh"`
	NoticeEN string    `json:"notice_en"`
	URL      string    `json:"url"`
	SetAt    time.Time `json:"-"`
}

// Urgency says how much an upgrade is wanted.
type Urgency string

// The urgencies of an upgrade.
const (
	UpgradeRequired    Urgency = "required"    // the version is below the minimum
	UpgradeRecommended Urgency = "recommended" // it is below the latest
)

// Valid reports whether u is one of the known urgencies.
func (u Urgency) Valid() bool { return u == UpgradeRequired || u == UpgradeRecommended }

// Upgrade is the notice that a terminal gets.
type Upgrade struct {
	Urgency  Urgency `json:"urgency"`
	Version  string  `json:"version"`
	NoticeZH string  `json:"notice_zh"`
	NoticeEN string  `json:"notice_en"`
	URL      string  `json:"url"`
}

// Bounds of a notice.
const (
	maxVersion = 23  // bytes: four numbers of five digits
	maxNotice  = 500 // bytes
	maxURL     = 500 // bytes
)

// parseVersion reads one to four numbers of at most five digits, joined by
// points.
func parseVersion(text string) ([4]int, error) {
	var out [4]int
	parts := strings.Split(text, ".")
	if len(text) > maxVersion || len(parts) > len(out) {
		return out, fmt.Errorf("want a version like 2.10.3, got %q", shorten(text))
	}
	for i, part := range parts {
		n, err := strconv.Atoi(part)
		if err != nil || len(part) > 5 || part[0] < '0' || part[0] > '9' {
			return out, fmt.Errorf("want a version like 2.10.3, got %q", shorten(text))
		}
		out[i] = n
	}
	return out, nil
}

func below(a, b [4]int) bool {
	for i := range a {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return false
}

func (a App) validate() error {
	if !a.Kind.Valid() {
		return invalidField("kind", "want handheld or standing, got %q", shorten(string(a.Kind)))
	}
	low, err := parseVersion(a.Minimum)
	if err != nil {
		return invalidField("minimum", "%v", err)
	}
	high, err := parseVersion(a.Latest)
	if err != nil {
		return invalidField("latest", "%v", err)
	}
	if below(high, low) {
		return invalidField("latest", "want at least the minimum, %s, got %s", a.Minimum, a.Latest)
	}
	for _, notice := range []struct{ field, text string }{{"notice_zh", a.NoticeZH}, {"notice_en", a.NoticeEN}} {
		if notice.text == "" || len(notice.text) > maxNotice || !plain(notice.text) {
			return invalidField(notice.field, "want 1 to %d bytes of text, got %d", maxNotice, len(notice.text))
		}
	}
	if a.URL == "" {
		return nil
	}
	u, err := url.Parse(a.URL)
	if err != nil || len(a.URL) > maxURL || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return invalidField("url", "want a URL of http or https of at most %d bytes", maxURL)
	}
	return nil
}

// upgrade is the notice for a version, or nil where there is none to give.
func (a App) upgrade(version string) *Upgrade {
	has, err := parseVersion(version)
	low, lerr := parseVersion(a.Minimum)
	high, herr := parseVersion(a.Latest)
	if err != nil || lerr != nil || herr != nil || !below(has, high) {
		return nil
	}
	u := &Upgrade{Urgency: UpgradeRecommended, Version: a.Latest, NoticeZH: a.NoticeZH, NoticeEN: a.NoticeEN, URL: a.URL}
	if below(has, low) {
		u.Urgency = UpgradeRequired
	}
	return u
}

// SetApp says which version terminals of a kind should run, and audits it.
func (s *Service) SetApp(ctx context.Context, actor string, a App) (App, error) {
	if err := a.validate(); err != nil {
		return App{}, err
	}
	err := s.store.Update(ctx, func(ctx context.Context, tx Tx) error {
		before, err := appOf(ctx, tx, a.Kind)
		if err != nil {
			return err
		}
		a.SetAt = s.now()
		if err := tx.PutApp(ctx, a); err != nil {
			return err
		}
		if before == nil {
			return s.record(ctx, tx, actor, "app:"+string(a.Kind), "app", nil, a)
		}
		return s.record(ctx, tx, actor, "app:"+string(a.Kind), "app", *before, a)
	})
	return a, err
}

// Apps lists what is set for each kind of terminal.
func (s *Service) Apps(ctx context.Context) ([]App, error) {
	var apps []App
	err := s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		apps, err = r.Apps(ctx)
		return err
	})
	return apps, err
}

// appOf is what is set for a kind; nil if nothing is.
func appOf(ctx context.Context, r TerminalReader, kind Kind) (*App, error) {
	apps, err := r.Apps(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range apps {
		if a.Kind == kind {
			return &a, nil
		}
	}
	return nil, nil
}
