"""Every environment variable the hub knows: its own, and those the five systems it replaces documented.

docs/configuration.md and .env.example list the same names; a test holds the three together.
"""

from dataclasses import dataclass

YES = frozenset({"true", "1", "yes", "on"})
NO = frozenset({"false", "0", "no", "off"})


@dataclass(frozen=True)
class Variable:
    name: str
    meaning: str
    default: str = ""
    secret: bool = False
    aliases: tuple[str, ...] = ()
    # When a refusal is given, only the accepted values pass (none: the variable is always refused).
    refusal: str = ""
    accepted: frozenset[str] = frozenset()


CORE = (
    Variable("DEBUG", "Development conveniences: tracebacks, weak secrets allowed. Never on a network.", "false"),
    Variable("RDOS_MASTER_KEY", "The root of every derived key.", secret=True, aliases=("BILBYCAST_MASTER_KEY",)),
    Variable("RDOS_MASTER_KEY_PREVIOUS", "The former master key, while `rotate-keys` runs.", secret=True),
    Variable("SECRET_KEY", "Django's signing key; derived from the master key when unset.", secret=True),
    Variable("RDOS_VAR_DIR", "Where all state of this hub lives.", "var"),
    Variable("ALLOWED_HOSTS", "Host names the hub answers to, comma separated.", "localhost,127.0.0.1,[::1]"),
    Variable("RDOS_TRUSTED_PROXIES", "Networks whose X-Forwarded-For and -Proto are believed.", ""),
    Variable("RDOS_HTTPS", "People reach the hub by https: cookies are Secure, HSTS is sent.", "false"),
    Variable("RDOS_SELF_SIGNED", "Told at /health: the certificate is self-signed (`up --tls` sets it).", "false"),
    Variable("RDOS_CSRF_TRUSTED_ORIGINS", "Extra origins that may post to the console, with scheme.", ""),
    Variable("RDOS_ACCENT_HOSTS", "Accents by host name, which the hub then answers to: `tafy.localhost=tafy,…`.", ""),
    Variable("RDOS_OPEN_LAN", "Networks whose anonymous callers operate bus-born nodes.", ""),
    Variable("RDOS_OUTGOING_ALLOWED", "Private networks the hub may call out to, as CIDRs.", ""),
    Variable("RDOS_METRICS_TOKEN", "Bearer token for /metrics from beyond loopback.", secret=True),
    Variable("RDOS_THREADS", "Request threads of one web process; more than a few only wait for one another.", "4"),
    Variable("RDOS_ONE_CORE", "Keep each web process on one core, which serves a third more requests.", "true"),
    Variable("RDOS_WORKERS", "Processes of the Celery worker.", "2"),
    Variable("RDOS_BODY_LIMIT_MB", "Largest request body of any kind, in MiB.", "64"),
    Variable("RDOS_ADMIN_USERNAME", "The first administrator's name.", "admin"),
    Variable("RDOS_ADMIN_EMAIL", "The first administrator's e-mail.", ""),
    Variable("RDOS_ADMIN_PASSWORD", "The first administrator's password; generated when unset.", secret=True),
    Variable("RDOS_NODE_KEEPALIVE_SECONDS", "How often a node on a socket is pinged.", "15"),
    Variable("RDOS_NODE_OFFLINE_SECONDS", "Silence after which a node is closed and marked offline.", "30"),
    Variable("RDOS_ROBOT_CALLS_PER_MINUTE", "How often one robot may call for work, at most.", "6000"),
    Variable("RDOS_SAMPLE_SECONDS", "How far apart the stored samples of one measured quantity lie, at least.", "5"),
    Variable("RDOS_DRIVERS_FILE", "A JSON file of further drivers (docs/drivers.md).", ""),
    Variable("RDOS_SIMULATE", "Virtual nodes beside a hub that has no real one yet; 0 for none.", "6"),
    Variable("RDOS_BACKUPS_KEPT", "Archives kept in `backups` below RDOS_VAR_DIR; older ones are removed.", "7"),
    Variable("RDOS_LOG_LINES_KEPT", "Newest lines of the hub's own log kept in its database; 0 for none.", "20000"),
    Variable("RDOS_VENV", "Where `up` keeps its virtual environment.", ".venv"),
    Variable("HOST", "Address the hub listens on.", "127.0.0.1"),
    Variable("PORT", "Port the hub listens on.", "8000", aliases=("BILBYCAST_PORT",)),
    Variable("NATS_PORT", "Port of the embedded NATS server.", "4222"),
    Variable("MQTT_PORT", "Port of the embedded NATS server's MQTT listener.", "1883"),
)

STORES = (
    Variable(
        "DATABASE_URL",
        "PostgreSQL (or sqlite:///path for development); embedded when unset.",
        secret=True,
        aliases=("POSTGRES_URL", "BILBYCAST_DATABASE_URL"),
    ),
    Variable("DB_POOL_MIN_SIZE", "Connections kept open per process.", "1"),
    Variable("DB_POOL_MAX_SIZE", "Connections at most per process.", "12"),
    Variable("REDIS_URL", "Redis; embedded when unset.", secret=True),
    Variable("NATS_URL", "NATS; embedded when unset.", secret=True),
    Variable("NATS_USER", "The hub's NATS user, when it is not in the URL."),
    Variable("NATS_PASSWORD", "The hub's NATS password.", secret=True),
    Variable(
        "RDOS_BUS_CONFIG_DIR",
        "Where the hub keeps the configuration of a NATS server that is its own (`up` sets it).",
    ),
    Variable(
        "DB_ENABLED",
        "Casare's switch for running without a database.",
        "true",
        refusal="every intention is a row, so the hub does not run without its database.",
        accepted=YES,
    ),
    Variable(
        "USE_MEMORY_QUEUE",
        "Casare's queue in memory.",
        "false",
        refusal="a queue in memory loses work at a restart; the queue lives in PostgreSQL.",
        accepted=NO,
    ),
    Variable(
        "AUTO_CREATE_TABLES",
        "BloxServer's tables at start.",
        "true",
        refusal="`up` always migrates; in production run `manage.py migrate`.",
        accepted=YES,
    ),
    Variable("SQL_ECHO", "Log every SQL statement (needs DEBUG).", "false"),
)

IDENTITY = (
    Variable(
        "JWT_SECRET_KEY",
        "Signs access tokens; derived from the master key when unset.",
        secret=True,
        aliases=("BILBYCAST_JWT_SECRET",),
    ),
    Variable(
        "JWT_ALGORITHM",
        "Signature of access tokens.",
        "HS256",
        aliases=("ALGORITHM",),
        refusal="the hub signs its own tokens with HS256 and accepts no other algorithm for them.",
        accepted=frozenset({"hs256"}),
    ),
    Variable(
        "JWT_ACCESS_TOKEN_EXPIRE_MINUTES",
        "Life of an access token.",
        "60",
        aliases=("ACCESS_TOKEN_EXPIRE_MINUTES",),
    ),
    Variable("JWT_REFRESH_TOKEN_EXPIRE_DAYS", "Life of a refresh token.", "7"),
    Variable("JWT_DEV_MODE", "No login from loopback; only with DEBUG.", "false"),
    Variable("RDOS_SESSION_HOURS", "Life of a browser session.", "24"),
    Variable(
        "ROBOT_AUTH_ENABLED",
        "Casare's switch for robots without keys.",
        "true",
        refusal="robots always show a key, or anyone could claim work; give them ROBOT_TOKENS.",
        accepted=YES,
    ),
    Variable("ROBOT_TOKENS", "Robots known by configuration: `id:sha256hex,…`.", secret=True),
    Variable(
        "ORCHESTRATOR_ADMIN_API_KEY",
        "A fixed administrator key for machines.",
        secret=True,
        aliases=("API_SECRET", "ORCHESTRATOR_API_KEY"),
    ),
    Variable("CLERK_ISSUER", "Issuer of a JWKS sign-in; its tokens are accepted when set."),
    Variable("CLERK_AUDIENCE", "Audience those tokens must carry."),
    Variable(
        "REMOTE_AUTH",
        "Nodetool's switch for logins.",
        "1",
        refusal="the hub always authenticates; for a desk without login use DEBUG with JWT_DEV_MODE.",
        accepted=YES,
    ),
    Variable(
        "API_KEY_ENCRYPTION_KEY",
        "BloxServer's Fernet key.",
        secret=True,
        refusal="provider keys are encrypted under RDOS_MASTER_KEY; set that instead.",
    ),
)

DOORS = (
    Variable(
        "API_V1_STR",
        "Prefix of the API.",
        "/api/v1",
        refusal="the API's path is fixed at /api/v1.",
        accepted=frozenset({"/api/v1"}),
    ),
    Variable("PROJECT_NAME", "Name shown in the console and the API document.", "RDOS"),
    Variable("VERSION", "Tafy's version text.", refusal="the hub tells its own version."),
    Variable("CORS_ORIGINS", "Origins of browser frontends, comma separated.", aliases=("BACKEND_CORS_ORIGINS",)),
    Variable("ENABLE_DOCS", "Serve the API document and its pages.", "true"),
    Variable(
        "RATE_LIMIT_ENABLED", "Rate limits.", "true", refusal="limits protect the login; they stay on.", accepted=YES
    ),
    Variable("WEBHOOK_BASE_URL", "Public address of webhooks, without a trailing slash."),
    Variable("BILBYCAST_TLS_CERT", "Certificate (PEM) the hub serves https with."),
    Variable("BILBYCAST_TLS_KEY", "Key (PEM) of that certificate."),
    Variable(
        "BILBYCAST_TLS_MODE",
        "`direct` (TLS here) or `behind_proxy` (TLS at the proxy).",
        refusal="say `direct` or `behind_proxy`.",
        accepted=frozenset({"direct", "behind_proxy"}),
    ),
    Variable("LOG_LEVEL", "debug, info, warning, error or critical.", "info"),
    Variable("LOG_FORMAT", "`console` or `json`.", "console"),
    Variable("ENV", "`development` or `production`; only told, never trusted.", "production"),
)

LATER = (
    Variable("WORKFLOWS_DIR", "Mirrors flow versions; a relative one is below RDOS_VAR_DIR.", "workflows"),
    Variable("WORKFLOW_BACKUP_ENABLED", "Mirror flow versions to that directory.", "true"),
    Variable("ROBOT_HEARTBEAT_TIMEOUT", "Seconds of silence after which a robot is offline.", "90"),
    Variable("JOB_TIMEOUT_DEFAULT", "Seconds after which a run times out.", "3600"),
    Variable("WS_PING_INTERVAL", "Seconds between pings on robot sockets.", "30"),
    Variable("STRIPE_SECRET_KEY", "Stripe, when billing is used.", secret=True),
    Variable("STRIPE_WEBHOOK_SECRET", "Checks Stripe's webhooks.", secret=True),
)

GROUPS: dict[str, tuple[Variable, ...]] = {
    "The hub itself": CORE,
    "Databases and buses": STORES,
    "People, robots and tokens": IDENTITY,
    "Doors": DOORS,
    "Read and checked now, used by flows, robots and billing": LATER,
}

VARIABLES: dict[str, Variable] = {variable.name: variable for group in GROUPS.values() for variable in group}
