#!/usr/bin/python3
"""
The examples of bottle's "Asynchronous Applications", on gevent: a sleeping
answer is a greenlet, and so is a WebSocket.

/stream is the published one, but for its pauses, which are those that the
scenario stream-1000 asks the push server for. /echo is the published /websocket,
but a message is returned as it came. Other scenarios have no published program:
it has no chat, and its /fetch is fed by what never comes from another client.
"""

from gevent import monkey
monkey.patch_all()

import argparse
import resource
import signal
import sys
import time

import bottle
import gevent
from gevent.pywsgi import WSGIServer
from geventwebsocket import WebSocketError
from geventwebsocket.handler import WebSocketHandler

PAUSES = 0.2, 0.3  # seconds before MIDDLE and END
BACKLOG = 4096     # as the twins: no client is turned away


@bottle.route("/stream")
def stream():
    """An answer in three pieces."""
    yield "START"
    time.sleep(PAUSES[0])
    yield "MIDDLE"
    time.sleep(PAUSES[1])
    yield "END"


@bottle.route("/echo")
def echo():
    """Return what comes, as long as anything does."""
    client = bottle.request.environ.get("wsgi.websocket")
    if client is None:
        bottle.abort(400, "Expected WebSocket request.")
    try:
        while (message := client.receive()) is not None:
            client.send(message)
    except WebSocketError:
        pass


def main():
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("--port", type=int, default=0)
    options, _ = parser.parse_known_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    server = WSGIServer(("127.0.0.1", options.port), bottle.default_app(),
        backlog=BACKLOG, log=None, handler_class=WebSocketHandler)
    for number in signal.SIGTERM, signal.SIGINT:
        gevent.signal_handler(number, sys.exit, 0)
    server.start()
    print(f"Serving on 127.0.0.1:{server.server_port}. Hit CTRL-C to stop.",
        flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
