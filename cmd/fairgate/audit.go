package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"fairgate/cmd/internal/config"
	"fairgate/console"
	"fairgate/console/store"
	"fairgate/ingest/sqldb"
)

type auditCommand struct {
	Verify auditVerifyCommand `cmd:"" help:"Walk the chain of hashes and name the first entry that does not fit."`
}

type auditVerifyCommand struct {
	Config string `help:"Configuration file (YAML) whose sql.dsn holds the log." type:"existingfile" placeholder:"FILE"`
	Data   string `help:"Data directory of 'fairgate dev', where there is no configuration file." default:"./data" type:"path"`
	Head   string `help:"Number and hash (12:9f2c…) that an earlier run printed: they must still be there." placeholder:"N:HASH"`
}

// Help says what is checked.
func (c *auditVerifyCommand) Help() string {
	return `Reads the audit log from the database, without the console, and changes nothing.
Each entry's hash covers all entries before it. That the end was cut off shows only
against a number and hash noted elsewhere (--head). The exit code is 1 when something
does not fit.`
}

// Run verifies the log.
func (c *auditVerifyCommand) Run(ctx context.Context) error {
	dsn, err := c.dsn()
	if err != nil {
		return err
	}
	db, err := sqldb.Open(ctx, dsn, sqldb.Options{})
	if err != nil {
		return err
	}
	verdict := c.verify(ctx, db, os.Stdout, os.Stderr)
	return errors.Join(verdict, db.Close())
}

// progressEvery is how often a long run says how far it is.
const progressEvery = 2 * time.Second

func (c *auditVerifyCommand) verify(ctx context.Context, db *sqldb.DB, out, progress io.Writer) error {
	var noted int64
	var hash string
	if c.Head != "" {
		if n, err := fmt.Sscanf(c.Head, "%d:%64s", &noted, &hash); err != nil || n != 2 || noted < 1 || len(hash) != 64 {
			return fmt.Errorf("--head %q is not a number, a colon and a hash of 64 characters", c.Head)
		}
	}
	found := ""
	said := time.Now()
	v, err := store.VerifyLog(ctx, db, func(e console.AuditEntry) {
		if e.Seq == noted {
			found = e.Hash
		}
		if time.Since(said) >= progressEvery {
			said = time.Now()
			_, _ = fmt.Fprintf(progress, "%d entries fit, up to %s\n", e.Seq, venue(e.Time))
		}
	})
	switch {
	case errors.Is(err, console.ErrChainBroken):
		_, _ = fmt.Fprintf(out, "%d entries fit; entry %d was changed or removed\n", v.Verified, v.Broken)
		return exitCode(1)
	case err != nil:
		return err
	case found != hash:
		_, _ = fmt.Fprintf(out, "%d entries fit each other; entry %d is not the one that was noted\n", v.Verified, noted)
		return exitCode(1)
	}
	_, err = fmt.Fprintf(out, "%d entries, all fit; head %d:%s\n", v.Verified, v.Verified, v.Head)
	return err
}

func (c *auditVerifyCommand) dsn() (string, error) {
	if c.Config == "" {
		path := filepath.Join(c.Data, "sql", "fairgate.db")
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("there is no log to verify: %w", err)
		}
		return "sqlite:" + path, nil
	}
	conf, err := config.Load(c.Config)
	if err != nil {
		return "", err
	}
	dsn, err := conf.SQL.DSN.Reveal()
	if err != nil {
		return "", fmt.Errorf("sql.dsn: %w", err)
	}
	return dsn, nil
}
