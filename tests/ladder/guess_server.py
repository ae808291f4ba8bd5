"""The steps of guess-server."""

import signal
import time

from ladder import TWIN, Failed, show, step

# A number of as many digits as there may be, which is then the secret.
LONG = 9223372036854775000
FOUND = b"PARAMS %d %d\nNUMBER\nREPORT Correct\n" % (LONG, LONG)
ANSWER = b"%d\n" % LONG
OTHER = "Another client, meanwhile."
ALL_FIRST = "A client has asked 500 times, and is answered all of that before " \
    "another one, who asks once."


@step("accept",
    evented="""main hands a struct server_program to server_run: there is no
    thread to start, so the program consists of functions to be called. A loop
    is made (keeper), the listening socket is watched by it, and on_accept is
    called for each client, which becomes a stream that the loop watches too.
    The listening socket must not block: libevent accepts until nobody is left,
    and would wait for the next client there, with the loop standing still.
    Nothing has to be read yet.""",
    threaded="""main hands a struct server_program to server_run: its serve is
    called in a thread of its own for each client, and is the whole
    conversation. One thread accepts, the main thread keeps (keeper). Nothing
    has to be read yet.""",
    read=["server.c:server_run", "server.c:open_doors",
        ("server.c:accept_clients", "server.c:on_accept"), "server.c:admit",
        "server.c:serve", "stream.c:stream_new"])
def accept(program):
    with program.serve() as server:
        clients = [server.connect() for _ in range(3)]
        server.expect_accepted(3, "Three clients come, and are not accepted, "
            "or are closed at once (as when serve or stream_new fails).")
        if not all(client.hears_nothing(0.1) for client in clients):
            raise Failed("A client that says nothing hears something.",
                b"", ["nothing"], ["bytes, or the end"])
        server.expect_idle("Nobody says anything, so it should only wait.")


@step("one line",
    evented="""Where the threaded twin waits in recv, the loop calls on_readable
    when there is something (if it never does: does the loop stand in accept, or
    is the event not added, or was the one before not deleted when its socket,
    which had the same number, was closed?). Bytes are no lines: line_next
    (common/line.h) finds them, and what is left of one is kept until the next
    call. The handler is called with each line; an empty one ends the
    conversation.""",
    threaded="""Where the loop called on_readable, recv waits for something.
    Bytes are no lines: line_next (common/line.h) finds them, and stream_read_line
    returns one at a time to the loop in play. An empty one ends the
    conversation.""",
    read=[("stream.c:fill", "stream.c:on_readable"),
        ("stream.c:stream_read_line", "stream.c:deliver_line"),
        (None, "stream.c:keep_input"), "guess_server.c:play",
        "stream.c:stream_finish"])
def one_line(program):
    with program.serve() as server:
        for line in b"\n", b"\r\n":
            with server.connect() as client:
                client.send(b"PARAMS 1 5\n")
                if not client.hears_nothing(0.1):
                    raise Failed("A new game is answered by nothing.",
                        client.sent, ["nothing"], ["bytes, or the end"])
                client.send(line)
                client.expect_end(what="An empty line ends the conversation.")


@step("one answer",
    evented="""stream_write is called while a line is handled: what is written
    is gathered, and sent when the handler has returned. What the game knew in
    the local variables of play is a session now, which begin makes and each
    call of play is given. A client that sends many lines at once must not keep
    the loop from the others: after MESSAGES_A_TURN of them deliver stops, the
    stream is QUEUED, and take_turns has on_turn called in the loop's next
    turn. Telnet's commands are taken out of what was read, and refused
    (take_commands).""",
    threaded="""What is written is gathered, and sent before the next wait. The
    session that begin made and each call of play was given is a local variable
    of play now. Telnet's commands are taken out of what was read, and refused
    (take_commands).""",
    read=["stream.c:stream_write", ("stream.c:stream_flush", "stream.c:flush"),
        ("stream.c:send_all", "stream.c:send_or_keep"),
        "stream.c:take_commands",
        (None, "guess_server.c:begin"), (None, "guess_server.c:answer")])
def one_answer(program):
    with program.serve() as server:
        with server.connect() as client:
            client.send(b"PARAMS 7 7\nNUMBER\n")
            client.expect(b"7\n")
            client.send(b"NUMBER\n")
            client.expect_end(b"ERROR every number already guessed\n")
        with server.connect() as client:
            client.send_in_pieces(b"PARAMS 8 8\nNUMBER\n")
            client.expect(b"8\n", "The lines came byte by byte.")
            client.send(b"".join(b"PARAMS %d %d\nNUMBER\n" % (n, n)
                for n in range(100)))
            client.expect(b"".join(b"%d\n" % n for n in range(100)),
                "A hundred games came in one piece.")
        if program.is_foreign():
            return
        with server.connect() as client:
            client.send(b"\xff\xfd\x01PARAMS 9 9\r\0NUMBER\r\n")
            client.expect(b"\xff\xfc\x019\n", "A Telnet client wants to be "
                "echoed (255 253 1), and ends a line by CR NUL.")


@step("many clients",
    evented="""One that is silent costs nothing: no thread stands in its recv.
    But nothing may be kept in a variable that all clients share, unless it is
    used up before the callback returns, like the loop's buffers. When many come
    at once, accepting rests after some of them (pause_accepting), so that the
    loop serves those that are there, and goes on by a timer (on_resume). So
    does a stream that has more to do (take_turns): an event that is made active
    is handled before the loop looks for what else there is.""",
    threaded="""One that is silent has a thread that waits, and disturbs nobody.
    What several threads use, such as the count of clients, is under the
    server's lock, which is not held while a client is waited for or served.""",
    read=["stream.c:stream_new", ("stream.c:stream_wait", "stream.c:settle"),
        (None, "stream.c:take_turns"),
        "server.c:serve", (None, "server.c:pause_accepting"),
        (None, "server.c:on_resume")])
def many_clients(program):
    with program.serve() as server:
        server.connect()
        dawdler = server.connect()
        dawdler.send(b"PARAMS 5 5\nNUM")
        clients = [server.connect() for _ in range(100)]
        for n, client in enumerate(clients):
            client.send(b"PARAMS %d %d\nNUM" % (n, n))
        for n, client in reversed(list(enumerate(clients))):
            client.send(b"BER\n")
            client.expect(b"%d\n" % n, "A hundred clients ask.")
        dawdler.send(b"BER\n\n")
        dawdler.expect_end(b"5\n")
    if program.is_foreign():
        return
    # Each NUMBER costs time: all of them take a second.
    with program.serve("--work", "2000") as server:
        busy, other = server.connect(), server.connect()
        other.send(b"PARAMS 7 7\nNUMBER\n")
        other.expect(b"7\n")
        busy.send(FOUND + b"NUMBER\n" * 500)
        # It has begun by then.
        time.sleep(0.1)
        other.send(b"REPORT Correct\nNUMBER\n")
        other.expect(b"7\n", ALL_FIRST)
        if busy.has_received(len(ANSWER) * 501):
            raise Failed(ALL_FIRST, other.sent,
                ["its answer, before most of the 500"],
                ["all 500, and then its answer"])


@step("half closes",
    evented="""A client that has sent all, or has left, is the end of its input:
    recv says 0, once and for ever, so reading is switched off. It may still be
    reading itself, so that is not the end of the conversation. What is left is answered (a last
    line needs no end), then the connection is closed. When it is the server
    that ends it, the client may still be sending; closing now would reset the
    connection and destroy the last words on their way. So the stream lingers:
    it reads and drops for a while.""",
    threaded="""A client that has sent all may still be reading: recv says 0, and
    what is left is answered (a last line needs no end). When it is the server
    that ends it, the client may still be sending; closing now would reset the
    connection and destroy the last words on their way. So the thread lingers:
    it reads and drops for a while.""",
    read=[("stream.c:stream_read_line", "stream.c:last_line"),
        "stream.c:stream_finish", "stream.c:linger",
        (None, "stream.c:receive_rest"), ("stream.c:stream_free",
            "stream.c:drop")])
def half_closes(program):
    with program.serve() as server:
        with server.connect() as client:
            client.send(FOUND + b"NUMBER\n" * 1000 + b"NUMBER")
            client.finish()
            client.expect_end(ANSWER * 1002,
                "All was sent, then the client closed its side.")
        with server.connect() as client:
            client.finish()
            client.expect_end(what="A client closed its side at once.")
        with server.connect() as client:
            client.send(b"GUESS\n" + b"NUMBER\n" * 5000)
            client.expect_end(b"ERROR unknown command\n",
                "The client went on sending after its mistake, and should "
                "still read the answer.")
        server.expect_accepted(0, "The clients have left, and the server "
            "still holds connections.")


@step("slow readers",
    evented="""What the peer does not take now must be kept, and sent when it
    does. So that it does not pile up, no more is read from that peer until it
    has taken all (settle): the sender waits, and no one else does. send in the
    threaded twin does all this by standing still.""",
    threaded="""What the loop had to keep and to remember, send does by standing
    still: it returns when the peer has taken the bytes. As long as it does not,
    nothing more is read from that peer, and only its thread waits.""",
    read=[("stream.c:send_all", "stream.c:send_or_keep"),
        (None, "stream.c:keep_output"), (None, "stream.c:on_written"),
        ("stream.c:stream_wait", "stream.c:settle")])
def slow_readers(program):
    flood = b"NUMBER\n" * 4000000
    with program.serve() as server:
        with server.connect(is_slow=True) as client:
            client.send(FOUND)
            sent = client.send_what_fits(flood)
            client.sent += b"NUMBER\n" * (sent // 7)
            if sent == len(flood):
                raise Failed("A client sends and sends and reads no answer; "
                    "the server should stop reading from it.", client.sent,
                    ["that it is no longer read"], ["all was read"])
            with server.connect() as other:
                other.send(b"PARAMS 7 7\nNUMBER\n")
                other.expect(b"7\n", OTHER)
            server.expect_idle("A client reads no answer, so the server should "
                "only wait.")
            client.finish()
            found = client.read_to_the_end()
            # The last line may have been cut.
            whole = sent // 7 + 1
            if found not in (ANSWER * whole, ANSWER * whole +
                    b"ERROR unknown command\n", ANSWER * (whole + 1)):
                raise Failed("The answers are not all there, in order.",
                    client.sent, [f"{whole} lines"],
                    [f"{found.count(ANSWER)} of them"])
        with server.connect(is_slow=True) as client:
            client.send(FOUND)
            client.send_what_fits(flood)
            client.reset()
        server.expect_released("A client that had not read its answers was "
            "lost, and the server still holds the connection.")


@step("deadlines",
    evented="""No wait has an end by itself. Each stream remembers what it waits
    for and until when (set_phase), and a timer of the loop looks at all of them
    a few times a second (sweep): one look for many, no timer for each. Who is
    late is told; who takes no answer is cut.""",
    threaded="""No wait has an end by itself. Each stream says what it waits for
    and until when (set_phase); the keeper, another thread, looks at all of them
    a few times a second and wakes the owner by a signal, which decides. Who is
    late is told; who takes no answer is cut.""",
    read=["stream.c:set_phase", ("stream.c:await_message",
        "stream.c:await_input"), "keeper.c:sweep", "stream.c:stream_check",
        "stream.c:stream_cut"])
def deadlines(program):
    limit = 0.5 if program.takes("{options}") else 10
    program.patience += limit
    with program.serve("--line-timeout", "0.5") as server:
        with server.connect() as client, server.connect() as idle:
            client.send(b"PARAMS 1 5\nNUM")
            begun = time.monotonic()
            while time.monotonic() < begun + limit * 4 \
                    and client.hears_nothing(limit / 5):
                client.send(b"B")
            client.expect_end(b"ERROR line timeout\n",
                "A line that comes drop by drop must be whole in time.")
            if not idle.hears_nothing(0):
                raise Failed("A client that is idle has begun no line.",
                    b"", ["nothing"], ["bytes, or the end"])
    program.patience -= limit
    with program.serve() as server:
        client = server.connect()
        client.send(b"GUESS\n")
        client.expect_end(b"ERROR unknown command\n")
        server.expect_released("A client was told all, and does not close its "
            "side. It should be waited for a second, not for ever.")
    if not program.takes("{options}"):
        return
    with program.serve("--idle-timeout", "0.5") as server:
        with server.connect() as client:
            client.send(b"PARAMS 7 7\nNUMBER\n")
            client.expect_end(b"7\n", "A silent client is let go.")
    with program.serve("--idle-timeout", "1") as server:
        with server.connect() as client:
            for _ in range(5):
                client.send(b"PARAMS 7 7\nNUMBER\n")
                client.expect(b"7\n", "A client that asks now and then is not "
                    "idle: its time begins anew with each line.")
                time.sleep(0.4)
    with program.serve("--stall-timeout", "0.5") as server:
        with server.connect(is_slow=True) as client:
            client.send(FOUND)
            client.send_what_fits(b"NUMBER\n" * 4000000)
            server.expect_accepted(0, "A client that takes none of its answers "
                "is cut.")


@step("the stop",
    evented="""A stop loses no answer: what has arrived by then is still read
    and answered, the idle are closed at once, and the loop ends when its last
    stream is gone. Nobody has to be woken: the signal is an event like any
    other, and keeper_cut goes through the streams. If it runs on: does anybody
    end a stream that lingers?""",
    threaded="""A stop loses no answer: what has arrived by then is still read
    and answered. Each thread stands in some wait, and must be woken to notice:
    by a signal, which makes recv return EINTR, and which may come just before
    the wait begins. The main thread ends when all others have.""",
    read=["server.c:stop", "server.c:close_door", "keeper.c:keeper_cut",
        "stream.c:stream_cut", ("server.c:has_ended", "server.c:end_if_empty")])
def the_stop(program):
    with program.serve("--strategy", "bisect", leaks=True) as server:
        idle = server.connect()
        clients = [server.connect() for _ in range(20)]
        server.expect_accepted(21, "Clients wait, but none is accepted.")
        server.signal(signal.SIGSTOP)
        for client in clients:
            client.send(FOUND + b"NUMBER\n" * 3000)
        queued = [] if program.is_foreign() else \
            [server.connect() for _ in range(200)]
        for client in queued:
            client.send(b"PARAMS 7 7\nNUMBER\n")
        server.signal(signal.SIGTERM)
        server.signal(signal.SIGCONT)
        for client in clients:
            client.expect_end(ANSWER * 3001,
                "This had arrived when SIGTERM came.")
        for client in queued:
            client.expect_end(b"7\n", "A client had connected, but was not yet "
                "accepted when SIGTERM came.")
        idle.expect_end(what="SIGTERM came while a client was idle.")
        server.expect_exit(0, "after SIGTERM")
        if not program.is_foreign():
            server.expect_printed("Server shutting down.\n",
                "The stop is announced.")
            if server.complaints():
                raise Failed("It complains at its end.", None,
                    ["nothing on standard error"], ["see below"])


@step("the full house",
    evented="""on_accept has a client whether there is room or not. One too many
    is told, as a stream of its own that is finished at once, and the count goes
    down again wherever a connection ends: in one place, on_gone.""",
    threaded="""accept has a client whether there is room or not. One too many
    is told, in a thread of its own, and the count goes down again wherever a
    connection ends.""",
    read=["server.c:reserve", "server.c:admit", "server.c:serve",
        "server.c:discharge"], needs=["{options}"])
def the_full_house(program):
    with program.serve("--max-connections", "2", "--max-line", "100") as server:
        _, second = server.connect(), server.connect()
        server.expect_accepted(2, "Two clients may come.")
        with server.connect() as late:
            late.send(b"PARAMS 7 7\nNUMBER\n")
            late.expect_end(b"ERROR too many connections\n",
                "Two clients may come, this is the third.")
        second.close()
        server.expect_accepted(1, "One has left.")
        with server.connect() as client:
            client.send(b"PARAMS 7 7\nNUMBER\n")
            client.expect(b"7\n", "There is room again.")
            client.send(b"A" * 200)
            client.expect_end(b"ERROR line too long\n",
                "A line may have 100 bytes here.")


@step("calls that block",
    evented="""A callback that waits stops everybody. A call that cannot be made
    without waiting (--block stands for one) is given to a thread of the
    executor; meanwhile the stream is paused, and when the job comes back by the
    loop's bell it is resumed. What the client sends during a pause stays
    unread, so the loop must not be told of it again and again: its event is one
    by edges, also when it is set anew (on_unpause). After a stop no further
    call is begun (executor_stop).""",
    threaded="""A call that blocks (--block stands for one) is simply made: only
    the thread of that client waits. After a stop no further call is begun
    (executor_stop).""",
    read=["guess_server.c:consult", (None, "guess_server.c:on_returned"),
        ("executor.c:executor_call", "executor.c:executor_submit"),
        "executor.c:executor_stop", (None, "stream.c:stream_pause"),
        (None, "stream.c:on_unpause"), (None, "keeper.c:keeper_post")],
    needs=[TWIN])
def calls_that_block(program):
    pool = ["--pool", "4"] if program.to == "evented" else []
    with program.serve("--block", "1000", *pool) as server:
        with server.connect() as client, server.connect() as other:
            server.expect_accepted(2, "Two clients have come.")
            client.send(b"PARAMS 7 7\nNUMBER\n")
            time.sleep(0.1)
            other.send(b"\n")
            other.expect_end(what="Another client, meanwhile.")
            if not client.hears_nothing(0):
                raise Failed("A call takes a second, and another client was "
                    "served only after it.", client.sent,
                    ["nothing yet"], ["bytes, or the end"])
            client.expect(b"7\n", "The answer comes after the call.")
            with server.connect() as gone:
                gone.send(b"PARAMS 7 7\nNUMBER\n")
                time.sleep(0.1)
                gone.reset()
            client.send(b"NUMBER\n")
            client.expect_end(b"ERROR every number already guessed\n",
                "Another client had left while its call went on.")
    with program.serve("--block", "1000", *pool, leaks=True) as server:
        clients = [server.connect() for _ in range(2)]
        for client in clients:
            client.send(b"PARAMS 1 9\nNUMBER\n")
        if not clients[0].hears_nothing(0.1):
            raise Failed("A call takes a second.", clients[0].sent,
                ["nothing yet"], ["bytes, or the end"])
        for client in clients:
            client.send(b"NUMBER\n")
        server.expect_idle("A call goes on, and meanwhile its client has sent "
            "another line: the server should only wait.", 0.5)
        server.signal(signal.SIGTERM)
        for client in clients:
            found = client.read_to_the_end()
            if found.count(b"\n") > 1:
                raise Failed("SIGTERM came while a call went on; no other "
                    "should have been begun.", client.sent,
                    ["one answer, then the end"], show(found))
        server.expect_exit(0, "after SIGTERM")


@step("counters",
    evented="""Counters belong to a loop and are written by its thread only, so
    counting costs no lock; server_count adds them up when SIGUSR1 asks.""",
    threaded="""Counters belong to a stream and are written by its thread only,
    so counting costs no lock; server_count adds them up, under the lock that
    keeps a connection from being freed meanwhile.""",
    read=["server.c:server_count", ("server.c:keep", "server.c:on_signal")],
    needs=[TWIN])
def counters(program):
    with program.serve() as server:
        with server.connect() as client:
            client.send(b"PARAMS 7 7\nNUMBER\n\n")
            client.expect_end(b"7\n")
        server.expect_accepted(0, "The client has left.")
        with server.connect() as client:
            client.send(b"PARAMS 7 7\nNUMBER\n")
            client.expect(b"7\n")
            server.expect_counters("accepted 2\nactive 1\nserved 1\n"
                "requests 5\nrejected 0\ntimed_out 0\nstalled 0\n"
                "dropped_log 0\nbytes_in 37\nbytes_out 4\n\n")
