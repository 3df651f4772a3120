CREATE TABLE aliases (
    source TEXT NOT NULL, alias TEXT NOT NULL, into_key TEXT NOT NULL, child TEXT NOT NULL,
    how TEXT NOT NULL, refused BIGINT NOT NULL, at BIGINT NOT NULL,
    PRIMARY KEY (source, alias, into_key));
CREATE INDEX aliases_child ON aliases (source, child);
CREATE TABLE children (
    source TEXT NOT NULL, child TEXT NOT NULL, episode TEXT NOT NULL, PRIMARY KEY (source, child, episode));
CREATE INDEX children_episode ON children (episode);
INSERT INTO children (source, child, episode) SELECT source, child, id FROM episodes WHERE child IS NOT NULL;
CREATE TABLE step_aliases (
    source TEXT NOT NULL, alias TEXT NOT NULL, step TEXT NOT NULL, at BIGINT NOT NULL,
    PRIMARY KEY (source, alias));
