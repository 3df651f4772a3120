ALTER TABLE outbox ADD COLUMN step TEXT;
ALTER TABLE outbox ADD COLUMN withdrawing BIGINT NOT NULL DEFAULT 0;
CREATE INDEX quarantine_step ON quarantine (source, step);
