"""Files in, files out: one format a module, and what all of them share."""
