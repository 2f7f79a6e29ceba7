"""daphne's development server, with the sockets of yroom.web.daphne."""

from daphne.management.commands.runserver import Command as DaphneCommand

from yroom.web.daphne import YroomServer


class Command(DaphneCommand):  # type: ignore[misc]
    """Serve for development."""

    server_cls = YroomServer
