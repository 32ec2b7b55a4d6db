"""Scheduling in the console."""
