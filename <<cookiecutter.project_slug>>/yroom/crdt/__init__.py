"""Documents and updates as Yjs knows them. Nothing here knows Django, Channels or asyncio."""
