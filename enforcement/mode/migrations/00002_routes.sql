-- +goose Up
CREATE TABLE route_mode (
    site       TEXT NOT NULL,
    route      TEXT NOT NULL,                   -- its id in the route table
    observing  {{bigint}} NOT NULL,
    actor      TEXT NOT NULL,
    reason     TEXT NOT NULL,
    changed_ms {{bigint}} NOT NULL,
    PRIMARY KEY (site, route)
) {{strict}};

-- +goose Down
DROP TABLE route_mode;
