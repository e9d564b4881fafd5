package gatewaybench

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/pprof"
	"syscall"
)

// Profile writes a CPU profile to path from one SIGUSR1 to the next; it
// returns when ctx ends. The bench sends them around one cell, so that neither
// the start nor the other cells blur it.
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
			err, file = file.Close(), nil
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
