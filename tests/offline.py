"""Run at the start of every kernel of the tests: a lesson that asks for the network fails."""

import socket


def _connect_here_only(self, address, *, _connect=socket.socket.connect):
    if isinstance(address, tuple) and address[0] not in {"127.0.0.1", "::1", "localhost"}:
        raise OSError(f"A lesson works without a network, but this one asked for {address}.")
    return _connect(self, address)


socket.socket.connect = _connect_here_only
