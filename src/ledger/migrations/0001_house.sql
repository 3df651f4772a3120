CREATE TABLE turn (id BIGINT PRIMARY KEY, n BIGINT NOT NULL);
INSERT INTO turn (id, n) VALUES (1, 0);
CREATE TABLE episodes (
    id TEXT PRIMARY KEY, source TEXT NOT NULL, cycle TEXT, child TEXT, practitioner TEXT,
    steps BIGINT NOT NULL, body TEXT NOT NULL, version BIGINT NOT NULL, look_again BIGINT);
CREATE INDEX episodes_look_again ON episodes (look_again);
CREATE INDEX episodes_awaiting ON episodes (child, practitioner);
CREATE TABLE steps (
    source TEXT NOT NULL, step TEXT NOT NULL, episode TEXT NOT NULL, stage TEXT NOT NULL,
    status TEXT NOT NULL, presence TEXT NOT NULL, version TEXT, content TEXT NOT NULL,
    modified_at BIGINT, seen_at BIGINT NOT NULL, PRIMARY KEY (source, step));
CREATE TABLE outbox (
    key TEXT PRIMARY KEY, episode TEXT, cause TEXT NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL,
    due_at BIGINT NOT NULL, next_at BIGINT NOT NULL, attempts BIGINT NOT NULL, fence BIGINT NOT NULL,
    holder TEXT, lease_until BIGINT NOT NULL, why TEXT, nth BIGINT NOT NULL);
CREATE INDEX outbox_waiting ON outbox (state, next_at);
CREATE INDEX outbox_cause ON outbox (episode, cause);
CREATE TABLE inbox (
    source TEXT NOT NULL, id TEXT NOT NULL, digest TEXT NOT NULL, at BIGINT NOT NULL,
    PRIMARY KEY (source, id));
CREATE TABLE cursors (name TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE documents (
    cycle TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL, at BIGINT NOT NULL,
    PRIMARY KEY (cycle, kind));
CREATE TABLE quarantine (
    source TEXT NOT NULL, fingerprint TEXT NOT NULL, step TEXT, path TEXT NOT NULL,
    reason TEXT NOT NULL, first_at BIGINT NOT NULL, last_at BIGINT NOT NULL, times BIGINT NOT NULL,
    PRIMARY KEY (source, fingerprint));
CREATE TABLE journal (seq BIGINT PRIMARY KEY, prev TEXT NOT NULL, body TEXT NOT NULL, hash TEXT NOT NULL);
