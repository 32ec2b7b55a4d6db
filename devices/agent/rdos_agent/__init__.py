"""The reference agent: one node of an RDOS hub, in one file."""

__version__ = "1.0.0"
