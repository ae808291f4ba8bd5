"""The steps of echo-server."""

import random
import signal

from ladder import Failed, step


@step("accept",
    evented="""The loop that accepts becomes an event loop: a listener is
    watched, and on_accept is called for each client. The signal that stops the
    server is a descriptor that is watched as well (echo_signals), so the loop
    has one wait for everything. The listening socket must not block: libevent
    accepts until nobody is left, and would wait for the next client there.""",
    threaded="""The main thread waits for two things at once, a client and the
    signal that stops the server (echo_signals): poll. It accepts, and starts a
    thread for each client.""",
    read=["echo_server.c:main", ("echo_server.c:accept_client", "echo_server.c:on_accept"),
        "echo_server.c:start"])
def accept(program):
    with program.serve() as server:
        clients = [server.connect() for _ in range(3)]
        server.expect_accepted(3, "Clients wait, but none is accepted.")
        if not all(client.hears_nothing(0.1) for client in clients):
            raise Failed("A client that says nothing hears something.",
                b"", ["nothing"], ["bytes, or the end"])
        server.expect_idle("Nobody says anything, so it should only wait.")


@step("one answer",
    evented="""recv and send are cut apart: on_bytes is called when the
    bufferevent has read something, and hands it on; when the peer has taken it,
    on_sent is called.""",
    threaded="""on_bytes and on_sent become one loop: recv, then send until all
    is sent, which may take several calls.""",
    read=[("echo_server.c:serve", "echo_server.c:on_bytes"),
        ("echo_server.c:send_all", "echo_server.c:on_sent")])
def one_answer(program):
    with program.serve() as server:
        client = server.connect()
        for text in b"hello\n", bytes(range(256)), b"again\n":
            client.send(text)
            client.expect(text, "What is sent comes back.")


@step("many clients",
    evented="""Nobody waits for anybody as long as no callback waits. What
    belongs to a client is a struct of its own, in a list, as there is no
    thread's stack to hold it; it is freed in one place, leave.""",
    threaded="""Each client has a thread, and on its stack all that has to be
    remembered. When the client has left, the thread closes the socket: nobody
    else does. What they share is how many places are free: a semaphore.""",
    read=[("echo_server.c:serve", "echo_server.c:on_event"), (None, "echo_server.c:leave")])
def many_clients(program):
    with program.serve() as server:
        silent = server.connect()
        clients = [server.connect() for _ in range(100)]
        for _ in range(2):
            for n, client in enumerate(clients):
                client.send(b"%d\n" % n)
            for n, client in reversed(list(enumerate(clients))):
                client.expect(b"%d\n" % n, "A hundred clients talk.")
        for client in [silent, *clients]:
            client.close()
        server.expect_accepted(0, "The clients have left, and the server "
            "still holds connections.")


@step("half closes",
    evented="""A client that has sent all may still be reading. As nothing is
    read from it while it is owed something, the end comes as an event when all
    was sent, and the connection can be closed.""",
    threaded="""A client that has sent all may still be reading: recv says 0 when
    everything before was read, and by then it was sent.""",
    read=[("echo_server.c:serve", "echo_server.c:on_event")])
def half_closes(program):
    text = random.Random(1).randbytes(100000)
    with program.serve() as server:
        with server.connect() as client:
            client.send(text)
            client.finish()
            client.expect_end(text, "All was sent, then the client closed its "
                "side.")
        with server.connect() as client:
            client.finish()
            client.expect_end(what="A client closed its side at once.")


@step("slow readers",
    evented="""A bufferevent takes any number of bytes to be sent, as long as
    there is memory. So no more is read while something is owed: reading is
    switched off in on_bytes, and on again in on_sent.""",
    threaded="""While send waits for the peer nothing is read: that is all there
    is to do.""",
    read=[("echo_server.c:send_all", "echo_server.c:on_sent")])
def slow_readers(program):
    text = random.Random(2).randbytes(48 << 20)
    with program.serve() as server:
        with server.connect(is_slow=True) as client:
            sent = client.send_what_fits(text)
            client.sent = text[:sent]
            if sent == len(text):
                raise Failed("A client sends and sends and reads nothing; the "
                    "server should stop reading from it.", None,
                    ["that it is no longer read"], [f"{sent} bytes were read"])
            with server.connect() as other:
                other.send(b"hello\n")
                other.expect(b"hello\n", "Another client, meanwhile.")
            server.expect_idle("A client does not read, so the server should "
                "only wait.")
            client.finish()
            found = client.read_to_the_end()
            if found != text[:sent]:
                raise Failed("What is sent comes back.", None,
                    [f"{sent} bytes"], [f"{len(found)}, or others"])
        with server.connect(is_slow=True) as client:
            client.send_what_fits(text)
            client.reset()
        server.expect_released("A client that had not read all was lost, and "
            "the server still holds the connection.")


@step("deadlines",
    evented="""The time limits of a bufferevent: one for reading, which counts
    only while it reads, and one for writing. Both end in on_event.""",
    threaded="""poll has a time limit for the next bytes, and SO_SNDTIMEO one for
    a send that waits.""",
    read=["echo_server.c:start", ("echo_server.c:serve", "echo_server.c:on_event")],
    needs=["{options}"])
def deadlines(program):
    with program.serve("--idle-timeout", "0.5") as server:
        with server.connect() as client:
            client.send(b"hello\n")
            client.expect_end(b"hello\n", "A silent client is let go.")
        with server.connect(is_slow=True) as client:
            client.send_what_fits(bytes(48 << 20))
            server.expect_accepted(0, "A client that takes nothing is cut.")


@step("the stop",
    evented="""The signal is an event. Who owes nothing and has sent nothing is
    let go at once; the others leave when they have taken what is on its way
    (on_sent). Nothing waits for them: the loop ends when it has nothing more to
    watch.""",
    threaded="""Threads that wait must notice the stop: it is a descriptor that
    each of them polls beside its client, readable for all of them once it is
    written to. Then the main thread takes back every place.""",
    read=[("echo_server.c:stop", "echo_server.c:on_signal"),
        ("echo_server.c:serve", "echo_server.c:on_sent")])
def the_stop(program):
    with program.serve(leaks=True) as server:
        idle = server.connect()
        clients = [server.connect() for _ in range(20)]
        server.expect_accepted(21, "Clients wait, but none is accepted.")
        server.signal(signal.SIGSTOP)
        for client in clients:
            client.send(b"before the stop\n")
        server.signal(signal.SIGTERM)
        server.signal(signal.SIGCONT)
        for client in clients:
            client.expect_end(b"before the stop\n",
                "This had arrived when SIGTERM came.")
        idle.expect_end(what="SIGTERM came while a client was idle.")
        server.expect_exit(0, "after SIGTERM")
        if not program.is_foreign():
            server.expect_printed("Server shutting down.\n",
                "The stop is announced.")
            if server.complaints():
                raise Failed("It complains at its end.", None,
                    ["nothing on standard error"], ["see below"])


@step("the full house",
    evented="""How many there are is counted where a client starts and where it
    leaves; nobody else can count meanwhile.""",
    threaded="""A place is taken before the thread starts and given back as the
    last thing that it does.""",
    read=["echo_server.c:start"], needs=["{options}"])
def the_full_house(program):
    with program.serve("--max-connections", "2") as server:
        first, second = server.connect(), server.connect()
        server.expect_accepted(2, "Two clients may come.")
        with server.connect() as late:
            late.expect_end(b"too many connections\n",
                "Two clients may come, this is the third.")
        second.close()
        server.expect_accepted(1, "One has left.")
        for client in first, server.connect():
            client.send(b"hello\n")
            client.expect(b"hello\n", "There is room again.")
