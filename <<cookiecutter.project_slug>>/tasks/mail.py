"""E-mails are sent by tasks, never while somebody waits for a page: a mail server may be slow, busy or away.

`Backend` is what Django sends all its mail through, so whoever sends it need not know. A message is stored as its
parts, in the transaction under way: it goes out if, and only if, that is committed. It is tried again until the server
takes it; one that the server refuses for good, or for too long, is told of by the signal `undelivered`.
"""

import base64
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any, Final

import django
from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import make_msgid
from django.dispatch import Signal, receiver

from .interface import task
from .runner import GiveUpError, gave_up

# Sent when an e-mail could not be delivered, with `to`, its receivers, and what it is `about`: see send().
undelivered = Signal()

# From this code on a mail server's answer is its last word.
FOR_GOOD: Final = 500
# Where a message bears what it is about.
ABOUT: Final = "about"


def send(subject: str, body: str, to: str, *, about: str = "", headers: dict[str, str] | None = None) -> None:
    """Send an e-mail; what it is `about` comes back with the signal `undelivered`."""
    message = EmailMessage(subject, body, None, [to], headers=headers)
    setattr(message, ABOUT, about)
    message.send()


def deliver_now(subject: str, body: str, to: str, *, headers: dict[str, str] | None = None) -> None:
    """Hand an e-mail to the mail server: for a task, which is tried again where that fails."""
    deliver.call(parts_of(EmailMessage(subject, body, None, [to], headers=headers)))


class Backend(BaseEmailBackend):
    """Has e-mails sent by tasks."""

    def send_messages(self, email_messages: Any) -> int:
        """Store messages; return how many."""
        number = 0
        for message in email_messages:
            if message.recipients():
                deliver.enqueue(parts_of(message))
                number += 1
        return number


def parts_of(message: EmailMessage) -> dict[str, Any]:
    """A message as what JSON can hold. Raises what building it raises, in the face of whoever made it."""
    # Mail programs show one that had to be sent twice once.
    headers = {"Message-ID": make_msgid(), **{name: str(value) for name, value in message.extra_headers.items()}}
    message.message()
    return {
        "subject": str(message.subject),
        "body": str(message.body),
        "from_email": str(message.from_email),
        **{field: [str(each) for each in getattr(message, field)] for field in ("to", "cc", "bcc", "reply_to")},
        "headers": headers,
        "subtype": message.content_subtype,
        "alternatives": [[str(content), kind] for content, kind in getattr(message, "alternatives", ())],
        "attachments": [_attachment(each) for each in message.attachments],
        ABOUT: getattr(message, ABOUT, ""),
    }


def _attachment(attachment: Any) -> list[str | None]:
    if not isinstance(attachment, tuple):
        raise TypeError("attach files by name, content and type: no other form can wait in the database")
    name, content, kind = attachment
    data = content.encode() if isinstance(content, str) else content
    return [name, base64.b64encode(data).decode(), kind, "text" if isinstance(content, str) else "bytes"]


def message_of(parts: dict[str, Any]) -> EmailMultiAlternatives:
    """The message again."""
    fields = ("subject", "body", "from_email", "to", "cc", "bcc", "reply_to", "headers")
    message = EmailMultiAlternatives(**{field: parts[field] for field in fields})
    message.content_subtype = parts["subtype"]
    for content, kind in parts["alternatives"]:
        message.attach_alternative(content, kind)
    for name, data, kind, form in parts["attachments"]:
        content = base64.b64decode(data)
        message.attach(name, content.decode() if form == "text" else content, kind)
    return message


def mail_server() -> Any:
    """What delivers: the mail server, or what stands in for one."""
    if django.VERSION >= (6, 1):
        from django.core.mail import mailers

        return mailers["delivery"]
    return get_connection(settings.MAIL_DELIVERY)


@task()
def deliver(parts: dict[str, Any]) -> None:
    """Hand a message to the mail server."""
    try:
        mail_server().send_messages([message_of(parts)])
    except SMTPRecipientsRefused as error:
        if all(code >= FOR_GOOD for code, _ in error.recipients.values()):
            raise GiveUpError(f"no receiver was taken: {error}") from error
        raise
    except SMTPDataError as error:
        if error.smtp_code >= FOR_GOOD:
            raise GiveUpError(f"the message was not taken: {error}") from error
        raise


@receiver(gave_up)
def tell_undelivered(task_path: str, args: list[Any], **_: Any) -> None:
    """Say which e-mail could not be delivered."""
    if task_path == deliver.module_path:
        undelivered.send(sender=None, to=args[0]["to"], about=args[0][ABOUT])
