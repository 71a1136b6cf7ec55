namespace E2EEvents.Grains.Storage.Sql;

/// <summary>A kind of database that a region can stand on.</summary>
public enum SqlDatabase
{
    /// <summary>PostgreSQL 12 or later.</summary>
    PostgreSql,

    /// <summary>MariaDB 10.6 or later, MySQL 8 or later.</summary>
    MySql,
}
