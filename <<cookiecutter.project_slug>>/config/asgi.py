"""The ASGI application: HTTP to Django, WebSockets to rooms, and the channel on which the yroom worker listens."""

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ChannelNameRouter, ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Before the imports below: it loads the apps, and these need their models.
http = get_asgi_application()
# A site without a key shall fail when it starts, not at its first visitor.
settings.SECRET_KEY  # noqa: B018

from rooms.routing import websocket_urlpatterns  # noqa: E402
from yroom.channel import YRoomChannelConsumer  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
        "channel": ChannelNameRouter({"yroom": YRoomChannelConsumer.as_asgi()}),
    }
)
