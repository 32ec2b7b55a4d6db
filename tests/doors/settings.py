"""A bare Django behind the hub's real doors: what is tested here is the way in, not the hub."""

SECRET_KEY = "only for the tests of the doors"
DEBUG = False
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["tests.doors.apps.CommandsOnly", "channels"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "tests.doors.urls"
ASGI_APPLICATION = "tests.doors.asgi.application"
DATABASES: dict[str, object] = {}
USE_TZ = True
USE_I18N = False
APPEND_SLASH = False
ONE_CORE = True
HTTP_THREADS = 4
BODY_LIMIT_BYTES = 4 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_LIMIT_BYTES
