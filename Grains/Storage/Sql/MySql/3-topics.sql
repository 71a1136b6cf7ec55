-- Topics: one row each, replaced at every commit if the writer knows its version. The key is the grain id as text (topic.match/final): readable, and
-- nothing to collide; binary collation, because keys of topics tell upper from lower case.

CREATE TABLE IF NOT EXISTS e2e_topics (
    service_id varchar(64) NOT NULL,
    grain_id varchar(400) NOT NULL,
    record varchar(64) NOT NULL,
    version bigint NOT NULL,
    payload longblob NOT NULL,
    written datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    PRIMARY KEY (service_id, grain_id, record)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
