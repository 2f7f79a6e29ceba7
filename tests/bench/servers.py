"""All servers that are measured, by name."""

from . import wire
from .engine import Engine, Yroom, YroomFour, YroomRedis, YroomTwice, YroomWebs2, YroomWorkers2
from .others import ChannelsYroom, Floor, Hocuspocus, HocuspocusRedis, PycrdtWebsocket, YWebsocketServer
from .server import Server


class Remote(Server):
    """Any server that is running already: its processes cannot be watched."""

    name = "url"

    def __init__(self, url: str, dialect: wire.YWebsocket) -> None:
        super().__init__()
        self.label = url  # type: ignore[misc]
        self.urls = [url]
        self.dialect = dialect

    def start(self, options: dict[str, str] | None = None, *, keep: bool = False) -> None:
        """It runs already."""

    def cpu(self) -> float:
        return float("nan")

    def rss(self) -> int:
        return 0


SERVERS: dict[str, type[Server]] = {
    kind.name: kind
    for kind in (
        Yroom,
        YroomRedis,
        Hocuspocus,
        HocuspocusRedis,
        YWebsocketServer,
        ChannelsYroom,
        PycrdtWebsocket,
        Floor,
        YroomWebs2,
        YroomWorkers2,
        YroomTwice,
        YroomFour,
    )
}


def add_engine(engine: Engine) -> None:
    """Have all servers of ours with another engine too: yroom@label and so on, each beside the one of this checkout."""
    known = dict(SERVERS)
    SERVERS.clear()
    for name, kind in known.items():
        SERVERS[name] = kind
        if issubclass(kind, Yroom) and kind.engine == Engine():
            named = f"{name}@{engine.label}"
            label = f"{kind.label} @{engine.label}"
            SERVERS[named] = type(kind.__name__, (kind,), {"name": named, "label": label, "engine": engine})
