-- +goose Up
CREATE INDEX console_audit_actor ON console_audit (actor, seq);
CREATE INDEX console_audit_action ON console_audit (action, seq);
CREATE INDEX console_audit_time ON console_audit (time_ms, seq);

-- +goose Down
DROP INDEX console_audit_time;
DROP INDEX console_audit_action;
DROP INDEX console_audit_actor;
