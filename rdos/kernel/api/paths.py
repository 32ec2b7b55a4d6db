"""What an address leaves open, where a seed answers an ill-formed one itself."""

from uuid import UUID

from rdos.kernel.errors import InvalidPath


def uuid_of(text: str, name: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        told = "Input should be a valid UUID"
        raise InvalidPath(told, errors={name: [told]}) from error
