-- Labels of accounts that were drawn: with which probability, in which week. Rows
-- from before have the columns' defaults, which say that they were not drawn.

-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE labels
    ADD COLUMN IF NOT EXISTS inclusion Float64 AFTER visit_day,
    ADD COLUMN IF NOT EXISTS week      Date32 AFTER inclusion;

-- +goose Down
ALTER TABLE labels
    DROP COLUMN IF EXISTS inclusion,
    DROP COLUMN IF EXISTS week;
