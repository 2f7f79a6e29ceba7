"""Gives the new site a secret key of its own, and says how to go on."""

import json
import os
import secrets

slug = json.loads(r'''<< cookiecutter.project_slug|tojson >>''')  # fmt: skip

# git ignores the file, and nobody else on the machine may read it. A site generated anew keeps the one it has.
if not os.path.exists(".env"):
    with open(os.open(".env", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as env:
        env.write(f"DEBUG=1\nSECRET_KEY={secrets.token_urlsafe(50)}\n")

print(f"Your site is ready. Next:\n\n    cd {slug}\n    make run\n")
