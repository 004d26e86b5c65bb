"""What in a store could make its leaderboards say something else than they seem to."""
