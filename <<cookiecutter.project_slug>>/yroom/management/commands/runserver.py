"""daphne's development server, with the sockets of yroom.server."""

from daphne.management.commands.runserver import Command as DaphneCommand

from yroom.server import YroomServer


class Command(DaphneCommand):  # type: ignore[misc]
    """Serve for development."""

    server_cls = YroomServer
