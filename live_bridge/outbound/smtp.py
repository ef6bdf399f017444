"""One e-mail to the mail server (RFC 5321).

Decides how the server is reached: in the clear, by STARTTLS or by TLS, with or without a login.
Leaves what an e-mail says and when it is tried again to whoever has one.
"""

from __future__ import annotations

import smtplib
import ssl
from email.message import Message
from typing import Final

from live_bridge.config_sections import MailConfig

SERVER_WAIT_S: Final = 30.0
"""A server that is silent for so long is given up for this time."""


def deliver(email: Message, config: MailConfig, password: str) -> None:
    """Hand an e-mail to the server of `config`. Raises OSError, smtplib.SMTPException."""
    context = ssl.create_default_context()
    if config.encryption == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(config.host, config.port, timeout=SERVER_WAIT_S, context=context)
    else:
        server = smtplib.SMTP(config.host, config.port, timeout=SERVER_WAIT_S)
    with server:
        if config.encryption == "starttls":
            server.starttls(context=context)
        if config.login:
            server.login(config.login, password)
        server.send_message(email)
