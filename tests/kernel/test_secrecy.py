import pytest

from rdos.kernel.secrecy import HIDDEN, looks_secret, mask, mask_text

SECRET_NAMES = [
    "password", "new_password", "newPassword", "PASSWORD", "passwd", "secret", "client_secret", "node_secret",
    "token", "access_token", "refreshToken", "API-Token", "api_key", "apiKey", "X-Api-Key", "private_key",
    "Authorization", "cookie", "Set-Cookie", "csrf_token", "totp", "otp_code", "jwt", "credentials",
    "session_key", "sessionid", "RDOS_MASTER_KEY", "tls_private_key_pem", "recovery_codes", "passphrase",
]  # fmt: skip
HARMLESS_NAMES = [
    "name", "key", "node_key", "token_type", "token_id", "password_changed_at", "max_tokens", "total_tokens",
    "hotplug", "secretary_name", "author", "keyboard", "access_token_expire_minutes", "token_count", "", "__",
]  # fmt: skip


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_secret_is_known_by_its_name(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize("name", HARMLESS_NAMES)
def test_what_only_resembles_a_secret_stays_readable(name: str) -> None:
    assert not looks_secret(name)


@pytest.mark.parametrize(
    ("text", "leak"),
    [
        ("Authorization: Bearer abcdef0123456789", "abcdef0123456789"),
        ("basic dXNlcjpwYXNzd29yZA==", "dXNlcjpwYXNzd29yZA"),
        ("postgres://rdos:hunter22@db/rdos refused", "hunter22"),
        ("redis://:hunter22@127.0.0.1:6379/0", "hunter22"),
        ("GET /ws/node?token=hunter22&x=1", "hunter22"),
        ('{"password": "hunter22", "a": 1}', "hunter22"),
        ("got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl here", "c2lnbmF0dXJl"),
    ],
)
def test_a_secret_inside_a_sentence_is_hidden(text: str, leak: str) -> None:
    masked = mask_text(text)
    assert leak not in masked
    assert HIDDEN in masked


@pytest.mark.parametrize(
    "sentence",
    [
        "The token of node cam-1 was renewed at 12:30, see https://hub.example/docs?page=2",
        "Basic authentication is not offered here, and the token refreshed itself.",
    ],
)
def test_an_ordinary_sentence_is_left_alone(sentence: str) -> None:
    assert mask_text(sentence) == sentence


def test_secrets_are_hidden_however_deep_they_sit() -> None:
    masked = mask({"outer": [{"password": "hunter22", "name": "cam"}]})
    assert masked == {"outer": [{"password": HIDDEN, "name": "cam"}]}


def test_an_empty_secret_is_shown_as_empty() -> None:
    assert mask({"password": "", "token": None}) == {"password": "", "token": None}
