"""All settings, read from the environment; docs/settings.md describes each one.

Production is the default and refuses to start without its secrets; `TMFUSAGE_ENV=development`
(what `make run` sets) and `TMFUSAGE_ENV=test` relax that for one machine.
"""

from datetime import timedelta
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from tmfusage import languages, scheduling
from tmfusage.backoffice import theme
from tmfusage.environment import Environment, connecting, long_enough, postgresql
from tmfusage.telemetry import logging_config
from tmfusage.tmf import configuration

env = Environment()
BASE_DIR = Path(__file__).resolve().parent.parent

TMFUSAGE_ENV = env.str("TMFUSAGE_ENV", "production")
if TMFUSAGE_ENV not in {"production", "development", "test"}:
    raise ImproperlyConfigured(f"TMFUSAGE_ENV is {TMFUSAGE_ENV!r}; allowed: production, development, test.")
PRODUCTION = TMFUSAGE_ENV == "production"
DEBUG = False


def required(name: str, otherwise: str) -> str:
    """The variable's value; outside production `otherwise` when it is not set."""
    value = env.str(name, "" if PRODUCTION else otherwise)
    if not value:
        raise ImproperlyConfigured(f"{name} must be set in production; see docs/settings.md.")
    return value


# --- Process and address --------------------------------------------------------------------------------
SECRET_KEY = required("SECRET_KEY", "not-a-secret-only-for-one-machine-and-tests-0123456789")
if PRODUCTION:
    long_enough("SECRET_KEY", SECRET_KEY, 50)
ALLOWED_HOSTS = [host.strip() for host in required("ALLOWED_HOSTS", "*").split(",") if host.strip()]
DATA = Path(env.str("DATA", str(BASE_DIR / "var")))
CSRF_FAILURE_VIEW = "tmfusage.backoffice.error_pages.forged"
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
HTTPS = env.bool("HTTPS", PRODUCTION)
TRUST_FORWARDED = env.bool("TRUST_FORWARDED", False)
USE_X_FORWARDED_HOST = USE_X_FORWARDED_PORT = TRUST_FORWARDED
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUST_FORWARDED else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$", r"^metrics$"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 31_536_000 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_AGE = env.int("SESSION_COOKIE_AGE", 8 * 3600)
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"

# --- Applications ---------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "tmfusage.backoffice",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "simple_history",
    "axes",
    "tmfusage.tmf",
    "tmfusage.access",
    "tmfusage.hub",
    "specs",
    "usage",
    "consumption",
    "tmfusage.demo",
]
MIDDLEWARE = [
    "tmfusage.telemetry.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "tmfusage.middleware.ApiGate",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
    "tmfusage.middleware.ApiDoor",
]
ROOT_URLCONF = "tmfusage.urls"
WSGI_APPLICATION = "tmfusage.wsgi.application"
APPEND_SLASH = False
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
            ]
        },
    }
]

# --- Database (PostgreSQL 15 or newer) and broker ------------------------------------------------------
DATABASE_STATEMENT_TIMEOUT_MS = env.int("DATABASE_STATEMENT_TIMEOUT_MS", 5_000)
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", 0)
DATABASES = {
    "default": connecting(
        postgresql("DATABASE_URL", required("DATABASE_URL", "postgres://postgres@127.0.0.1:5432/tmfusage")),
        timeout_ms=DATABASE_STATEMENT_TIMEOUT_MS,
        prepared=env.bool("DATABASE_PREPARE", True),
        pool=DATABASE_POOL_SIZE,
        kept=TMFUSAGE_ENV != "test",
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

BROKER_URL = env.str("BROKER_URL", "redis://127.0.0.1:6379/0")
CELERY_BROKER_URL = BROKER_URL
CELERY_BROKER_TRANSPORT_OPTIONS = scheduling.transport_options(BROKER_URL)
CELERY_TASK_ROUTES, CELERY_BEAT_SCHEDULE = scheduling.ROUTES, scheduling.SCHEDULE

# --- What a person reads --------------------------------------------------------------------------------
LANGUAGES = languages.offered(env.list("LANGUAGES", default=languages.ENGLISH))
LANGUAGE_CODE = languages.default(env.str("LANGUAGE_CODE", ""), LANGUAGES)
LOCALE_PATHS = languages.directories(env.list("LOCALE_PATHS", default=[]))
TIME_ZONE = env.str("TIME_ZONE", "UTC")
USE_TZ = USE_THOUSAND_SEPARATOR = True
FORMAT_MODULE_PATH = "tmfusage.formats"
UNFOLD, CONTENT_SECURITY_POLICY = theme.UNFOLD, theme.CONTENT_SECURITY_POLICY

# --- Static files ---------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
MANIFEST_STATIC = env.bool("MANIFEST_STATIC", PRODUCTION)
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if MANIFEST_STATIC
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not MANIFEST_STATIC

# --- Staff: login, roles ---------------------------------------------------------------------------------
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
LOGIN_ATTEMPT_RETENTION_DAYS = env.int("LOGIN_ATTEMPT_RETENTION_DAYS", 90)
AXES_FAILURE_LIMIT = env.int("AXES_FAILURE_LIMIT", 5)
AXES_COOLOFF_TIME = timedelta(minutes=env.int("AXES_COOLOFF_MINUTES", 15))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "tmfusage.backoffice.error_pages.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "tmfusage.access.addresses.client_address"
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 1)

# Login at the operator's identity provider, beside passwords.
OIDC_ENABLED = env.bool("OIDC_ENABLED", False)
OIDC_RP_CLIENT_ID = env.str("OIDC_RP_CLIENT_ID", "")
OIDC_RP_CLIENT_SECRET = env.str("OIDC_RP_CLIENT_SECRET", "")
OIDC_RP_SIGN_ALGO = env.str("OIDC_RP_SIGN_ALGO", "RS256")
OIDC_RP_SCOPES = env.str("OIDC_RP_SCOPES", "openid email profile")
OIDC_OP_AUTHORIZATION_ENDPOINT = env.str("OIDC_OP_AUTHORIZATION_ENDPOINT", "")
OIDC_OP_TOKEN_ENDPOINT = env.str("OIDC_OP_TOKEN_ENDPOINT", "")
OIDC_OP_USER_ENDPOINT = env.str("OIDC_OP_USER_ENDPOINT", "")
OIDC_OP_JWKS_ENDPOINT = env.str("OIDC_OP_JWKS_ENDPOINT", "")
OIDC_USE_PKCE = env.bool("OIDC_USE_PKCE", True)
OIDC_TIMEOUT = env.int("OIDC_TIMEOUT", 5)
LOGIN_REDIRECT_URL_FAILURE = LOGIN_URL
OIDC_USERNAME_CLAIM = env.str("OIDC_USERNAME_CLAIM", "sub")
OIDC_GROUPS_CLAIM = env.str("OIDC_GROUPS_CLAIM", "groups")
OIDC_ROLES = env.dict("OIDC_ROLES", default={})
if OIDC_ENABLED:
    INSTALLED_APPS.append("mozilla_django_oidc")
    AUTHENTICATION_BACKENDS.insert(1, "tmfusage.access.oidc.StaffBackend")

# --- API clients and tokens --------------------------------------------------------------------------------
API_KEY_CACHE_SECONDS = env.int("API_KEY_CACHE_SECONDS", 5)
API_KEY_ROTATION_OVERLAP = timedelta(hours=env.int("API_KEY_ROTATION_OVERLAP_HOURS", 24))
JWT_ISSUER = env.str("JWT_ISSUER", "")
JWT_AUDIENCE = env.str("JWT_AUDIENCE", "")
JWT_JWKS = env.str("JWT_JWKS", "")
JWT_ALGORITHMS = env.list("JWT_ALGORITHMS", default=["RS256", "PS256", "ES256", "ES384", "EdDSA"])
JWT_SCOPE_CLAIM = env.str("JWT_SCOPE_CLAIM", "scope")
JWT_PARTY_CLAIM = env.str("JWT_PARTY_CLAIM", "party_id")
JWT_LEEWAY = env.int("JWT_LEEWAY", 30)
JWT_JWKS_CACHE_SECONDS = env.int("JWT_JWKS_CACHE_SECONDS", 300)

RATE_LIMIT_URL = env.str("RATE_LIMIT_URL", BROKER_URL)
RATE_LIMIT_READS = env.int("RATE_LIMIT_READS", 0)
RATE_LIMIT_WRITES = env.int("RATE_LIMIT_WRITES", 0)
RATE_LIMIT_FAIL_CLOSED = env.bool("RATE_LIMIT_FAIL_CLOSED", False)

# --- The TMF API ----------------------------------------------------------------------------------------
API_PREFIX = env.str("API_PREFIX", "tmf-api").strip("/")
API_MAX_BODY_BYTES = env.int("API_MAX_BODY_BYTES", 1_048_576)
API_MAX_DEPTH = env.int("API_MAX_DEPTH", 32)
API_PAGE_SIZE = env.int("API_PAGE_SIZE", 100)
API_MAX_PAGE_SIZE = env.int("API_MAX_PAGE_SIZE", 1_000)
API_COUNT_BOUND = env.int("API_COUNT_BOUND", 10_000)
API_PARTIAL_CONTENT = env.bool("API_PARTIAL_CONTENT", True)
API_REQUIRE_IF_MATCH = env.bool("API_REQUIRE_IF_MATCH", False)
API_MAX_URL_BYTES = env.int("API_MAX_URL_BYTES", 8_192)
API_MAX_QUERY_TERMS = env.int("API_MAX_QUERY_TERMS", 50)
API_MAX_QUERY_VALUES = env.int("API_MAX_QUERY_VALUES", 1_000)
API_MAX_QUERY_VALUE = env.int("API_MAX_QUERY_VALUE", 2_048)
IDEMPOTENCY_RETENTION_DAYS = env.int("IDEMPOTENCY_RETENTION_DAYS", 7)
API_MAX_PATCH_OPERATIONS = env.int("API_MAX_PATCH_OPERATIONS", 100)
API_MAX_PATCH_PLACES = env.int("API_MAX_PATCH_PLACES", 1_000)
API_MAX_PATTERN = env.int("API_MAX_PATTERN", 256)
API_PATTERN_TIMEOUT_MS = env.int("API_PATTERN_TIMEOUT_MS", 2_000)
API_MAX_QUERY_DEPTH = env.int("API_MAX_QUERY_DEPTH", 8)
STRICT_REFERENCES = env.bool("STRICT_REFERENCES", False)
STRICT_MEMBERS = env.bool("STRICT_MEMBERS", False)
USAGE_NUMERIC_STRINGS = env.bool("USAGE_NUMERIC_STRINGS", False)
USAGE_NUMBER_CHARACTERISTICS = env.list(
    "USAGE_NUMBER_CHARACTERISTICS",
    default=["originatingNumber", "destinationNumber", "msisdn", "callingNumber", "calledNumber", "phoneNumber"],
)
DATA_UPLOAD_MAX_MEMORY_SIZE = max(API_MAX_BODY_BYTES, env.int("ADMIN_MAX_BODY_BYTES", 5_242_880))
DATA_UPLOAD_MAX_NUMBER_FIELDS = env.int("ADMIN_MAX_FORM_FIELDS", 5_000)

REST_FRAMEWORK, SPECTACULAR_SETTINGS = configuration.REST_FRAMEWORK, configuration.SPECTACULAR_SETTINGS

# --- Hub ------------------------------------------------------------------------------------------------
HUB_RETRY_SCHEDULE = env.floats("HUB_RETRY_SCHEDULE", [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400])
HUB_LEASE_SECONDS = env.float("HUB_LEASE_SECONDS", 20.0)
HUB_CONCURRENCY = env.int("HUB_CONCURRENCY", 8)
HUB_RATE = env.int("HUB_RATE", 200)
HUB_CATCH_UP_EVENTS = max(1, env.int("HUB_CATCH_UP_EVENTS", 500))
HUB_DRAIN_LISTENERS = env.int("HUB_DRAIN_LISTENERS", 50)
HUB_BREAKER_FAILURES = env.int("HUB_BREAKER_FAILURES", 10)
HUB_BREAKER_SECONDS = env.int("HUB_BREAKER_SECONDS", 30)
HUB_BREAKER_MAX_SECONDS = env.int("HUB_BREAKER_MAX_SECONDS", 900)
HUB_DISABLE_HOURS = env.float("HUB_DISABLE_HOURS", 120.0)
HUB_RETENTION_DAYS = env.int("HUB_RETENTION_DAYS", 30)
HUB_SECRET_OVERLAP_HOURS = env.int("HUB_SECRET_OVERLAP_HOURS", 24)
HUB_MAX_PER_CLIENT = env.int("HUB_MAX_PER_CLIENT", 20)
HUB_MAX_PER_HOST = env.int("HUB_MAX_PER_HOST", 50)
HUB_MAX_EVENT_BYTES = env.int("HUB_MAX_EVENT_BYTES", 262_144)
HUB_MAX_QUERY_TERMS = env.int("HUB_MAX_QUERY_TERMS", 20)
PUBLIC_URL = env.str("PUBLIC_URL", "").rstrip("/")
HUB_ALLOW_HTTP = env.bool("HUB_ALLOW_HTTP", not PRODUCTION)
HUB_ALLOWED_PORTS = env.list("HUB_ALLOWED_PORTS", default=["443", "8443"] if PRODUCTION else ["*"])
HUB_ALLOWED_NETWORKS = env.list("HUB_ALLOWED_NETWORKS", default=[] if PRODUCTION else ["127.0.0.1/32", "::1/128"])
HUB_CA_FILE = env.str("HUB_CA_FILE", "")
HUB_CONNECT_TIMEOUT = env.float("HUB_CONNECT_TIMEOUT", 3.0)
HUB_DEADLINE = env.float("HUB_DEADLINE", 15.0)
HUB_STOP_SECONDS = env.float("HUB_STOP_SECONDS", 4.0)
HUB_MAX_CLOCK_DIFFERENCE = env.float("HUB_MAX_CLOCK_DIFFERENCE", 5.0)
HUB_SECRET_KEYS = env.list("HUB_SECRET_KEYS", default=[])

# --- Consumption ----------------------------------------------------------------------------------------
CONSUMPTION_RULES_SECONDS = env.float("CONSUMPTION_RULES_SECONDS", 5.0)
CONSUMPTION_SWEEP_BATCH = env.int("CONSUMPTION_SWEEP_BATCH", 500)
CONSUMPTION_CHECK_SECONDS = env.int("CONSUMPTION_CHECK_SECONDS", 3_600)
CONSUMPTION_STORE_QUERIES = env.bool("CONSUMPTION_STORE_QUERIES", True)
CONSUMPTION_KEEP_DAYS = env.int("CONSUMPTION_KEEP_DAYS", 30)
CONSUMPTION_EXPIRED_DAYS = env.int("CONSUMPTION_EXPIRED_DAYS", 31)
CONSUMPTION_MAX_IDS = env.int("CONSUMPTION_MAX_IDS", 100)
CONSUMPTION_MAX_BUCKETS = env.int("CONSUMPTION_MAX_BUCKETS", 1_000)
CONSUMPTION_MAX_BUCKETS_LATER = env.int("CONSUMPTION_MAX_BUCKETS_LATER", 20_000)
CONSUMPTION_ASKING_ROLES = env.list("CONSUMPTION_ASKING_ROLES", default=["agent", "requester", "requestor"])
CONSUMPTION_BUCKET_IDS = env.bool("CONSUMPTION_BUCKET_IDS", True)

# --- Logs and metrics -----------------------------------------------------------------------------------
LOG_LEVEL = env.str("LOG_LEVEL", "INFO")
LOG_REQUESTS = env.bool("LOG_REQUESTS", True)
LOGGING_CONFIG = "tmfusage.telemetry.configure_logging"
LOGGING = logging_config(LOG_LEVEL)
METRICS_TOKEN = env.str("METRICS_TOKEN", "")
