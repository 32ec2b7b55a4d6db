"""Where the console shows a node; Django's own address of it only leads here."""


def node_place(pk: object) -> str:
    return f"/nodes/{pk}"
