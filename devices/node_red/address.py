"""Where the Admin API of a Node-RED may lie."""

from urllib.parse import urlsplit

from devices.node_red.errors import UnusableAddress

LONGEST = 512
LONGEST_TOKEN = 4096


def checked(text: str) -> str:
    """Without a slash at its end. Whether the hub may call it is decided with each call."""
    address = text.strip().rstrip("/")
    if reason := _fault(address):
        raise UnusableAddress(errors={"admin_url": [reason]})
    return address


def _fault(address: str) -> str:
    try:
        parts = urlsplit(address)
        port_is_good = parts.port != 0
    except ValueError:
        return "This is not an address."
    if len(address) > LONGEST or any(not 32 < ord(sign) < 127 for sign in address):
        return f"At most {LONGEST} characters, without spaces and without letters beyond ASCII."
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_good:
        return "An http or https address, such as http://192.168.1.20:1880."
    if "@" in parts.netloc:
        return "An address holds no name and no password; give the token apart."
    if "?" in address or "#" in address:
        return "Only where Node-RED's Admin API begins, without `?` and `#`."
    return ""


def origin(address: str) -> tuple[str, str | None, int | None]:
    """Whom a token is meant for."""
    parts = urlsplit(address)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname, parts.port or usual
