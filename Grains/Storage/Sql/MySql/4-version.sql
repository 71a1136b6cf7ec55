-- Last: tables without this row are not finished. "probed" is written by silos to see whether they can write.

CREATE TABLE IF NOT EXISTS e2e_schema (
    one int NOT NULL PRIMARY KEY CHECK (one = 1),
    version int NOT NULL,
    applied datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    probed datetime(6) NULL
) ENGINE = InnoDB;

INSERT INTO e2e_schema (one, version) VALUES (1, 1) ON DUPLICATE KEY UPDATE version = version;
