"""Metrics as functions of resampling weights, their uncertainty, and who is better than whom."""
