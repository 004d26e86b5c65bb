"""The command line, one command a file; the only room that prints and the only one that knows click."""
