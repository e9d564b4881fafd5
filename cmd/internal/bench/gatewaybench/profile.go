package gatewaybench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/pprof"
	"syscall"
)

// Profile writes a CPU profile to path from one SIGUSR1 to the next, and beside
// it (".allocs") what was allocated since the start; it returns when ctx ends.
// The bench sends them around one stretch of load, so that neither the start
// nor the other cells blur it.
func Profile(ctx context.Context, path string, log *slog.Logger) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	defer signal.Stop(signals)
	var file *os.File
	for {
		select {
		case <-ctx.Done():
			return
		case <-signals:
		}
		var err error
		if file == nil {
			file, err = startProfile(path)
		} else {
			pprof.StopCPUProfile()
			err = errors.Join(file.Close(), writeAllocations(path+".allocs"))
			file = nil
		}
		if err != nil {
			log.ErrorContext(ctx, "no profile", "error", err)
		}
	}
}

func startProfile(path string) (*os.File, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("profile: %w", err)
	}
	return file, nil
}

func writeAllocations(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	return errors.Join(pprof.Lookup("allocs").WriteTo(file, 0), file.Close())
}
