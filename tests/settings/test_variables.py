"""The environment: every variable that a seed documents is honoured or refused with its reason."""

import hashlib
from pathlib import Path

import pytest

from rdos.environment import Environment, Misconfigured, gather
from rdos.secrets_policy import weakness
from rdos.variables import VARIABLES

SEEDS = {
    "casare": "JWT_SECRET_KEY JWT_ALGORITHM JWT_ACCESS_TOKEN_EXPIRE_MINUTES JWT_REFRESH_TOKEN_EXPIRE_DAYS JWT_DEV_MODE "
    "ROBOT_AUTH_ENABLED ROBOT_TOKENS DB_ENABLED WORKFLOWS_DIR WORKFLOW_BACKUP_ENABLED USE_MEMORY_QUEUE "
    "ORCHESTRATOR_ADMIN_API_KEY API_SECRET ORCHESTRATOR_API_KEY CORS_ORIGINS RATE_LIMIT_ENABLED POSTGRES_URL "
    "ROBOT_HEARTBEAT_TIMEOUT JOB_TIMEOUT_DEFAULT WS_PING_INTERVAL DB_POOL_MIN_SIZE DB_POOL_MAX_SIZE HOST PORT",
    "tafy": "API_V1_STR PROJECT_NAME VERSION BACKEND_CORS_ORIGINS NATS_URL NATS_USER NATS_PASSWORD DATABASE_URL "
    "REDIS_URL SECRET_KEY ALGORITHM ACCESS_TOKEN_EXPIRE_MINUTES LOG_LEVEL LOG_FORMAT",
    "bilbycast": "BILBYCAST_JWT_SECRET BILBYCAST_MASTER_KEY BILBYCAST_PORT BILBYCAST_DATABASE_URL BILBYCAST_TLS_CERT "
    "BILBYCAST_TLS_KEY BILBYCAST_TLS_MODE",
    "bloxserver": "ENV DATABASE_URL AUTO_CREATE_TABLES SQL_ECHO CLERK_ISSUER CLERK_AUDIENCE STRIPE_SECRET_KEY "
    "STRIPE_WEBHOOK_SECRET API_KEY_ENCRYPTION_KEY CORS_ORIGINS WEBHOOK_BASE_URL REDIS_URL ENABLE_DOCS HOST PORT",
    "nodetool": "ENV REMOTE_AUTH LOG_LEVEL",
}
SPELLINGS = {name for name in VARIABLES} | {alias for variable in VARIABLES.values() for alias in variable.aliases}


@pytest.mark.parametrize(("seed", "names"), SEEDS.items())
def test_every_variable_of_a_seed_is_known(seed: str, names: str) -> None:
    assert set(names.split()) <= SPELLINGS


def test_no_name_is_spelled_twice() -> None:
    spelled = [name for variable in VARIABLES.values() for name in (variable.name, *variable.aliases)]
    assert len(spelled) == len(set(spelled))


def test_every_variable_says_what_it_means() -> None:
    assert all(variable.meaning.endswith(".") for variable in VARIABLES.values())


REFUSED = {
    "USE_MEMORY_QUEUE": ("true", "loses work at a restart"),
    "DB_ENABLED": ("false", "every intention is a row"),
    "AUTO_CREATE_TABLES": ("false", "migrate"),
    "JWT_ALGORITHM": ("RS256", "HS256"),
    "ALGORITHM": ("none", "HS256"),
    "ROBOT_AUTH_ENABLED": ("false", "anyone could claim work"),
    "REMOTE_AUTH": ("0", "always authenticates"),
    "API_KEY_ENCRYPTION_KEY": ("a-fernet-key", "RDOS_MASTER_KEY"),
    "API_V1_STR": ("/v2", "/api/v1"),
    "VERSION": ("1.0", "its own version"),
    "RATE_LIMIT_ENABLED": ("false", "protect the login"),
    "BILBYCAST_TLS_MODE": ("sideways", "behind_proxy"),
}
WELCOME = {
    "USE_MEMORY_QUEUE": "False",
    "DB_ENABLED": "true",
    "AUTO_CREATE_TABLES": "1",
    "JWT_ALGORITHM": "HS256",
    "ALGORITHM": "HS256",
    "ROBOT_AUTH_ENABLED": "YES",
    "REMOTE_AUTH": "1",
    "API_V1_STR": "/api/v1",
    "RATE_LIMIT_ENABLED": "on",
    "BILBYCAST_TLS_MODE": "direct",
}


def test_every_refusal_is_told_here() -> None:
    refusing = {variable.name for variable in VARIABLES.values() if variable.refusal}
    assert refusing <= set(REFUSED)


@pytest.mark.parametrize(("name", "value", "reason"), [(name, *rest) for name, rest in REFUSED.items()])
def test_what_cannot_be_honoured_is_refused_with_its_reason(name: str, value: str, reason: str) -> None:
    (told,) = Environment({name: value}).refusals()
    assert reason in told and "is refused" in told


def test_a_refused_secret_is_not_repeated() -> None:
    assert "a-fernet-key" not in Environment({"API_KEY_ENCRYPTION_KEY": "a-fernet-key"}).refusals()[0]


@pytest.mark.parametrize(("name", "value"), WELCOME.items())
def test_the_value_the_hub_lives_by_is_welcome(name: str, value: str) -> None:
    assert Environment({name: value}).refusals() == []


def test_an_empty_environment_is_welcome() -> None:
    assert Environment({}).refusals() == []


@pytest.mark.parametrize(
    ("given", "name", "read"),
    [
        ({"ACCESS_TOKEN_EXPIRE_MINUTES": "5"}, "JWT_ACCESS_TOKEN_EXPIRE_MINUTES", "5"),
        ({"BILBYCAST_PORT": "8443"}, "PORT", "8443"),
        ({"PORT": "1", "BILBYCAST_PORT": "2"}, "PORT", "1"),
        ({"PORT": "", "BILBYCAST_PORT": "2"}, "PORT", "2"),
        ({"API_SECRET": "a", "ORCHESTRATOR_API_KEY": "b"}, "ORCHESTRATOR_ADMIN_API_KEY", "a"),
        ({"ORCHESTRATOR_API_KEY": "b"}, "ORCHESTRATOR_ADMIN_API_KEY", "b"),
        ({"BILBYCAST_JWT_SECRET": "s"}, "JWT_SECRET_KEY", "s"),
        ({}, "PORT", "8000"),
    ],
)
def test_other_names_of_the_same_thing_are_read(given: dict[str, str], name: str, read: str) -> None:
    assert Environment(given).text(name) == read


@pytest.mark.parametrize(
    "value", ["http://a.org,http://b.org", '["http://a.org", "http://b.org"]', " http://a.org , http://b.org,"]
)
def test_lists_are_read_in_both_spellings(value: str) -> None:
    assert Environment({"BACKEND_CORS_ORIGINS": value}).words("CORS_ORIGINS") == ["http://a.org", "http://b.org"]


@pytest.mark.parametrize(
    ("value", "read"), [("1", True), ("TRUE", True), ("yes", True), ("0", False), ("off", False), ("", False)]
)
def test_switches_are_read_in_every_spelling(value: str, read: bool) -> None:
    assert Environment({"DEBUG": value}).flag("DEBUG") is read


def test_what_is_neither_is_a_mistake() -> None:
    with pytest.raises(Misconfigured, match="DEBUG must be true or false"):
        Environment({"DEBUG": "perhaps"}).flag("DEBUG")
    with pytest.raises(Misconfigured, match="PORT must be a whole number"):
        Environment({"PORT": "http"}).integer("PORT")
    with pytest.raises(Misconfigured, match="at least 1"):
        Environment({"RDOS_THREADS": "0"}).integer("RDOS_THREADS", least=1)


def test_an_undeclared_name_is_a_programming_error() -> None:
    with pytest.raises(KeyError):
        Environment({"NEVER_HEARD": "x"}).text("NEVER_HEARD")


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-a-file\n")
    given = {"JWT_SECRET_KEY_FILE": str(tmp_path / "key")}
    assert Environment(given).text("JWT_SECRET_KEY") == "from-a-file"
    assert Environment(given | {"JWT_SECRET_KEY": "given"}).text("JWT_SECRET_KEY") == "given"
    assert Environment({"BILBYCAST_JWT_SECRET_FILE": str(tmp_path / "key")}).text("JWT_SECRET_KEY") == "from-a-file"


def test_a_secret_file_that_cannot_be_read_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="JWT_SECRET_KEY_FILE cannot be read"):
        Environment({"JWT_SECRET_KEY_FILE": str(tmp_path / "missing")}).text("JWT_SECRET_KEY")


def test_only_secrets_lie_in_files(tmp_path: Path) -> None:
    (tmp_path / "port").write_text("9")
    assert Environment({"PORT_FILE": str(tmp_path / "port")}).text("PORT") == "8000"


def test_the_process_wins_over_the_env_file_and_that_over_a_running_hub(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / ".env").write_text("PORT=2\nHOST=two\n")
    (tmp_path / "var" / "hub.env").write_text("PORT=3\nHOST=three\nREDIS_URL=redis://three\n")
    read = gather({"PORT": "1"}, tmp_path)
    assert (read["PORT"], read["HOST"], read["REDIS_URL"]) == ("1", "two", "redis://three")


def test_the_env_file_may_move_the_state_directory(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".env").write_text(f"RDOS_VAR_DIR={tmp_path / 'elsewhere'}\n")
    (tmp_path / "elsewhere" / "hub.env").write_text("REDIS_URL=redis://elsewhere\n")
    assert gather({}, tmp_path)["REDIS_URL"] == "redis://elsewhere"


def test_an_env_file_is_taken_literally(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SECRET_KEY=a${HOME}b$$c\n")
    assert gather({}, tmp_path)["SECRET_KEY"] == "a${HOME}b$$c"


GOOD = hashlib.sha256(b"good").hexdigest()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "missing"),
        ("short", "shorter"),
        ("x" * 15, "shorter"),
        ("please-change-me-now", "change-me"),
        ("MySecretKey-1234567", "secret"),
        ("the-default-key-0001", "default"),
        ("Password-for-ever-1", "password"),
        ("aaaaaaaaaaaaaaaaaaaa", "repeats"),
        ("abababababababababab", "repeats"),
    ],
)
def test_weak_secrets_are_refused_with_the_reason(value: str, reason: str) -> None:
    assert reason in (weakness("JWT_SECRET_KEY", value) or "")


def test_a_good_secret_passes() -> None:
    assert weakness("JWT_SECRET_KEY", GOOD) is None


def test_a_refused_secret_is_not_shown() -> None:
    assert "hunter2" not in (weakness("JWT_SECRET_KEY", "hunter2") or "")
