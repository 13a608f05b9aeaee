"""What tells one device from another; it is stored nowhere, only a mark of it that nobody can turn back."""

from fastapi import Request

_LONGEST = 300


def device_of(request: Request) -> str:
    """Where a request comes from and with which browser, as one text."""
    host = request.client.host if request.client is not None else ""
    return f"{host}\n{request.headers.get('user-agent', '')[:_LONGEST]}"
