package stream_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/ingest/stream"
)

// The test binary runs itself as another process when one of these is set.
const (
	crashDir = "FAIRGATE_STREAM_TEST_CRASH_DIR"
	fullDir  = "FAIRGATE_STREAM_TEST_FULL_DIR"
)

func TestMain(m *testing.M) {
	switch {
	case os.Getenv(crashDir) != "":
		recordForEver(os.Getenv(crashDir))
	case os.Getenv(fullDir) != "":
		recordIntoFullDisk(os.Getenv(fullDir))
	default:
		os.Exit(m.Run())
	}
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func orderEvent(id string) *ingest.Event {
	return &ingest.Event{ID: id, Time: time.Now().UTC(), Kind: ingest.KindOrderSubmit, Subject: ingest.Subject{Account: "a-" + id}}
}

// recordForEver is the child that gets killed. Kafka is away. It prints a
// line for whatever it was promised: "i ID" an intent is on disk, "c ID" it
// was completed and a later intent's sync covers it.
func recordForEver(dir string) {
	j, err := stream.OpenJournal(dir, "events", &memorySink{away: errAway}, stream.JournalOptions{SegmentBytes: 64 << 10})
	fail(err)
	r := stream.NewRecorder(j)
	var mu sync.Mutex
	say := func(lines ...string) {
		mu.Lock()
		defer mu.Unlock()
		for _, l := range lines {
			fmt.Println(l)
		}
	}
	for w := range 8 {
		go func() {
			var before []string
			for i := 0; ; i++ {
				e := orderEvent(fmt.Sprintf("%d-%d", w, i))
				fail(r.Intend(context.Background(), e))
				say(append(before, "i "+e.ID)...)
				before = nil
				read := &ingest.Event{ID: "r" + e.ID, Time: e.Time, Kind: ingest.KindStockRead}
				fail(r.Complete(context.Background(), read))
				before = append(before, "c "+read.ID)
				if i%3 != 0 { // every third order is left without an outcome
					e.Outcome = ingest.Outcome{Disposition: ingest.DispositionForwarded, Status: 201}
					fail(r.Complete(context.Background(), e))
					before = append(before, "c "+e.ID)
				}
			}
		}()
	}
	select {}
}

// TestKill9 kills a real process while it records and looks for everything
// that was promised.
func TestKill9(t *testing.T) {
	dir := t.TempDir()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), crashDir+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	intended, completed := map[string]bool{}, map[string]bool{}
	killed := false
	for lines := bufio.NewScanner(out); lines.Scan(); {
		what, id, _ := strings.Cut(lines.Text(), " ")
		switch what {
		case "i":
			intended[id] = true
		case "c":
			completed[id] = true
		}
		if len(completed) >= 1000 && !killed {
			killed = true
			require.NoError(t, child.Process.Signal(syscall.SIGKILL))
		}
	}
	require.True(t, killed)
	require.Error(t, child.Wait())

	sink := &memorySink{}
	j := openJournal(t, dir, sink, stream.JournalOptions{})
	closeJournal(t, j, 10*time.Second)
	got := map[string]ingest.Event{}
	for _, v := range sink.values() {
		var e ingest.Event
		require.NoError(t, json.Unmarshal([]byte(v), &e))
		_, twice := got[e.ID]
		require.False(t, twice, "nothing had reached Kafka, so nothing comes twice: %s", e.ID)
		got[e.ID] = e
	}
	unknown := 0
	for id := range intended {
		e, ok := got[id]
		require.True(t, ok, "intent %s was promised and lost", id)
		if e.Outcome.Disposition == ingest.DispositionUnknown {
			unknown++
			require.False(t, completed[id], "outcome of %s was promised and lost", id)
		}
	}
	for id := range completed {
		require.Contains(t, got, id)
	}
	assert.Greater(t, unknown, 100, "every third order had no outcome")
	t.Logf("%d intents, %d completions promised; %d records found, %d unknown", len(intended), len(completed), len(got), unknown)
}

// recordIntoFullDisk is the child whose files may not grow beyond 64 KiB, so
// that the kernel refuses its writes in the middle of a frame.
func recordIntoFullDisk(dir string) {
	signal.Ignore(syscall.SIGXFSZ)
	fail(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 64 << 10, Max: 64 << 10}))
	sink := &memorySink{away: errAway}
	j, err := stream.OpenJournal(dir, "events", sink, stream.JournalOptions{SegmentBytes: 16 << 20})
	fail(err)
	value := []byte(strings.Repeat("x", 1000))
	taken := 0
	for {
		err = j.Intend(context.Background(), stream.Record{ID: fmt.Sprint(taken), Value: value})
		if err != nil {
			break
		}
		taken++
	}
	if !errors.Is(err, stream.ErrSpoolFull) {
		fail(fmt.Errorf("want ErrSpoolFull, got %w", err))
	}
	// The outcome of an intent waits in memory; the rest is on disk, whole.
	fail(j.Complete(context.Background(), stream.Record{ID: "0", Value: value, Urgent: true}))
	sink.set(nil)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	fail(j.Close(ctx))
	fmt.Println(taken)
	os.Exit(0)
}

func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), fullDir+"="+dir)
	var stderr strings.Builder
	child.Stderr = &stderr
	out, err := child.Output()
	require.NoError(t, err, stderr.String())
	var taken int
	_, err = fmt.Sscan(string(out), &taken)
	require.NoError(t, err)
	assert.Greater(t, taken, 50)
	assert.Less(t, taken, 65)
	sink := &memorySink{}
	j := openJournal(t, dir, sink, stream.JournalOptions{})
	closeJournal(t, j, 10*time.Second)
	assert.Len(t, sink.values(), taken, "what was promised before the disk filled is all there")
	assert.Zero(t, j.Stats().Damaged)
}
