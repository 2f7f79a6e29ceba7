from django.urls import path, re_path

from yroom.consumer import no_such_room

from .consumers import RoomConsumer

# Without a slash at the end: y-websocket puts the room's name behind the path and adds none.
websocket_urlpatterns = [
    path("ws/rooms/<uuid:pk>", RoomConsumer.as_asgi()),
    re_path("", no_such_room),  # type: ignore[arg-type]
]
