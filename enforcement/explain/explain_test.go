package explain_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/explain"
	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/rules/source"
	"fairgate/scoring"
)

const ruleset = `name: museum
features:
  - {name: looks, description: Looks within a minute., entity: account, events: [stock.read], window: 1m, aggregate: count}
  - {name: papers, entity: document, events: [order.submit], window: 24h, aggregate: count}
rules:
  - id: fast
    when: looks > 30 and path contains "stock"
    on: account
    action: block
    ttl: 1h
    score: 40
    messages: {zh: "一分钟内查看 {looks} 次", en: "{looks} looks within a minute"}
  - id: shared_papers
    mode: shadow
    when: papers > 3
    on: session
    action: flag
`

var zone = time.FixedZone("UTC+8", 8*60*60)

// book is a ledger of one event.
type book struct {
	record explain.Record
	err    error
}

func (b book) Find(_ context.Context, _, id string) (explain.Record, error) {
	if id != b.record.Event.ID {
		return explain.Record{}, explain.ErrUnknownEvent
	}
	return b.record, b.err
}

func program(t *testing.T, text string) *rules.Program {
	t.Helper()
	p, err := rules.Load("museum.yaml", []byte(text), rules.Options{})
	require.NoError(t, err)
	return p
}

func library(texts ...string) *explain.Library {
	files := fstest.MapFS{}
	for i, text := range texts {
		files[string(rune('a'+i))+".yaml"] = &fstest.MapFile{Data: []byte(text)}
	}
	return explain.NewLibrary(rules.Options{}, source.NewFiles(files))
}

// blocked is an event with everything on it.
func blocked(p *rules.Program) explain.Record {
	at := time.Date(2026, 3, 2, 1, 30, 0, 0, time.UTC)
	hash := strings.Repeat("0123456789abcdef", 4)
	fast := ingest.Hit{Rule: "fast", Action: ingest.Block, Entity: "account", Key: "u1", Score: 40, TTL: 3600}
	listed := ingest.Hit{Rule: "list:7", Action: ingest.Block, Entity: "device", Key: "d1"}
	shadow := ingest.Hit{Rule: "shared_papers", Action: ingest.Flag, Entity: "session", Key: hash, Shadow: true}
	snapshot := ingest.Snapshot{Names: p.Names(), Values: []float64{41, rules.NoValue}}
	e := ingest.Event{
		ID: "e1", Time: at, Site: "museum", Kind: ingest.KindStockRead, Route: "stock", Method: "GET", Path: "/stock/\u202egpj",
		Subject: ingest.Subject{Account: "u1", Device: "d1", Session: hash, Documents: []string{hash}}, Order: ingest.Order{ID: "o1", Pool: "hall", Day: "2026-03-03"},
		Decision: ingest.Decision{
			Action: ingest.Block, Receipt: "FG-1", Reason: ingest.ReasonPace, Ruleset: p.Version(), Hits: []ingest.Hit{fast, listed}, Score: 40, Snapshot: snapshot,
		},
		Outcome: ingest.Outcome{Disposition: ingest.DispositionRefused, Status: 403, Screening: 1200 * time.Microsecond},
	}
	return explain.Record{
		Event: e,
		Verdicts: []scoring.Verdict{
			{Stage: rules.StageInline, Action: ingest.Block, Score: 40, Hits: []ingest.Hit{fast, listed, shadow}, Ruleset: p.Version(), Snapshot: snapshot},
			{Stage: rules.StageAsync, Action: ingest.Allow, Ruleset: "gone", Hits: nil},
		},
		Actions: []enforcement.Action{{Time: at.Add(time.Second), Kind: enforcement.ActionBlock, Target: enforcement.Target{Entity: "account", Key: "u1"}, Rule: "fast", Actor: "enforcer"}},
		Fates:   []explain.Fate{{Time: at.Add(time.Minute), Order: "o1", Type: "order.withdrawn", State: "withdrawn"}},
	}
}

func TestExplain(t *testing.T) {
	p := program(t, ruleset)
	x, err := explain.New(book{record: blocked(p)}, library(ruleset)).Explain(t.Context(), "museum", "e1", nil)
	require.NoError(t, err)
	require.Len(t, x.Judgements, 2)
	inline, async := x.Judgements[0], x.Judgements[1]
	assert.Equal(t, "a", inline.Origin)
	require.Len(t, inline.Hits, 3)
	assert.Equal(t, []explain.HitKind{explain.HitRule, explain.HitList, explain.HitShadow},
		[]explain.HitKind{inline.Hits[0].Kind, inline.Hits[1].Kind, inline.Hits[2].Kind})
	fast := inline.Hits[0].Explanation
	require.NotNil(t, fast)
	assert.InDelta(t, 41, fast.Features[0].Value, 0)
	assert.Equal(t, []float64{30}, fast.Features[0].Thresholds)
	assert.Equal(t, "41 looks within a minute", fast.Messages.EN)
	assert.Nil(t, inline.Hits[1].Explanation)
	shadow := inline.Hits[2]
	assert.Equal(t, "01234567…", shadow.Key, "a session's hash is shortened")
	assert.Equal(t, "01234567…", shadow.Explanation.Features[0].Key)
	assert.False(t, shadow.Explanation.Features[0].Known)
	assert.Contains(t, async.Missing, `"gone"`)
	require.Len(t, x.Followed, 1)
	require.Len(t, x.Order, 1)
}

func TestWords(t *testing.T) {
	p := program(t, ruleset)
	x, err := explain.New(book{record: blocked(p)}, library(ruleset)).Explain(t.Context(), "museum", "e1", nil)
	require.NoError(t, err)
	for language, want := range map[explain.Language]string{
		explain.Chinese: `事件 e1 · 2026-03-02 09:30:00 +08:00
  stock.read · GET /stock/\u202egpj · 账号:u1 · 设备:d1
  票池:hall 2026-03-03 · 订单:o1
处置:⊘ 拦截 · 回执:FG-1 · 告知访客的原因类别:pace
  由 Fairgate 直接答复 HTTP 403 · 筛查用时:1.2ms
同步判定:⊘ 拦截 · 风险分:40 · 策略版本:` + p.Version() + ` (a)
  命中规则 fast → ⊘ 拦截 · 作用于 账号 u1 · 有效 1 小时 · 风险分:40
    一分钟内查看 41 次
    条件:looks > 30 and path contains "stock"
    looks = 41 · 阈值:30 · 账号 u1 · 窗口:1 分钟 · Looks within a minute.
    事件字段:path = /stock/\u202egpj
  命中名单 list:7 → ⊘ 拦截 · 作用于 设备 d1 · 仅本次请求
  影子命中(未起作用) shared_papers → ⚑ 标记 · 作用于 会话 01234567… · 仅本次请求
    条件:papers > 3
    papers = 无值 · 阈值:3 · 证件 01234567… · 窗口:1 天
异步判定:✓ 放行 · 风险分:0 · 策略版本:gone
  无命中
后续
  2026-03-02 09:30:01 +08:00 · 列入拒绝名单 · 账号 u1 · 规则:fast · 操作者:enforcer
  2026-03-02 09:31:00 +08:00 · 订单:o1 · order.withdrawn · withdrawn
`,
		explain.English: `Event e1 · 2026-03-02 09:30:00 +08:00
  stock.read · GET /stock/\u202egpj · account: u1 · device: d1
  pool: hall 2026-03-03 · order: o1
Disposition: ⊘ block · receipt: FG-1 · reason class told: pace
  answered by Fairgate HTTP 403 · screening: 1.2ms
In-line verdict: ⊘ block · score: 40 · ruleset version: ` + p.Version() + ` (a)
  Rule fast → ⊘ block · acts on account u1 · for 1 h · score: 40
    41 looks within a minute
    condition: looks > 30 and path contains "stock"
    looks = 41 · threshold: 30 · account u1 · window: 1 min · Looks within a minute.
    of the event: path = /stock/\u202egpj
  List entry list:7 → ⊘ block · acts on device d1 · this request only
  Shadow hit (did nothing) shared_papers → ⚑ flag · acts on session 01234567… · this request only
    condition: papers > 3
    papers = no value · threshold: 3 · document 01234567… · window: 1 d
Asynchronous verdict: ✓ allow · score: 0 · ruleset version: gone
  nothing fired
What followed
  2026-03-02 09:30:01 +08:00 · put on the deny list · account u1 · rule: fast · by: enforcer
  2026-03-02 09:31:00 +08:00 · order: o1 · order.withdrawn · withdrawn
`,
	} {
		var out strings.Builder
		require.NoError(t, x.Write(&out, language, zone))
		assert.Equal(t, want, out.String())
	}
}

func TestVersions(t *testing.T) {
	p := program(t, ruleset)
	record := blocked(p)
	record.Verdicts = nil // the pipeline has not been there yet
	ledger := book{record: record}
	nothing := explain.New(ledger, library(strings.ReplaceAll(ruleset, "30", "31")))
	x, err := nothing.Explain(t.Context(), "museum", "e1", nil)
	require.NoError(t, err)
	require.Len(t, x.Judgements, 1)
	assert.Contains(t, x.Judgements[0].Missing, p.Version())
	assert.Equal(t, ingest.Block, x.Judgements[0].Action)
	assert.Nil(t, x.Judgements[0].Hits[0].Explanation)
	var out strings.Builder
	require.NoError(t, x.Write(&out, explain.English, zone))
	assert.Contains(t, out.String(), "is not to be found")

	x, err = nothing.Explain(t.Context(), "museum", "e1", p)
	require.NoError(t, err)
	assert.Equal(t, "given", x.Judgements[0].Origin)
	other := program(t, strings.ReplaceAll(ruleset, "30", "32"))
	x, err = nothing.Explain(t.Context(), "museum", "e1", other)
	require.NoError(t, err)
	assert.Contains(t, x.Judgements[0].Missing, other.Version(), "says which version was given")

	chain := explain.Libraries{library(strings.ReplaceAll(ruleset, "30", "31")), library(ruleset)}
	_, origin, err := chain.Program(t.Context(), p.Version())
	require.NoError(t, err)
	assert.Equal(t, "a", origin)
	_, _, err = chain.Program(t.Context(), "none")
	require.ErrorIs(t, err, explain.ErrUnknownVersion)
	unreadable := explain.NewLibrary(rules.Options{}, source.NewDir(t.TempDir()+"/none"))
	_, _, err = unreadable.Program(t.Context(), "none")
	require.Error(t, err)
	require.NotErrorIs(t, err, explain.ErrUnknownVersion)
}

func TestRefused(t *testing.T) {
	p := program(t, ruleset)
	s := explain.New(book{record: blocked(p)}, library(ruleset))
	for _, id := range []string{"", strings.Repeat("x", 65)} {
		_, err := s.Explain(t.Context(), "museum", id, nil)
		require.ErrorIs(t, err, explain.ErrInvalidID)
	}
	_, err := s.Explain(t.Context(), "museum", "e2", nil)
	require.ErrorIs(t, err, explain.ErrUnknownEvent)
	away := errors.New("away")
	_, err = explain.New(book{record: blocked(p), err: away}, library(ruleset)).Explain(t.Context(), "museum", "e1", nil)
	require.ErrorIs(t, err, away)
}
