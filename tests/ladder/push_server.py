"""The steps of push-server."""

import base64
import hashlib
import signal
import struct
import time

from ladder import TWIN, Failed, step
from ladder_web import expect_page, head_of, page

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
PROOF = base64.b64encode(hashlib.sha1(
    KEY + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
TEXT, CLOSE, PING = 1, 8, 9


def chunk(piece):
    """A chunk of an answer."""
    return b"%x\r\n%s\r\n" % (len(piece), piece)


def publish(server, text, what="A message is published."):
    """Publish a message; what is said if it cannot be."""
    with server.connect() as client:
        page(client, b"/publish", b"POST",
            b"Content-Length: %d\r\nConnection: close\r\n" % len(text))
        client.send(text)
        first, _ = head_of(client, what)
        if first != b"HTTP/1.1 200 OK":
            raise Failed(what, client.sent,
                ["HTTP/1.1 200 OK"], [repr(first)[2:-1]])
        client.read_to_the_end()


def begin_answer(client, resource):
    """Ask for an answer that comes later; read its head."""
    page(client, resource)
    first, _ = head_of(client)
    if first != b"HTTP/1.1 200 OK":
        raise Failed("The status is another.", client.sent,
            ["HTTP/1.1 200 OK"], [repr(first)[2:-1]])


def open_socket(client, resource):
    """Make a connection a WebSocket."""
    page(client, resource, b"GET", b"Upgrade: websocket\r\nConnection: "
        b"Upgrade\r\nSec-WebSocket-Key: " + KEY +
        b"\r\nSec-WebSocket-Version: 13\r\n")
    first, fields = head_of(client)
    if first != b"HTTP/1.1 101 Switching Protocols" or \
            fields.get(b"sec-websocket-accept") != PROOF:
        raise Failed("A WebSocket is opened.", client.sent,
            ["HTTP/1.1 101 Switching Protocols",
                f"Sec-WebSocket-Accept: {PROOF.decode()}"],
            [repr(first)[2:-1], str(fields.get(b"sec-websocket-accept"))])


def frame(opcode, payload):
    """A frame as a client sends it: masked."""
    mask = b"mask"
    return bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + bytes(
        byte ^ mask[n % 4] for n, byte in enumerate(payload))


def unmasked(opcode, payload):
    """A frame as a server sends it."""
    return bytes([0x80 | opcode, len(payload)]) + payload


@step("accept",
    evented="""One door, one loop that watches it and all its clients. The
    listening socket must not block.""",
    threaded="""One door, and a thread for each client.""",
    read=["push_server.c:main", "server.c:server_run",
        ("server.c:accept_clients", "server.c:on_accept")])
def accept(program):
    with program.serve() as server:
        for _ in range(3):
            server.connect()
        server.expect_accepted(3, "Clients wait, but none is accepted.")
        server.expect_idle("Nobody says anything, so it should only wait.")


@step("one answer",
    evented="""read_more is called with what has come, and says how much of it
    was a request; send_answer is called until all of the answer is written.""",
    threaded="""serve reads a request, waits for it, answers it, waits for that,
    and so on.""",
    read=[("push_server.c:serve", "push_server.c:read_more"),
        "push_server.c:answer", "push_server.c:send_answer"])
def one_answer(program):
    with program.serve() as server:
        client = server.connect()
        for _ in range(3):
            page(client, b"/healthz")
            expect_page(client, b"200 OK", b"ok\n")
        client.send(b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n" * 20)
        for _ in range(20):
            expect_page(client, b"200 OK", b"ok\n")


@step("pieces that come later",
    evented="""Workers are threads in both twins; here the answer cannot wait for
    one. A piece that is made is posted to the client's loop, which resumes the
    stream; until then it is paused.""",
    threaded="""Workers are threads in both twins; here the client's thread waits
    for them (stream_await), and a piece that is made wakes it
    (stream_rouse).""",
    read=["push_server.c:feed", "push_server.c:begin_job",
        ("stream.c:stream_rouse", "stream.c:stream_resume"),
        ("stream.c:stream_await", "stream.c:stream_pause")])
def pieces_that_come_later(program):
    with program.serve() as server:
        client = server.connect()
        begin_answer(client, b"/fetch?n=2&every=0.5")
        with server.connect() as other:
            page(other, b"/healthz")
            expect_page(other, b"200 OK", b"ok\n")
        client.expect(chunk(b"piece 1 of 2\n") + chunk(b"piece 2 of 2\n")
            + b"0\r\n\r\n", "Two pieces, and the end.")


@step("a message for all",
    evented="""Whoever publishes is on one loop, who listens on any: so the news
    is posted to each loop that has listeners, and there each is given its
    turn. What one of them does not take (stream_offer) is kept for it, and the
    others do not wait.""",
    threaded="""Whoever publishes has a thread, and so has each who listens: it
    would be costly to wake all of them. So what fits is sent by the thread that
    publishes (stream_offer), under the listener's lock. It must not wait for
    one that does not take it: what is left is that one's own thread's.""",
    read=["push_server.c:tell_all", "push_server.c:offer",
        "stream.c:stream_offer", "push_server.c:listen_to"],
    needs=["{options}"])
def a_message_for_all(program):
    with program.serve("--epoch", "1") as server:
        clients = [server.connect() for _ in range(20)]
        for client in clients:
            begin_answer(client, b"/events")
            client.read_to(b"retry: 2000\n\n", "Events begin.")
        for n, text in enumerate((b"one", b"two"), 1):
            publish(server, text)
            for client in clients:
                client.read_to(b'id: 1-%d\ndata: {"id":"1-%d","text":"%s"}\n\n'
                    % (n, n, text), "A message is for all who listen.")
        begin_answer(server.connect(is_slow=True), b"/events")
        unread = "Some listeners do not read; the others still get each " \
            "message."
        for n in range(3, 153):
            publish(server, b"x" * 4000, unread)
            clients[0].read_to(b"id: 1-%d\n" % n, unread)
        server.expect_idle("Listeners do not read, so the server should only "
            "wait.")


@step("a poll",
    evented="""A poll is an answer that is not there yet: it is due when a
    message comes, or when its time is over. A pause ends by either. What the
    client sends meanwhile stays unread, so the loop must not be told of it
    again and again: its event is one by edges (on_unpause).""",
    threaded="""A poll is an answer that is not there yet: it is due when a
    message comes, or when its time is over. One wait ends by either. What the
    client sends meanwhile stays unread, so the wait must not end by it
    (stream_await).""",
    read=["push_server.c:await_more", "push_server.c:send_due",
        (None, "push_server.c:rouse"), ("stream.c:stream_await",
            "stream.c:on_unpause")], needs=["{options}"])
def a_poll(program):
    with program.serve("--epoch", "1") as server:
        with server.connect() as client:
            page(client, b"/poll?wait=0.3")
            head_of(client)
            client.read_to(b'"messages":[]}', "The time of a poll is over.")
        with server.connect() as client, server.connect() as other:
            page(client, b"/poll?wait=50")
            page(other, b"/healthz")
            expect_page(other, b"200 OK", b"ok\n")
            if not client.hears_nothing(0.2):
                raise Failed("There is no message yet.", client.sent,
                    ["nothing"], ["bytes, or the end"])
            publish(server, b"now")
            head_of(client)
            client.read_to(b'"messages":[{"id":"1-1","text":"now"}]}\n',
                "A message ends a poll.")
            # Whoever has written the answer: its stream goes on.
            page(client, b"/healthz")
            expect_page(client, b"200 OK", b"ok\n")
            page(client, b"/poll?wait=50&since=1-1")
            client.hears_nothing(0.1)
            page(client, b"/healthz")
            server.expect_idle("A client waits for a message, and has sent its "
                "next request already: the server should only wait.")
            publish(server, b"more")
            head_of(client)
            client.read_to(b'"messages":[{"id":"1-2","text":"more"}]}\n',
                "A message ends a poll.")
            expect_page(client, b"200 OK", b"ok\n")


@step("those who leave",
    evented="""Who only listens sends nothing, so that it has left is noticed by
    the loop while the stream is paused (look_at_peer); then it leaves the
    channel, or what a worker makes for it is given up (end_job).""",
    threaded="""Who only listens sends nothing, so that it has left is what its
    thread polls for while it waits (ends_by_peer); then it leaves the
    channel, or what a worker makes for it is given up (end_job).""",
    read=["push_server.c:leave", "push_server.c:end_job",
        ("stream.c:ends_by_peer", "stream.c:look_at_peer")])
def those_who_leave(program):
    with program.serve() as server:
        clients = [server.connect() for _ in range(20)]
        for client in clients:
            begin_answer(client, b"/events")
        server.expect_accepted(20, "Twenty clients listen.")
        for client in clients:
            client.close()
        server.expect_accepted(0, "The listeners have left, and the server "
            "still holds connections.")
        publish(server, b"to nobody")
    if program.is_foreign():
        return
    with program.serve("--workers", "1") as server:
        for _ in range(3):
            with server.connect() as client:
                begin_answer(client, b"/fetch?n=3&every=60")
        with server.connect() as client:
            begin_answer(client, b"/fetch?n=1&every=0.1")
            client.expect(chunk(b"piece 1 of 1\n") + b"0\r\n\r\n", "The only "
                "worker was at work for clients that have left.")


@step("both directions",
    evented="""On a WebSocket frames come while an answer is still to be sent;
    take_frames is called with what has come, between two pieces.""",
    threaded="""On a WebSocket frames come while there is nothing to be sent yet:
    the thread waits for both in recv (stream_await_input); whoever has written
    for it or stops it wakes it by a signal.""",
    read=["push_server.c:take_frames", "push_server.c:await_more"],
    needs=["{options}"])
def both_directions(program):
    with program.serve("--epoch", "1") as server:
        with server.connect() as client:
            open_socket(client, b"/echo")
            for text in b"hello", b"again":
                client.send(frame(TEXT, text))
                client.expect(unmasked(TEXT, text), "A WebSocket echoes.")
        chatters = [server.connect() for _ in range(3)]
        for client in chatters:
            open_socket(client, b"/chat")
        chatters[0].send_in_pieces(frame(TEXT, b"hello"))
        for client in chatters:
            client.expect(unmasked(TEXT, b'{"id":"1-1","text":"hello"}'),
                "A message is for all who chat.")
        chatters[0].send(frame(CLOSE, struct.pack(">H", 1000)))
        chatters[0].expect_end(unmasked(CLOSE, struct.pack(">H", 1000)),
            "A close is returned.")
    with program.serve("--beat", "0.3") as server, server.connect() as client:
        open_socket(client, b"/echo")
        client.expect(unmasked(PING, b""), "One that is silent is sent a ping "
            "in time.")
        client.expect_end(what="One that answers no ping is let go.")


@step("the stop",
    evented="""Waits are ended by the stop (hear_of_stop): polls are answered,
    events end, WebSockets are closed, each at a time of its own in the first
    half of --drain-timeout, and the loop ends when its last stream is gone.""",
    threaded="""Waits are ended by the stop (hear_of_stop): polls are answered,
    events end, WebSockets are closed, each at a time of its own in the first
    half of --drain-timeout, and the main thread ends when all others have.""",
    read=["push_server.c:hear_of_stop", "server.c:stop", "stream.c:stream_cut"],
    needs=[TWIN])
def the_stop(program):
    with program.serve("--drain-timeout", "2", leaks=True) as server:
        idle, poll, events, chat, late = (server.connect() for _ in range(5))
        begin_answer(events, b"/events")
        open_socket(chat, b"/chat")
        page(poll, b"/poll?wait=50")
        begin_answer(late, b"/fetch?n=2&every=60")
        server.expect_accepted(5, "Five clients have come.")
        time.sleep(0.1)
        server.signal(signal.SIGTERM)
        idle.expect_end(what="SIGTERM came while a client was idle.")
        head_of(poll)
        poll.read_to(b'"messages":[]}', "A stop ends a poll.")
        chat.expect_end(unmasked(CLOSE, struct.pack(">H", 1001)),
            "A stop closes a WebSocket.")
        events.read_to_the_end()
        late.expect_end(chunk(b"piece 1 of 2\n") + chunk(b"piece 2 of 2\n")
            + b"0\r\n\r\n", "A stop has the rest made at once (hurry_job).")
        server.expect_exit(0, "after SIGTERM")
        server.expect_printed("Server shutting down.\n",
            "The stop is announced.")
        if server.complaints():
            raise Failed("It complains at its end.", None,
                ["nothing on standard error"], ["see below"])
