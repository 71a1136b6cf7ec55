-- State of grains other than topics (catalogue, dead letters, checkpoints, homes), in the form that Orleans' AdoNet persistence reads.
-- The primary key is what makes a first write exclusive: two activations that both found nothing cannot both insert.

CREATE TABLE IF NOT EXISTS OrleansStorage (
    GrainIdHash int NOT NULL,
    GrainIdN0 bigint NOT NULL,
    GrainIdN1 bigint NOT NULL,
    GrainTypeHash int NOT NULL,
    GrainTypeString varchar(150) NOT NULL,
    GrainIdExtensionString varchar(400) NOT NULL DEFAULT '',
    ServiceId varchar(64) NOT NULL,
    PayloadBinary longblob NULL,
    ModifiedOn datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
    Version int NOT NULL,
    PRIMARY KEY (GrainIdHash, GrainTypeHash, GrainIdN0, GrainIdN1, GrainTypeString, GrainIdExtensionString, ServiceId)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

REPLACE INTO OrleansQuery (QueryKey, QueryText) VALUES
('ReadFromStorageKey', '
    SELECT PayloadBinary, CURRENT_TIMESTAMP(6) AS ReadAt, Version FROM OrleansStorage
    WHERE GrainIdHash = @GrainIdHash AND GrainTypeHash = @GrainTypeHash AND GrainIdN0 = @GrainIdN0 AND GrainIdN1 = @GrainIdN1
        AND GrainTypeString = @GrainTypeString AND GrainIdExtensionString = COALESCE(@GrainIdExtensionString, '''') AND ServiceId = @ServiceId
'),
-- No version known = insert; only one of the two statements finds something to do. The version that comes back is one higher, or as before: then
-- somebody else has written. (ROW_COUNT counts changed rows: the silo connects with Use Affected Rows.)
('WriteToStorageKey', '
    UPDATE OrleansStorage SET PayloadBinary = @PayloadBinary, ModifiedOn = CURRENT_TIMESTAMP(6), Version = Version + 1
    WHERE GrainIdHash = @GrainIdHash AND GrainTypeHash = @GrainTypeHash AND GrainIdN0 = @GrainIdN0 AND GrainIdN1 = @GrainIdN1
        AND GrainTypeString = @GrainTypeString AND GrainIdExtensionString = COALESCE(@GrainIdExtensionString, '''') AND ServiceId = @ServiceId
        AND Version = @GrainStateVersion;
    SET @e2e_updated = ROW_COUNT();
    INSERT INTO OrleansStorage (GrainIdHash, GrainIdN0, GrainIdN1, GrainTypeHash, GrainTypeString, GrainIdExtensionString, ServiceId, PayloadBinary, Version)
    SELECT @GrainIdHash, @GrainIdN0, @GrainIdN1, @GrainTypeHash, @GrainTypeString, COALESCE(@GrainIdExtensionString, ''''), @ServiceId, @PayloadBinary, 1
    FROM DUAL WHERE @GrainStateVersion IS NULL
    ON DUPLICATE KEY UPDATE OrleansStorage.Version = OrleansStorage.Version;
    SELECT CASE WHEN @e2e_updated > 0 OR ROW_COUNT() > 0 THEN COALESCE(@GrainStateVersion, 0) + 1 ELSE @GrainStateVersion END AS NewGrainStateVersion
'),
('ClearStorageKey', '
    UPDATE OrleansStorage SET PayloadBinary = NULL, ModifiedOn = CURRENT_TIMESTAMP(6), Version = Version + 1
    WHERE GrainIdHash = @GrainIdHash AND GrainTypeHash = @GrainTypeHash AND GrainIdN0 = @GrainIdN0 AND GrainIdN1 = @GrainIdN1
        AND GrainTypeString = @GrainTypeString AND GrainIdExtensionString = COALESCE(@GrainIdExtensionString, '''') AND ServiceId = @ServiceId
        AND Version = @GrainStateVersion;
    SELECT CASE WHEN ROW_COUNT() > 0 THEN @GrainStateVersion + 1 ELSE @GrainStateVersion END AS NewGrainStateVersion
'),
('DeleteStorageKey', '
    DELETE FROM OrleansStorage
    WHERE GrainIdHash = @GrainIdHash AND GrainTypeHash = @GrainTypeHash AND GrainIdN0 = @GrainIdN0 AND GrainIdN1 = @GrainIdN1
        AND GrainTypeString = @GrainTypeString AND GrainIdExtensionString = COALESCE(@GrainIdExtensionString, '''') AND ServiceId = @ServiceId
        AND Version = @GrainStateVersion;
    SELECT CASE WHEN ROW_COUNT() > 0 THEN @GrainStateVersion + 1 ELSE @GrainStateVersion END AS NewGrainStateVersion
');
