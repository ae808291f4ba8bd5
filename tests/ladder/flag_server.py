"""The steps of flag-server."""

import os
import signal
import tempfile
import time

from ladder import TWIN, Failed, step
from ladder_web import expect_page, head_of, page

LATER, FAILING = 1, 2  # the other doors


def expect_flag(client, size):
    """Read a made flag; of any size where none was asked for."""
    first, fields = head_of(client)
    size = size or int(fields.get(b"content-length", 0))
    if (first, fields.get(b"content-length")) != (
            b"HTTP/1.1 200 OK", b"%d" % size):
        raise Failed("A flag of this size.", client.sent,
            ["HTTP/1.1 200 OK", f"Content-Length: {size}"],
            [repr(first)[2:-1], str(fields.get(b"content-length"))])
    client.expect_length(size, b"GIF89a")


@step("accept",
    evented="""Three doors, each a struct server_program with a site of its own
    (http_server.c); one loop watches all of them and their clients. The
    listening sockets must not block.""",
    threaded="""Three doors, each a struct server_program with a site of its own
    (http_server.c); one thread accepts at each.""",
    read=["flag_server.c:main", "http_server.c:http_server_program",
        "server.c:server_run",
        ("server.c:accept_clients", "server.c:on_accept")])
def accept(program):
    with program.serve() as server:
        for door in range(1 if program.is_foreign() else 3):
            for _ in range(3):
                server.connect(door=door)
            server.expect_accepted(3, "Clients wait, but none is accepted.",
                door)
        server.expect_idle("Nobody says anything, so it should only wait.")


@step("one answer",
    evented="""Messages of HTTP are no lines: read_request is given all bytes
    that have come, and says how many it has used. The answer is produced, a
    piece at a time (send_answer).""",
    threaded="""Messages of HTTP are no lines: http_server_read looks at the
    bytes that have come, and waits for more until a head is whole. Then the
    answer is written, all of it (send_answer).""",
    read=[("http_server.c:http_server_read", "http_server.c:read_request"),
        "http_server.c:send_answer",
        ("stream.c:stream_input", "stream.c:deliver_bytes")])
def one_answer(program):
    with program.serve("--size", "1000") as server:
        with server.connect() as client:
            page(client, b"/healthz")
            expect_page(client, b"200 OK", b"ok\n")
            page(client, b"/flags/ad/ad.gif")
            expect_flag(client, program.takes("{options}") and 1000)


@step("many clients",
    evented="""What is left of a head is kept for each client (keep_input). One
    that has left is the end of its input: its stream is dropped.""",
    threaded="""Each client has a thread, and its input a buffer of its own. One
    that has left is the end of its input: its thread closes and ends.""",
    read=["stream.c:stream_new", (None, "stream.c:keep_input"),
        ("stream.c:stream_free", "stream.c:drop")])
def many_clients(program):
    with program.serve() as server:
        clients = [server.connect() for _ in range(50)]
        for n, client in enumerate(clients):
            client.send(b"GET /%s HTTP/1.1\r\nHo" %
                (b"healthz" if n % 2 else b"nothing"))
        for n, client in reversed(list(enumerate(clients))):
            client.send(b"st: here\r\n\r\n")
            first, _ = head_of(client)
            wanted = b"HTTP/1.1 200 OK" if n % 2 else \
                b"HTTP/1.1 404 Not Found"
            if first != wanted:
                raise Failed("Fifty clients ask.", client.sent,
                    [wanted.decode()], [repr(first)[2:-1]])
        for client in clients:
            client.close()
        server.expect_accepted(0, "The clients have left, and the server "
            "still holds connections.")


@step("answers that come later",
    evented="""An answer that is not due yet must not be waited for: the stream
    is paused (stream_pause), which is a timer, and send_answer is called again
    when it goes off. Meanwhile all others are served.""",
    threaded="""An answer that is not due yet is waited for, by stream_await:
    only the thread of that client does.""",
    read=["http_server.c:await_bytes",
        ("stream.c:stream_await", "stream.c:stream_pause"),
        (None, "stream.c:on_unpause")], needs=[TWIN])
def answers_that_come_later(program):
    with program.serve("--delay", "1", "--size", "1000") as server:
        begun = time.monotonic()
        clients = [server.connect(door=LATER) for _ in range(20)]
        for client in clients:
            page(client, b"/flags/ad/ad.gif")
        with server.connect() as other:
            page(other, b"/flags/ad/ad.gif")
            expect_flag(other, 1000)
            if not all(client.hears_nothing(0) for client in clients):
                raise Failed("An answer that is delayed by a second came at "
                    "once, or kept another client waiting.", clients[0].sent,
                    ["nothing yet"], ["bytes, or the end"])
        for client in clients:
            expect_flag(client, 1000)
        if time.monotonic() - begun > 10:
            raise Failed("Twenty clients wait for a second, at the same time.",
                clients[0].sent, ["a second"],
                [f"{time.monotonic() - begun:.0f} seconds"])


@step("those who do not wait",
    evented="""While an answer is waited for nothing is read; but that the peer
    has left must be noticed all the same (look_at_peer), or it would be waited
    for in vain.""",
    threaded="""A thread that waits for the time of an answer does not read; so
    that the peer has left is what it polls for as well.""",
    read=[("stream.c:ends_by_peer", "stream.c:look_at_peer"),
        "http_server.c:await_bytes"], needs=[TWIN])
def those_who_do_not_wait(program):
    with program.serve("--delay", "3000") as server:
        clients = [server.connect(door=LATER) for _ in range(10)]
        for client in clients:
            page(client, b"/flags/ad/ad.gif")
        server.expect_accepted(10, "Ten clients wait.", LATER)
        page(clients[0], b"/flags/ad/ad.gif")
        server.expect_idle("A client waits for an answer, and has sent its "
            "next request already: the server should only wait.")
        server.expect_accepted(10, "Ten clients wait, one of which has sent "
            "its next request meanwhile.", LATER)
        for client in clients:
            client.close()
        server.expect_accepted(0, "Clients have left that were waiting for "
            "an answer, and the server still holds connections.", LATER)


@step("faults on purpose",
    evented="""An answer that never comes, and a connection that is reset: what
    the site asks for by a time that is none (HTTP_SITE_RESET).""",
    threaded="""An answer that never comes, and a connection that is reset: what
    the site asks for by a time that is none (HTTP_SITE_RESET).""",
    read=["http_server.c:await_bytes", "stream.c:stream_reset"], needs=[TWIN])
def faults_on_purpose(program):
    always = ["--error-rate", "1", "--delay-rate", "0"]
    with program.serve(*always, "--error-status", "503") as server:
        with server.connect(door=FAILING) as client:
            page(client, b"/flags/ad/ad.gif")
            first, _ = head_of(client)
            if not first.startswith(b"HTTP/1.1 503 "):
                raise Failed("Every request fails.", client.sent,
                    ["HTTP/1.1 503"], [repr(first)[2:-1]])
    with program.serve(*always, "--fault", "abort") as server:
        with server.connect(door=FAILING) as client:
            page(client, b"/flags/ad/ad.gif")
            if not client.is_cut() or client.ending != "a reset":
                raise Failed("Every connection is reset.", client.sent,
                    ["a reset"], [client.ending or "nothing"])


@step("the stop",
    evented="""Who waits for an answer gets it in its time, the idle are closed
    at once, and the loop ends when its last stream is gone. A pause is ended by
    the stop, once: here it goes on, as the answer is not due yet.""",
    threaded="""Who waits for an answer gets it in its time. Each thread stands
    in some wait, and must be woken to notice; a wait for an answer goes on, as
    it is not due yet. The main thread ends when all others have.""",
    read=["server.c:stop", "stream.c:stream_cut",
        ("stream.c:ends_by_stop", "stream.c:end_pause_by_stop")], needs=[TWIN])
def the_stop(program):
    with program.serve("--delay", "0.5", "--size", "1000", leaks=True) \
            as server:
        idle = server.connect()
        clients = [server.connect(door=LATER) for _ in range(10)]
        for client in clients:
            page(client, b"/flags/ad/ad.gif")
        server.expect_accepted(1, "A client waits.")
        server.expect_accepted(10, "Clients wait, but none is accepted.",
            LATER)
        server.signal(signal.SIGTERM)
        for client in clients:
            expect_flag(client, 1000)
            client.expect_end(what="An answer was waited for when SIGTERM "
                "came.")
        idle.expect_end(what="SIGTERM came while a client was idle.")
        server.expect_exit(0, "after SIGTERM")
        server.expect_printed("Server shutting down.\n",
            "The stop is announced.")
        if server.complaints():
            raise Failed("It complains at its end.", None,
                ["nothing on standard error"], ["see below"])


@step("a folder that is read again",
    evented="""Reading files may wait for a disk, so it is a job of the
    executor; SIGHUP may come again while it runs.""",
    threaded="""Reading files may wait for a disk; the thread that hears SIGHUP
    does it, and no client waits for that.""",
    read=["flag_server.c:reload", (None, "flag_server.c:begin_reload"),
        (None, "executor.c:executor_submit")], needs=[TWIN])
def a_folder_that_is_read_again(program):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "ad.gif")

        def put(body):
            with open(path + ".new", "wb") as file:
                file.write(body)
            os.rename(path + ".new", path)

        put(b"old flag")
        with program.serve("--directory", folder) as server:
            with server.connect() as client:
                page(client, b"/flags/ad/ad.gif")
                expect_page(client, b"200 OK", b"old flag")
                put(b"a new flag")
                server.signal(signal.SIGHUP)
                server.expect_printed("Flags read again.\n",
                    "SIGHUP has the folder read again.")
                page(client, b"/flags/ad/ad.gif")
                expect_page(client, b"200 OK", b"a new flag")
