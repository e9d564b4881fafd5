package rules

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	yaml "go.yaml.in/yaml/v3"

	"fairgate/ingest"
)

func TestGoodFiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/good/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			p, err := Load(file, data, Options{})
			require.NoError(t, err)
			assert.Len(t, p.Version(), 12)
			for _, r := range RunCases(p) {
				assert.True(t, r.OK(), "%+v", r)
			}
		})
	}
}

// TestBadFiles loads files that are named for their fault. Each begins with
// the fragments that the errors must contain, and there may be no others.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/bad/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			_, err = Load(filepath.Base(file), data, Options{})
			require.ErrorIs(t, err, ErrInvalid)
			var want []string
			for line := range strings.Lines(string(data)) {
				if fragment, ok := strings.CutPrefix(line, "# want: "); ok {
					want = append(want, strings.TrimSpace(fragment))
				}
			}
			require.NotEmpty(t, want)
			for _, fragment := range want {
				require.ErrorContains(t, err, fragment)
			}
			found := Problems(err)
			assert.Len(t, found, len(want), err)
			for _, p := range found {
				assert.Equal(t, filepath.Base(file), p.File)
				if p.Field != "" && p.Field != "name" {
					assert.Positive(t, p.Line, p.Error())
				}
			}
		})
	}
}

func TestEveryUnknownNameIsReported(t *testing.T) {
	t.Parallel()
	_, err := Compile(&Ruleset{Name: "t", Rules: []Rule{rule("r", "aa > 1 or hours == 3")}}, Options{})
	require.Error(t, err)
	for _, fragment := range []string{`"aa" is neither`, `"hours" is neither`, `did you mean "hour"?`} {
		assert.ErrorContains(t, err, fragment)
	}
}

func TestDecodeRefusesLargeDocuments(t *testing.T) {
	t.Parallel()
	_, err := Decode("large.yaml", []byte("name: "+strings.Repeat("x", MaxSize)))
	require.ErrorContains(t, err, "at most 4194304 are read")
}

func TestDecodeFillsEveryField(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/good/every_field.yaml")
	require.NoError(t, err)
	rs, err := Decode("f", data)
	require.NoError(t, err)
	assert.Equal(t, Feature{
		Name: "documents_30d", Description: "Different documents of an account in a month.", Entity: EntityAccount,
		Events: []ingest.Kind{ingest.KindOrderSubmit, ingest.KindOrderChange}, Where: "positions > 0 and not automation",
		Window: 720 * time.Hour, Aggregate: AggDistinct, Of: FieldDocument, Stage: StageInline,
	}, rs.Features[0])
	assert.Equal(t, 90*time.Minute, rs.Features[2].Window)
	r := rs.Rules[0]
	assert.Equal(t, []any{ModeCanary, 0.25, 168 * time.Hour, 80.0, "risk", ingest.ReasonIdentity, []string{"S7", "H3"}},
		[]any{r.Mode, r.Share, r.TTL, r.Score, r.Owner, r.Reason, r.Scenarios})
	assert.Equal(t, map[string]any{"account": "a1", "documents": 4.0, "hosting": false}, r.Cases.MustFire[0].Event)
	assert.Equal(t, StageInline, rs.Rules[0].Stage)
}

func TestVersionFollowsTheContent(t *testing.T) {
	t.Parallel()
	a := compiledRules(t, nil, rule("r", "hour > 3"))
	b := compiledRules(t, nil, rule("r", "hour > 3", func(r *Rule) { r.Stage, r.Mode = StageInline, ModeLive }))
	c := compiledRules(t, nil, rule("r", "hour > 4"))
	assert.Equal(t, a.Version(), b.Version(), "defaults are part of the canonical document")
	assert.NotEqual(t, a.Version(), c.Version())
}

func TestMaxThreshold(t *testing.T) {
	t.Parallel()
	features := []Feature{count("a", EntityAccount), count("b", EntityAccount), count("c", EntityAccount)}
	p := compiledRules(t, features,
		rule("one", "a > 10 or a < 70 and b in [3, 9]"), rule("two", "2 * a + 20 >= 60"), rule("three", "max(c, b) > 12"))
	assert.InDelta(t, 70, p.MaxThreshold("a"), 0)
	assert.InDelta(t, 12, p.MaxThreshold("b"), 0)
	assert.InDelta(t, 12, p.MaxThreshold("c"), 0)
	assert.InDelta(t, 0, p.MaxThreshold("d"), 0)
}

func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/good/*.yaml", "testdata/bad/*.yaml"} {
		files, err := filepath.Glob(pattern)
		require.NoError(f, err)
		for _, file := range files {
			data, err := os.ReadFile(file)
			require.NoError(f, err)
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Load("fuzz.yaml", data, Options{})
		if err != nil {
			require.Nil(t, p)
			require.NotEmpty(t, Problems(err))
			return
		}
		_, err = p.Evaluate(NewEvaluator(), testEvent(), p.noValues(), StageInline, Acting, nil)
		require.NoError(t, err)
		for i := range p.Features() {
			p.Where(i, testEvent())
		}
		RunCases(p)
	})
}

// Numbers read the quick way are those that YAML reads.
func TestPlainNumbersAreYAMLs(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"0", "-0", "7", "-12", "0.5", "-0.25", "12.", ".5", "100000000000000000000", "017", "0o17", "0x1F", "1e3", "1_000", "+5", "00", ".", ""} {
		var n yaml.Node
		require.NoError(t, yaml.Unmarshal([]byte("v: "+text), &n), text)
		value := n.Content[0].Content[1]
		number := value.Tag == "!!int" || value.Tag == "!!float"
		got, plain := plainNumber(text)
		if !number || !plain {
			continue
		}
		var want float64
		require.NoError(t, value.Decode(&want), text)
		assert.InDelta(t, want, got, 0, text)
	}
	_, plain := plainNumber("017")
	assert.False(t, plain, "octal in YAML 1.1")
	_, plain = plainNumber("12.5")
	assert.True(t, plain)
}
