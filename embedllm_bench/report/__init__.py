"""A comparison for people to look at: one HTML page, and figures for print."""
