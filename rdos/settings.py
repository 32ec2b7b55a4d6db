"""All settings, read once from the environment. What each variable means: docs/configuration.md."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static

from rdos import __version__
from rdos.environment import PROJECT_DIR, load
from rdos.kernel.api.accents import ACCENTS
from rdos.kernel.keys import derive_text
from rdos.kernel.logs import logging_config
from rdos.secrets_policy import weakness

env = load()

BASE_DIR = PROJECT_DIR
VERSION = __version__
PROJECT_NAME = env.text("PROJECT_NAME")
VAR_DIR = Path(env.text("RDOS_VAR_DIR")) if env.raw("RDOS_VAR_DIR") else BASE_DIR / "var"
DEBUG = env.flag("DEBUG")
DEV_MODE = env.flag("JWT_DEV_MODE")

# --- Secrets: one master, a key per purpose; nothing weak outside DEBUG ---------------------------------------------

MASTER_KEY = env.text("RDOS_MASTER_KEY")
MASTER_KEY_PREVIOUS = env.text("RDOS_MASTER_KEY_PREVIOUS")
_given = {"RDOS_MASTER_KEY": MASTER_KEY} | {
    name: value for name in ("SECRET_KEY", "JWT_SECRET_KEY", "ORCHESTRATOR_ADMIN_API_KEY") if (value := env.text(name))
}
_problems = env.refusals()
if not DEBUG:
    _problems += [reason for name, value in _given.items() if (reason := weakness(name, value))]
if DEV_MODE and not DEBUG:
    _problems.append("JWT_DEV_MODE is refused: it works only with DEBUG=true, from a loopback address.")
if not MASTER_KEY and DEBUG:
    _problems.append("RDOS_MASTER_KEY is missing (`python3 manage.py up` makes one).")
if _problems:
    raise ImproperlyConfigured("The hub does not start like this:\n- " + "\n- ".join(_problems))

SECRET_KEY = env.text("SECRET_KEY") or derive_text(MASTER_KEY, "django")
JWT_SIGNING_KEY = env.text("JWT_SECRET_KEY") or derive_text(MASTER_KEY, "jwt")
JWT_ISSUER = "rdos"
ACCESS_TOKEN_LIFETIME = timedelta(minutes=env.integer("JWT_ACCESS_TOKEN_EXPIRE_MINUTES", least=1))
REFRESH_TOKEN_LIFETIME = timedelta(days=env.integer("JWT_REFRESH_TOKEN_EXPIRE_DAYS", least=1))
ROBOT_TOKENS = env.words("ROBOT_TOKENS")
ADMIN_API_KEY = env.text("ORCHESTRATOR_ADMIN_API_KEY")
CLERK_ISSUER = env.text("CLERK_ISSUER").rstrip("/")
CLERK_AUDIENCE = env.text("CLERK_AUDIENCE")
METRICS_TOKEN = env.text("RDOS_METRICS_TOKEN")

# --- Where the hub is reached ---------------------------------------------------------------------------------------

HTTPS = env.flag("RDOS_HTTPS") or env.text("BILBYCAST_TLS_MODE") == "direct"
SELF_SIGNED = env.flag("RDOS_SELF_SIGNED")
TRUSTED_PROXIES = env.networks("RDOS_TRUSTED_PROXIES")
OPEN_LAN = env.networks("RDOS_OPEN_LAN")
OUTGOING_ALLOWED_NETWORKS = [str(network) for network in env.networks("RDOS_OUTGOING_ALLOWED")]
ACCENT_HOSTS = env.pairs("RDOS_ACCENT_HOSTS", among=ACCENTS)
ALLOWED_HOSTS = [*env.words("ALLOWED_HOSTS"), *ACCENT_HOSTS]
CORS_ALLOWED_ORIGINS = [origin.rstrip("/") for origin in env.words("CORS_ORIGINS")]
CORS_ALLOW_CREDENTIALS = True
CORS_ALLOW_HEADERS = (
    "accept",
    "authorization",
    "content-type",
    "if-match",
    "x-api-key",
    "x-api-token",
    "x-csrf-token",
    "x-request-id",
)
CORS_EXPOSE_HEADERS = (
    "link",
    "etag",
    "retry-after",
    "x-request-id",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
)
CSRF_TRUSTED_ORIGINS = env.words("RDOS_CSRF_TRUSTED_ORIGINS")
BODY_LIMIT_BYTES = env.integer("RDOS_BODY_LIMIT_MB", least=1) * 1024 * 1024
JSON_LIMIT_BYTES = 10 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = JSON_LIMIT_BYTES
ONE_CORE = env.flag("RDOS_ONE_CORE")
HTTP_THREADS = env.integer("RDOS_THREADS", least=1)
ENABLE_DOCS = env.flag("ENABLE_DOCS")

NODE_KEEPALIVE_SECONDS = env.integer("RDOS_NODE_KEEPALIVE_SECONDS", least=1)
NODE_OFFLINE_SECONDS = env.integer("RDOS_NODE_OFFLINE_SECONDS", least=2)
DRIVERS_FILE = env.text("RDOS_DRIVERS_FILE")
ROBOT_CALLS_PER_MINUTE = env.integer("RDOS_ROBOT_CALLS_PER_MINUTE", least=1)
SAMPLE_SECONDS = env.integer("RDOS_SAMPLE_SECONDS", least=1)
BACKUPS_KEPT = env.integer("RDOS_BACKUPS_KEPT", least=1)

# --- The project ----------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "rdos.apps.RdosConfig",
    "rdos.kernel.apps.KernelConfig",
    "accounts.apps.AccountsConfig",
    "devices.apps.DevicesConfig",
    "flows.apps.FlowsConfig",
    "scheduling.apps.SchedulingConfig",
    "telemetry.apps.TelemetryConfig",
    # The basic one: the theme's default replaces the admin site with its own, and ours is rdos.console.site.
    "unfold.apps.BasicAppConfig",
    "rdos.apps.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "corsheaders",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "django_celery_beat",
]

MIDDLEWARE = [
    "rdos.kernel.middleware.requests.RequestMiddleware",
    "rdos.kernel.middleware.headers.SecurityHeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "rdos.kernel.middleware.accents.AccentMiddleware",
    "rdos.kernel.middleware.compression.LargeJsonGzipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "rdos.console.people.PersonMiddleware",
    "rdos.kernel.middleware.pages.PageMessagesMiddleware",
]

ROOT_URLCONF = "rdos.urls"
WSGI_APPLICATION = "rdos.wsgi.application"
ASGI_APPLICATION = "rdos.asgi.application"
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-gb"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
# The username is unique, whatever its case: by an expression the check does not read.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "rdos.console.context.hub",
            ]
        },
    }
]

# Each colour is said once, in palette.css: an empty answer here keeps the theme from writing its own into the page.
UNFOLD: dict[str, Any] = {
    "SITE_TITLE": PROJECT_NAME,
    "SITE_HEADER": PROJECT_NAME,
    "SITE_SUBHEADER": "Robot hub",
    "SITE_URL": None,
    "SITE_ICON": lambda request: static("console/logo.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("console/favicon.svg")},
    ],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "COLORS": lambda request: {},
    "STYLES": [lambda request: static("console/palette.css"), lambda request: static("console/parts.css")],
    "SCRIPTS": [lambda request: static("console/buttons.js"), lambda request: static("console/waiting.js")],
    "ACCOUNT": {"navigation": [{"title": "My account", "link": "/account"}]},
    "SIDEBAR": {"navigation": "rdos.console.navigation.groups"},
}

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Served straight from the packages, so that neither `up` nor a test needs collectstatic first.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 3600

# --- Stores ---------------------------------------------------------------------------------------------------------


def _database() -> dict[str, Any]:
    url = env.text("DATABASE_URL") or f"sqlite:///{VAR_DIR / 'hub.sqlite3'}"
    database: dict[str, Any] = dict(dj_database_url.parse(url))
    options = dict(database.get("OPTIONS", {}))
    if "sqlite" in str(database["ENGINE"]):
        options |= {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": "PRAGMA journal_mode=WAL;"}
        # Tests get a file as well: several writers on one database in memory do not wait for one another.
        database["TEST"] = {"NAME": f"{database['NAME']}.test"}
    else:
        pool = {
            "min_size": env.integer("DB_POOL_MIN_SIZE"),
            "max_size": env.integer("DB_POOL_MAX_SIZE", least=1),
            # When the database is gone, better a quick failure than a line of waiting requests.
            "timeout": 3,
        }
        options |= {"pool": pool, "application_name": "rdos"}
    return database | {"OPTIONS": options, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": False}


DATABASES = {"default": _database()}
REDIS_URL = env.text("REDIS_URL")
NATS_URL = env.text("NATS_URL")
NATS_USER = env.text("NATS_USER")
NATS_PASSWORD = env.text("NATS_PASSWORD")
BUS_CONFIG_DIR = Path(env.text("RDOS_BUS_CONFIG_DIR")) if env.raw("RDOS_BUS_CONFIG_DIR") else None
CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}},
}
CELERY_BROKER_URL = REDIS_URL

# --- Identity -------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.authentication.ConsoleBackend"]
PASSWORD_HASHERS = ["accounts.passwords.Argon2idHasher"]
LOGIN_URL = "/login"
LOGIN_REDIRECT_URL = "/"
SESSION_ENGINE = "rdos.kernel.sessions"
SESSION_COOKIE_NAME = "session"
SESSION_COOKIE_AGE = env.integer("RDOS_SESSION_HOURS", least=1) * 3600
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "csrf_token"
CSRF_HEADER_NAME = "HTTP_X_CSRF_TOKEN"
CSRF_COOKIE_AGE = SESSION_COOKIE_AGE
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_FAILURE_VIEW = "rdos.console.failures.csrf"

# --- The API --------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.authentication.ActorAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.access.Rulebook"],
    "DEFAULT_RENDERER_CLASSES": ["rdos.kernel.api.rendering.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rdos.kernel.api.parsing.JSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "rdos.kernel.api.rendering.AlwaysJSON",
    "EXCEPTION_HANDLER": "rdos.kernel.api.answers.refuse",
    "DEFAULT_SCHEMA_CLASS": "rdos.kernel.api.schema.HubSchema",
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
    "URL_FORMAT_OVERRIDE": None,
}

SPECTACULAR_SETTINGS = {
    "TITLE": f"{PROJECT_NAME} API",
    "DESCRIPTION": "See, command and automate a mixed fleet of robots, encoders, relays and controllers.",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    # Several fields are called status, kind or side: each set of words has the name it has in the code.
    "ENUM_NAME_OVERRIDES": {
        "NodeStatus": "devices.choices.NodeStatus",
        "DeviceStatus": "devices.choices.DeviceStatus",
        "CommandStatus": "devices.choices.CommandStatus",
        "TunnelStatus": "devices.choices.TunnelStatus",
        "LegStatus": "devices.choices.LegStatus",
        "GroupKind": "devices.choices.GroupKind",
        "TokenKind": "accounts.choices.TokenKind",
        "FlowStatus": "flows.choices.FlowStatus",
        "FlowKind": "flows.choices.FlowKind",
        "ExecutionStatus": "flows.choices.ExecutionStatus",
        "RobotStatus": "flows.choices.RobotStatus",
        "FlowExecutionState": "flows.api.shapes.flow_executions.STATES",
        "StepStatus": "flows.choices.StepStatus",
        "StartedBy": "flows.choices.StartedBy",
        "SubmittedTrigger": "flows.api.shapes.workflows.TRIGGERS",
        "DeploymentStatus": "flows.choices.DEPLOYMENT_WORDS",
        "RolloutStatus": "flows.choices.RolloutStatus",
        "RolloutTargetStatus": "flows.choices.TargetStatus",
        "FiringSource": "scheduling.choices.Source",
        "FiringOutcome": "scheduling.choices.Outcome",
        "Timing": "scheduling.choices.Timing",
        "Misfire": "scheduling.choices.Misfire",
        "Overlap": "scheduling.choices.Overlap",
        "HubLogLevel": "rdos.kernel.models.hub_line.Level",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "rdos.kernel.api.schema.add_refusals",
    ],
}

# --- Logs -----------------------------------------------------------------------------------------------------------

LOG_FORMAT = env.text("LOG_FORMAT").lower()
LOG_LINES_KEPT = env.integer("RDOS_LOG_LINES_KEPT")
LOGGING = logging_config(env.text("LOG_LEVEL").upper(), LOG_FORMAT, keeps_lines=LOG_LINES_KEPT > 0)
LOGGING_CONFIG = "logging.config.dictConfig"

# --- Read and checked now, used by flows, robots and billing ----------------------------------------------------------

WEBHOOK_BASE_URL = env.text("WEBHOOK_BASE_URL").rstrip("/")
# A relative one lies among the hub's state, wherever the process was started.
_mirror = env.text("WORKFLOWS_DIR") if env.flag("WORKFLOW_BACKUP_ENABLED") else ""
WORKFLOWS_DIR = VAR_DIR / _mirror if _mirror else None
ROBOT_HEARTBEAT_TIMEOUT = env.integer("ROBOT_HEARTBEAT_TIMEOUT", least=1)
JOB_TIMEOUT_DEFAULT = env.integer("JOB_TIMEOUT_DEFAULT", least=1)
WS_PING_INTERVAL = env.integer("WS_PING_INTERVAL", least=1)
