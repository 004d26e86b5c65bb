"""Question text to vector."""
