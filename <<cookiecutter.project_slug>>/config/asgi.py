"""The ASGI application: HTTP to Django, WebSockets to rooms, the yroom worker's channel, and tasks beside it."""

import os

from channels.auth import AuthMiddleware
from channels.routing import ChannelNameRouter, ProtocolTypeRouter, URLRouter
from channels.sessions import CookieMiddleware, SessionMiddleware
from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Before the imports below: it loads the apps, and these need their models.
http = get_asgi_application()
# A site without a key shall fail when it starts, not at its first visitor.
settings.SECRET_KEY  # noqa: B018

from rooms.routing import websocket_urlpatterns  # noqa: E402
from tasks.beside import Beside  # noqa: E402
from yroom.channel import YRoomChannelConsumer  # noqa: E402
from yroom.origin import OwnOriginValidator  # noqa: E402
from yroom.stopping import Lifespan  # noqa: E402
from yroom.web.requests import bounded  # noqa: E402

from .fit import FitCookies, FitEncoding  # noqa: E402

rooms = CookieMiddleware(FitCookies(SessionMiddleware(AuthMiddleware(URLRouter(websocket_urlpatterns)))))

application = Beside(
    ProtocolTypeRouter(
        {
            "http": bounded(FitEncoding(http)),
            "websocket": OwnOriginValidator(rooms),
            "channel": ChannelNameRouter({"yroom": YRoomChannelConsumer.as_asgi()}),
            "lifespan": Lifespan(),
        }
    )
)
