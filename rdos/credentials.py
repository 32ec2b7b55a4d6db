"""Credentials that a higher app knows, made known to the app that reads them."""

from accounts import authentication
from devices.authentication import WORD, by_node_secret


def connect() -> None:
    authentication.keys_beginning_with(WORD, are_read_by=by_node_secret)
