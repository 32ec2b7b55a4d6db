"""The refusals of drivers."""

from rdos.kernel.errors import DomainError, InvalidInput


class UnknownDeviceType(InvalidInput):
    """This hub knows no such type of node."""

    code = "unknown_device_type"


class UnusableDriver(DomainError):
    """A driver cannot be used."""

    code = "unusable_driver"
    status = 500
