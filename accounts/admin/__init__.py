"""People and their credentials in the console."""

from accounts.admin import tokens, users

__all__ = ["tokens", "users"]
