"""The steps of charfinder."""

import signal
import time

from ladder import TWIN, Failed, step
from ladder_web import expect_page, head_of, page

PROMPT = b"?> "
KING = "U+1F0BE\t\U0001F0BE\tPLAYING CARD KING OF HEARTS\r\n".encode() + \
    b"1 match for 'king of hearts'\r\n" + PROMPT
SNOW = "U+26C4 \t\u26C4\tSNOWMAN WITHOUT SNOW\r\n".encode() + \
    b"1 match for 'snowman without snow'\r\n" + PROMPT
WEB = 1  # the second door


@step("accept",
    evented="""The server has two doors, one for the terminal and one for the
    web, each a struct server_program; one loop watches both and all their
    clients. The listening sockets must not block: libevent accepts until nobody
    is left, and would wait for the next client there.""",
    threaded="""The server has two doors, one for the terminal and one for the
    web, each a struct server_program. Each client has a thread, which runs
    talk, or what http_server.c serves.""",
    read=["charfinder.c:main", "http_server.c:http_server_program",
        "server.c:server_run",
        ("server.c:accept_clients", "server.c:on_accept")])
def accept(program):
    with program.serve() as server:
        for door in range(2 if program.takes("{web}") else 1):
            for _ in range(3):
                server.connect(door=door)
            server.expect_accepted(3, "Clients wait, but none is accepted.",
                door)
        server.expect_idle("Nobody says anything, so it should only wait.")


@step("the prompt",
    evented="""It is written before anything was read: when the client has been
    let in, by begin_talk, which also makes its session.""",
    threaded="""It is written before anything is read: at the beginning of
    talk.""",
    read=[("charfinder.c:talk", "charfinder.c:begin_talk"),
        "stream.c:stream_write", ("stream.c:stream_flush", "stream.c:flush")])
def the_prompt(program):
    with program.serve() as server:
        client = server.connect()
        client.expect(PROMPT, "A client that has come is prompted.")


@step("one answer",
    evented="""talk is called with each line. The rows of the answer are not
    written there: the answer may be megabytes long. It is produced: tell is
    called for one piece at a time, whenever the peer has taken the one
    before.""",
    threaded="""talk reads each line in a loop, and the rows of the answer are
    written in another one, tell: while (next) write. The write waits for the
    peer.""",
    read=["charfinder.c:talk", "charfinder.c:tell",
        (None, "stream.c:stream_produce"), "stream.c:stream_reserve"])
def one_answer(program):
    with program.serve() as server:
        client = server.connect()
        client.expect(PROMPT)
        client.send(b"king of hearts\n")
        client.expect(KING)
        client.send_in_pieces(b"snowman without snow\r\n")
        client.expect(SNOW, "The line came byte by byte.")
        client.send(b"snowman without snow\n" * 50)
        client.expect(SNOW * 50, "Fifty lines came in one piece.")


@step("many clients",
    evented="""Nothing may be kept in a variable that all clients share, unless
    it is used up before the callback returns. One that has left is the end of
    its input: its stream is dropped, and its session freed.""",
    threaded="""Each client has a thread; what they share is under the server's
    lock. One that has left is the end of its input: its thread closes and
    ends.""",
    read=["stream.c:stream_new", "server.c:serve",
        ("stream.c:stream_free", "stream.c:drop"), (None, "server.c:on_gone")])
def many_clients(program):
    with program.serve() as server:
        clients = [server.connect() for _ in range(50)]
        for n, client in enumerate(clients):
            client.expect(PROMPT)
            client.send(b"king of " if n % 2 else b"snowman without ")
        for n, client in reversed(list(enumerate(clients))):
            client.send(b"hearts\n" if n % 2 else b"snow\n")
            client.expect(KING if n % 2 else SNOW, "Fifty clients ask.")
        for client in clients:
            client.close()
        server.expect_accepted(0, "The clients have left, and the server "
            "still holds connections.")


@step("half closes",
    evented="""A client that has sent all may still be reading: what is left is
    answered, also a last line without an end, then the connection is closed,
    lingering.""",
    threaded="""A client that has sent all may still be reading: recv says 0, and
    what is left is answered, also a last line without an end, then the
    connection is closed, lingering.""",
    read=[("stream.c:stream_read_line", "stream.c:last_line"),
        "stream.c:stream_finish", "stream.c:linger"])
def half_closes(program):
    with program.serve() as server:
        with server.connect() as client:
            client.send(b"snowman without snow\n" * 100 + b"king of hearts")
            client.finish()
            client.expect_end(PROMPT + SNOW * 100 + KING,
                "All was sent, then the client closed its side.")
        with server.connect() as client:
            client.expect(PROMPT)
            client.send(b"\x03\n" + b"snowman without snow\n" * 5000)
            client.expect_end(what="CTRL-C ends the session, also of one who "
                "goes on sending.")


@step("slow readers",
    evented="""98,263 rows, 4 MB: produced as the client takes them. The stream
    is owing, and neither produces nor reads any more, until the bufferevent has
    sent what is kept; then on_written goes on. Others have their turn
    meanwhile.""",
    threaded="""98,263 rows, 4 MB: send waits while the client does not take
    them, and so does its thread; the others do not.""",
    read=["charfinder.c:tell", (None, "stream.c:fill_output"),
        ("stream.c:send_all", "stream.c:send_or_keep")])
def slow_readers(program):
    last = b"98263 matches for 'cjk'\r\n" + PROMPT
    with program.serve() as server:
        before = server.memory()
        slow = [server.connect(is_slow=True) for _ in range(20)]
        client = server.connect()
        for each in [*slow, client]:
            each.send(b"cjk\n" * 2)
        with server.connect() as other:
            other.send(b"snowman without snow\n")
            other.expect(PROMPT + SNOW, "Another client, meanwhile.")
        client.finish()
        found = client.read_to_the_end()
        if found.count(b"\r\n") != 2 * 98264 or found.count(last) != 2 or \
                not found.endswith(last):
            raise Failed("The answers are not all there, in order.",
                client.sent, ["98263 rows and the status, twice"],
                [f"{found.count(last)} of them"])
        # As a whole, the answers that nobody reads have 160 MB.
        if not program.is_foreign() and server.memory() - before > 40000:
            raise Failed("Twenty clients ask for 4 MB and read nothing. Who "
                "does not read must cost little.", slow[0].sent,
                ["less than 2 MB for each"],
                [f"{(server.memory() - before) // 20} KiB for each"])
        server.expect_idle("Twenty clients read nothing, so the server should "
            "only wait.")
        for each in slow:
            each.reset()
        client.close()
        server.expect_released("Clients were lost before they had read their "
            "answers, and the server still holds connections.")


@step("deadlines",
    evented="""Each stream remembers what it waits for and until when, and a
    timer of the loop looks at all of them a few times a second (sweep). The
    finder closes without a word.""",
    threaded="""Each stream says what it waits for and until when; the keeper
    looks at all of them a few times a second and wakes the owner by a signal.
    The finder closes without a word.""",
    read=["stream.c:set_phase", "keeper.c:sweep", "stream.c:stream_check"],
    needs=["{options}"])
def deadlines(program):
    with program.serve("--line-timeout", "0.5") as server:
        with server.connect() as client:
            client.expect(PROMPT)
            begun = time.monotonic()
            client.send(b"snow")
            while time.monotonic() < begun + 3 and client.hears_nothing(0.1):
                client.send(b"o")
            client.expect_end(what="A line that comes drop by drop must be "
                "whole in time.")
    with program.serve("--stall-timeout", "0.5") as server:
        with server.connect(is_slow=True) as client:
            client.send(b"cjk\n" * 2)
            server.expect_accepted(1, "A client has come.")
            server.expect_accepted(0, "A client that takes none of its answers "
                "is cut.")


@step("the stop",
    evented="""What has arrived is still answered, the idle are closed at once,
    and the loop ends when its last stream is gone.""",
    threaded="""What has arrived is still answered. Each thread stands in some
    wait, and must be woken to notice; the main thread ends when all others
    have.""",
    read=["server.c:stop", "server.c:close_door", "keeper.c:keeper_cut",
        "stream.c:stream_cut", ("server.c:has_ended", "server.c:end_if_empty")])
def the_stop(program):
    with program.serve(leaks=True) as server:
        idle = server.connect()
        clients = [server.connect() for _ in range(20)]
        for client in [idle, *clients]:
            client.expect(PROMPT)
        server.signal(signal.SIGSTOP)
        for client in clients:
            client.send(b"snowman without snow\n" * 1500)
        queued = [] if program.is_foreign() else \
            [server.connect() for _ in range(200)]
        for client in queued:
            client.send(b"king of hearts\n")
        server.signal(signal.SIGTERM)
        server.signal(signal.SIGCONT)
        for client in clients:
            client.expect_end(SNOW * 1500,
                "This had arrived when SIGTERM came.")
        for client in queued:
            client.expect_end(PROMPT + KING, "A client had connected, but was "
                "not yet accepted when SIGTERM came.")
        idle.expect_end(what="SIGTERM came while a client was idle.")
        server.expect_exit(0, "after SIGTERM")
        if not program.is_foreign():
            server.expect_printed("Server shutting down.\n",
                "The stop is announced.")
            if server.complaints():
                raise Failed("It complains at its end.", None,
                    ["nothing on standard error"], ["see below"])


@step("the web",
    evented="""Messages of HTTP are no lines: the handler's input is given all
    bytes that have come, and says how many it has used (read_request). The
    answer is produced like the rows (send_answer), then the next request is
    looked for.""",
    threaded="""Messages of HTTP are no lines: http_server_read looks at
    the bytes that have come (stream_input), and waits for more until a head is
    whole. Then the answer is written, and the next request read.""",
    read=[("http_server.c:http_server_read",
        "http_server.c:read_request"), "http_server.c:send_answer",
        ("stream.c:stream_input", "stream.c:deliver_bytes"),
        ("http_server.c:serve", "http_server.c:begin_visit")],
    needs=["{web}"])
def the_web(program):
    with program.serve() as server:
        with server.connect(door=WEB) as client:
            for _ in range(2):
                page(client, b"/healthz")
                expect_page(client, b"200 OK", b"ok\n")
            client.send_in_pieces(b"HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
            first, _ = head_of(client)
            if first != b"HTTP/1.1 200 OK":
                raise Failed("HEAD, byte by byte.", client.sent,
                    ["HTTP/1.1 200 OK"], [repr(first)[2:-1]])
            for _ in range(50):
                page(client, b"/healthz")
            for _ in range(50):
                expect_page(client, b"200 OK", b"ok\n")
            page(client, b"/search?query=cjk&stop=all", b"GET",
                b"Connection: close\r\n")
            first, _ = head_of(client)
            found = client.read_to_the_end()
            if found.count(b'{"code":"U+') != 98263:
                raise Failed("The rows of a search, all of them.",
                    client.sent, ["98263 items"],
                    [f"{found.count(b'code')} of them"])


@step("the web's limits",
    evented="""A request that does not end in time, or is none, is answered and
    ended: end_requests is called when no more will come, and late says
    why.""",
    threaded="""A request that does not end in time, or is none, is answered and
    ended: stream_wait says that no more will come, and stream_is_late
    why.""",
    read=[("http_server.c:http_server_read", "http_server.c:end_requests"),
        "server.c:reserve"], needs=["{web}", "{options}"])
def the_webs_limits(program):
    with program.serve("--line-timeout", "0.5", "--max-connections", "2") \
            as server:
        with server.connect(door=WEB) as client:
            client.send(b"GET / HTTP/1.1\r\nHo")
            first, _ = head_of(client)
            if not first.startswith(b"HTTP/1.1 408 "):
                raise Failed("A head must be whole in time.", client.sent,
                    ["HTTP/1.1 408"], [repr(first)[2:-1]])
            client.read_to_the_end()
        server.expect_accepted(0, "The client has left.", WEB)
        for _ in range(2):
            server.connect()
        server.expect_accepted(2, "Two clients may come.")
        with server.connect(door=WEB) as client:
            page(client, b"/")
            first, _ = head_of(client)
            if not first.startswith(b"HTTP/1.1 503 "):
                raise Failed("Two clients may come, this is the third.",
                    client.sent, ["HTTP/1.1 503"], [repr(first)[2:-1]])


@step("counters",
    evented="""They belong to a loop and are written by its thread only;
    server_count adds them up, for SIGUSR1 and for /metrics.""",
    threaded="""They belong to a stream and are written by its thread only;
    server_count adds them up, for SIGUSR1 and for /metrics.""",
    read=["server.c:server_count", "charfinder.c:count",
        ("server.c:keep", "server.c:on_signal")], needs=[TWIN])
def counters(program):
    with program.serve() as server:
        with server.connect() as client:
            client.send(b"snowman without snow\n")
            client.finish()
            client.expect_end(PROMPT + SNOW)
        server.expect_counters("accepted 1\nactive 0\nserved 1\nrequests 1\n")
        with server.connect(door=WEB) as client:
            page(client, b"/metrics", b"GET", b"Connection: close\r\n")
            head_of(client)
            found = client.read_to_the_end()
            for row in b"charfinder_accepted_total 2\n", \
                    b"charfinder_active 1\n":
                if row not in found:
                    raise Failed("/metrics has the counters.", client.sent,
                        [row.decode()], found.decode().splitlines()[-5:])
