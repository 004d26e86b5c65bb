"""Outcomes from lm-eval; the only room that knows it."""
