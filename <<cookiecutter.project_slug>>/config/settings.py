"""Django's settings. What differs from one deployment to another comes from config/env.py.

Without any variable these are production settings. They can be imported without secrets, so that a build
step can run collectstatic; the first use of an empty SECRET_KEY fails.
"""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import dj_database_url
import django
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from rooms.kinds import KINDS

from .env import BASE_DIR, Environment, complaint

env = Environment()
if problem := complaint(env):
    raise ImproperlyConfigured(problem)

SITE_NAME = "<< (cookiecutter.project_name|tojson)[1:-1] >>"
SITE_DESCRIPTION = "<< (cookiecutter.description|tojson)[1:-1] >>"

DEBUG = env.debug
SECRET_KEY = env.secret_key
# Empty in debug: links lead to where the browser is.
SITE_URL = (env.site_url or ("" if DEBUG else f"https://{env.allowed_hosts[0].lstrip('.')}")).rstrip("/")
ALLOWED_HOSTS = [*env.allowed_hosts, *(["localhost", "127.0.0.1", "[::1]"] if DEBUG else [])]

# Applications

INSTALLED_APPS = [
    "yroom",  # before daphne: its runserver and worker
    "daphne",  # before staticfiles: gives runserver WebSockets
    "config.administration.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",  # lets templates/django/forms/ say what a form looks like
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "channels",
    "csp",
    "tasks",  # before django_tasks_db: its command and page replace that app's
    "django_tasks_db",
    *([] if django.VERSION >= (6, 0) else ["django_tasks"]),
    "accounts",
    "rooms",
    "comments",
    "notices",
    "history",
    "leaving",
    "offline",
    "publish",
    "welcome",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.methods.methods_middleware",
    "accounts.middleware.PagesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    # Before anything below reads the session, and after the token's check has read the form.
    "config.fit.FitMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "rooms.middleware.page_of_middleware",
    "offline.middleware.offline_middleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

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
                "accounts.context_processors.site",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Database: SQLite in one file for one process, PostgreSQL for more

DATABASES: dict[str, dict[str, Any]]
if env.database_url:
    DATABASES = {"default": {**dj_database_url.parse(env.database_url)}}
    # Under ASGI a connection kept by its thread (CONN_MAX_AGE) would never be closed; a pool is shared.
    if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
        options = DATABASES["default"].setdefault("OPTIONS", {})
        options["pool"] = {"min_size": 1, "max_size": env.database_pool_size, "timeout": 10}
        # A network that goes away without a word would be waited for without end.
        options |= {"connect_timeout": 5, "keepalives_idle": 30, "tcp_user_timeout": 10_000, **options}
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": env.data_dir / "db.sqlite3",
            "OPTIONS": {
                # A transaction takes its lock as it begins, and waits for it: never "database is locked".
                "transaction_mode": "IMMEDIATE",
                "timeout": 10,
                # WAL lets readers go on beside the writer; FULL makes every commit outlive a power cut.
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
        }
    }

# Collaboration: see yroom/conf.py for all settings of the engine

CHANNEL_LAYERS: dict[str, dict[str, Any]]
CACHES: dict[str, dict[str, Any]]
if env.redis_url:
    redis: dict[str, Any] = {"address": env.redis_url}
    if env.redis_url.startswith("rediss://") and not env.redis_verify_tls:
        parts = urlsplit(env.redis_url)
        query = urlencode({**dict(parse_qsl(parts.query)), "ssl_cert_reqs": "none"})
        redis["address"] = urlunsplit(parts._replace(query=query))
    CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [redis]}}
    }
    # Failed logins, used codes and invitations are counted here: all processes must see the same counts.
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": redis["address"],
            "KEY_PREFIX": "site",
            "OPTIONS": {"socket_timeout": 5, "socket_connect_timeout": 5},
        }
    }
else:
    # The engine bounds what waits by itself, in bytes.
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 10_000}}}
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            # A migration of accounts/ makes the table.
            "LOCATION": "site_cache",
            # What is over goes first; beyond this number counts would be forgotten, at Django's 300 within seconds.
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        }
    }

YROOM: dict[str, Any] = {"SHARDS": 8}
YROOM_SETTINGS: dict[str, dict[str, Any]] = {
    # Bytes. The server takes more, see yroom/web/daphne.py: it drops a connection without a word, where the engine closes it
    # with a code that the editor explains.
    "default": {"MAX_FRAME_SIZE": 4_194_304},
    # What may be in a document goes by its kind.
    **{kind.prefix: kind.settings for kind in KINDS.values()},
}

# Accounts: https://docs.allauth.org/en/latest/account/configuration.html

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "account_login"

# Who counts as the sender of a request: proxies add addresses on the right of X-Forwarded-For, anybody on its left.
ALLAUTH_TRUSTED_PROXY_COUNT = env.trusted_proxy_count
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "add_email": "accounts.entrance.AddAddressForm",
    "change_password": "accounts.entrance.ChangePasswordForm",
    "login": "accounts.entrance.LoginForm",
    "reset_password": "accounts.entrance.ResetPasswordForm",
    "signup": "accounts.entrance.NewAccountForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.SignupForm"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
# A code, typed where one signed up, keeps the way back to the room that a link in an e-mail would lose.
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http" if DEBUG else "https"
# Beside allauth's own limits; each counts by the person or by a key, here an address.
# How long an invitation to a document waits.
INVITATION_AGE = timedelta(days=env.invitation_days)
# Whether a document can be shared with whoever has its link; without it all rooms stay behind a login.
LINKS_FOR_ANYONE = env.links_for_anyone
GUEST_DAYS = env.guest_days
UNDO_STRETCHES = env.undo_stretches
ACCOUNT_RATE_LIMITS: dict[str, str] = {
    "mail": f"{env.mails_per_address}/h/key",
    "invite": f"{env.invitations_per_day}/d/user",
    "undone": f"{env.undos_per_hour}/h/key",
    "brought": f"{env.restores_per_hour}/h/key",
    "handover": f"{env.handovers_per_hour}/h/user",
    "export": f"{env.exports_per_hour}/h/user",
    "comment": f"{env.comments_per_hour}/h/key",
    "named": f"{env.mentions_per_hour}/h/user",
    "invite_address": f"{env.invitations_per_address}/d/key",
    "invited": f"{5 * env.invitations_per_address}/d/key",
    "link": f"{env.wrong_links_per_hour}/h/ip",
    "guest": f"{env.guests_per_hour}/h/ip",
    "ask": f"{env.access_requests_per_day}/d/user",
    "ask_document": f"{env.access_requests_per_document}/d/key",
}
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
MFA_ADAPTER = "accounts.adapter.TwoFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = SITE_NAME
STAFF_NEED_SECOND_FACTOR = env.staff_need_second_factor

# E-mail

# What all mail is sent through has it delivered by tasks: see tasks/mail.py.
_BY_TASKS = "tasks.mail.Backend"
_BACKEND = f"django.core.mail.backends.{'smtp' if env.email_host else 'console'}.EmailBackend"
_TIMEOUT = 10
if django.VERSION >= (6, 1):
    _SMTP = {
        "host": env.email_host,
        "port": env.email_port,
        "username": env.email_host_user,
        "password": env.email_host_password,
        "use_tls": env.email_use_tls,
        "timeout": _TIMEOUT,
    }
    MAILERS = {
        "default": {"BACKEND": _BY_TASKS},
        "delivery": {"BACKEND": _BACKEND, "OPTIONS": _SMTP if env.email_host else {}},
    }
else:
    EMAIL_BACKEND = _BY_TASKS
    MAIL_DELIVERY = _BACKEND
    EMAIL_HOST = env.email_host
    EMAIL_PORT = env.email_port
    EMAIL_HOST_USER = env.email_host_user
    EMAIL_HOST_PASSWORD = env.email_host_password
    EMAIL_USE_TLS = env.email_use_tls
    EMAIL_TIMEOUT = _TIMEOUT
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.default_from_email

# Background work: see tasks/README.md

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
TASKS_ALONE = env.tasks_alone
TASK_ATTEMPTS = env.task_attempts
TASK_PAUSE_SECONDS = env.task_pause_seconds
TASK_LEASE_SECONDS = env.task_lease_seconds
FAILED_TASK_DAYS = env.failed_task_days

# Language and time

LANGUAGE_CODE = "en"
TIME_ZONE = env.time_zone
USE_I18N = True
USE_TZ = True

# Static files: whitenoise serves them, in production compressed and with a hash in their names

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
# What esbuild writes is not there before the first build.
STATICFILES_DIRS = [folder for folder in (BASE_DIR / "static", BASE_DIR / "static-built") if folder.is_dir()]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG
# What has a hash in its name, Django's or esbuild's, is cached for ever.
WHITENOISE_IMMUTABLE_FILE_TEST = r"\.[0-9a-f]{12}\.[^/]+$|/editor/chunks/[^/]+-[0-9A-Z]{8}\.js$"

# Comments

COMMENT_LENGTH = env.comment_length
THREADS_PER_DOCUMENT = env.threads_per_document
COMMENTS_PER_THREAD = env.comments_per_thread
MENTIONS_PER_COMMENT = env.mentions_per_comment

# Notices

DIGEST_MINUTES = env.digest_minutes
NOTICE_DAYS = env.notice_days
MENTIONS_PER_DOCUMENT = env.mentions_per_document
PEOPLE_TOLD = env.people_told
PEOPLE_OFFERED = env.people_offered

# Security: https://docs.djangoproject.com/en/stable/topics/security/

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        # The editor adds one style element of its own, with the nonce; style attributes stay forbidden.
        "style-src": [SELF, NONCE],
        # A document's page adds all of https: see rooms.views.room.
        "img-src": [SELF, "data:"],
        # Includes the WebSocket of the same host.
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
if not DEBUG:
    SECURE_SSL_REDIRECT = True
    # Platforms ask from inside, without TLS.
    SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
    # TLS ends at the platform's router, which sets this header and removes it from what comes in.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = env.hsts_seconds
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    # The prefix keeps other hosts of the domain from setting these cookies.
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"

# Documents' pages

FIRST_LOOK_BYTES = env.first_look_bytes

# Documents that anybody can read

PUBLIC_PAGES = env.public_pages
PUBLIC_PAGE_SECONDS = env.public_page_seconds
PUBLIC_PAGE_BYTES = env.public_page_bytes

# Documents on people's devices

DEVICE_COPY_DAYS = env.device_copy_days
OFFLINE = env.offline
OFFLINE_DOCUMENTS = env.offline_documents
OFFLINE_PATIENCE = env.offline_patience

# Logging: to standard error, where the platform collects it

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.log_level},
    "loggers": {
        # Replaces Django's own handlers, which print in debug only and send e-mails otherwise.
        "django": {"handlers": [], "level": env.log_level, "propagate": True},
        "django.server": {"handlers": [], "level": env.log_level, "propagate": True},
        # What every request costs in log lines is the router's business.
        "daphne": {"level": "WARNING"},
        # A command that ends without closing the pool is no reason to worry anybody.
        "psycopg.pool": {"level": "ERROR"},
    },
}
