# mypy: ignore-errors
"""The application of a site with channels-yroom."""

import os

from channels.routing import ChannelNameRouter, ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import re_path

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
http = get_asgi_application()

from channels_yroom.channel import YRoomChannelConsumer  # noqa: E402
from channels_yroom.consumer import YroomConsumer  # noqa: E402

urlpatterns = []


class Consumer(YroomConsumer):
    def get_room_name(self) -> str:
        return "bench." + self.scope["url_route"]["kwargs"]["room"]


application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": URLRouter([re_path(r"^ws/(?P<room>[^/]+)$", Consumer.as_asgi())]),
        "channel": ChannelNameRouter({"yroom": YRoomChannelConsumer.as_asgi()}),
    }
)
