"""The hub's own log lines, kept in its database: written aside by every process, bounded, and never in the way."""
