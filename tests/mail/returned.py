"""Mails as mail servers send them back: delivery reports, complaints, and what is neither."""

ORIGINAL = """\
Return-Path: <{sender}>
From: Amir Haddad via Fjellbris <vurdering@fjellbris.example>
To: Kari <kari@kunder.example>
Subject: Amir Haddad =?utf-8?q?sp=C3=B8r?=: tre kolleger
Message-ID: <{message_id}@fjellbris.example>
Date: Mon, 23 Nov 2026 09:00:00 +0000

"""


REPORT = """\
Return-Path: <>
Delivered-To: {to}
From: MAILER-DAEMON@mx.kpi.example (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_dsn"

This is a MIME-encapsulated message.

--=_dsn
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--=_dsn
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.kpi.example
X-Postfix-Queue-ID: 4F9C21AB
Arrival-Date: Mon, 23 Nov 2026 10:00:00 +0100 (CET)

{more}Final-Recipient: rfc822; kari@kunder.example
Original-Recipient: rfc822;kari@kunder.example
Action: {action}
Status: {status}
Remote-MTA: dns; mx.kunder.example
Diagnostic-Code: {diagnostic}

--=_dsn
Content-Description: Undelivered Message
Content-Type: {original}

{letter}
--=_dsn--
"""


def delivery_report(
    *,
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 <kari@kunder.example>: Recipient address rejected: User unknown",
    to: str = "bounces@kpi.example",
    sender: str = "bounces@kpi.example",
    message_id: str = "0b6f1c8e-6d3a-4f5e-9a51-2f4f8f1f7f10",
    original: str = "message/rfc822",
    more: str = "",
) -> bytes:
    """A report as Postfix writes it (RFC 3464)."""
    letter = ORIGINAL.format(sender=sender, message_id=message_id)
    told = {"action": action, "status": status, "diagnostic": diagnostic, "to": to, "original": original}
    return REPORT.format(**told, more=more, letter=letter).encode()


def complaint(*, kind: str = "abuse", sender: str = "bounces@kpi.example", message_id: str = "m") -> bytes:
    """A complaint as large providers send it (RFC 5965)."""
    return f"""\
From: <feedback@provider.example>
To: <abuse@kpi.example>
Subject: FW: Amir Haddad asks
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="arf"

--arf
Content-Type: text/plain

This is an email abuse report.

--arf
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: Provider/1.0
Version: 1
Original-Mail-From: <{sender}>
Original-Rcpt-To: <kari@kunder.example>

--arf
Content-Type: message/rfc822

{ORIGINAL.format(sender=sender, message_id=message_id)}
--arf--
""".encode()


ABSENCE_NOTE = """\
From: Kari <kari@kunder.example>
To: bounces@kpi.example
Subject: Automatic reply: Amir Haddad asks
Auto-Submitted: auto-replied
Content-Type: text/plain; charset=utf-8

Jeg er på ferie til 5. desember.
""".encode()
