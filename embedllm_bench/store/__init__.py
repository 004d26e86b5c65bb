"""The SQLite correctness store; the only room with SQL."""
