from devices.models import Node


def tell_on_commit(word: str, node: Node) -> None:
    """temporary"""
