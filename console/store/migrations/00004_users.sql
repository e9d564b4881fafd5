-- +goose Up
ALTER TABLE console_users ADD COLUMN signed_in_ms {{bigint}} NOT NULL DEFAULT 0;
-- One row: whoever changes who is an administrator holds it.
CREATE TABLE console_guard (
    name TEXT PRIMARY KEY,
    held {{bigint}} NOT NULL
) {{strict}};
INSERT INTO console_guard (name, held) VALUES ('users', 0);

-- +goose Down
DROP TABLE console_guard;
ALTER TABLE console_users DROP COLUMN signed_in_ms;
