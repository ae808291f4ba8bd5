"""The steps of guess-client: here the ladder is the server."""

import subprocess
import time

from ladder import Door, Failed, step


def expect_output(process, output, code=0, errors=""):
    """Fail unless the client ends like this, with this output."""
    process.expect_exit(code, "when the games are over")
    for what, wanted, found in (("It prints something else.", output,
            process.printed()), ("It complains otherwise.", errors,
            process.complaints())):
        if wanted != found:
            raise Failed(what, None, wanted.splitlines() or ["nothing"],
                found.splitlines() or ["nothing"])


@step("connect",
    evented="""There may be several addresses, and no call may wait for one. So
    one after the other is tried: connect_next begins, and the loop says how it
    went, by on_connected or on_gone.""",
    threaded="""net_connect tries one address after the other and waits for
    each. When it returns there is a connection.""",
    read=["guess_client.c:main", (None, "guess_client.c:connect_next"),
        (None, "stream.c:stream_connect")])
def connect(program):
    with Door(program) as door, program.run("1", "5", "3", port=door.port):
        door.accept().close()


@step("one line",
    evented="""Nothing is read yet: begin_game is called when the connection
    stands, and writes. It must not wait for the answer.""",
    threaded="""What begin_game did when the connection stood is the beginning
    of play: it writes, and the answer is waited for in the next line.""",
    read=[("guess_client.c:play", "guess_client.c:begin_game"),
        "guess_client.c:request_number", "stream.c:stream_write"])
def one_line(program):
    with Door(program) as door, program.run("1", "5", "3", port=door.port):
        with door.accept() as caller:
            caller.expect(b"PARAMS 1 5\nNUMBER\n", "A game begins.")


@step("one answer",
    evented="""The wait for the guess is the event loop's: on_line is called
    with it, and has to know from struct client which game and guess it is
    about.""",
    threaded="""on_line becomes a stream_read_line that waits; which game it is
    about is where the thread stands.""",
    read=[("guess_client.c:request_number", "guess_client.c:on_line"),
        (None, "guess_client.c:judge")])
def one_answer(program):
    with Door(program) as door, program.run("1", "5", "3", port=door.port):
        with door.accept() as caller:
            caller.expect(b"PARAMS 1 5\nNUMBER\n", "A game begins.")
            caller.send(b"1\n")
            caller.expect(b"REPORT Unsure\nNUMBER\n",
                "It judges the guess and asks for the next.")
            caller.send_in_pieces(b"2\n")
            caller.expect(b"REPORT Warmer\nNUMBER\n",
                "The guess came byte by byte.")


@step("all games",
    evented="""The loop over the games is gone: judge counts, and begin_game
    takes the next, or ends. At the end the stream is finished, the server
    closes, and on_gone ends the loop.""",
    threaded="""judge and begin_game become two loops, one in play and one in
    main; after them the stream is finished.""",
    read=[("guess_client.c:play", "guess_client.c:judge"),
        "guess_client.c:main", "stream.c:stream_finish"])
def all_games(program):
    with Door(program) as door, program.run("1", "5", "3", "7", "9", "8",
            port=door.port) as process:
        with door.accept() as caller:
            caller.expect(b"PARAMS 1 5\nNUMBER\n", "A game begins.")
            caller.send(b"3\n")
            caller.expect(b"REPORT Correct\nPARAMS 0 -1\n"
                b"PARAMS 7 9\nNUMBER\n", "The next game begins.")
            caller.send(b"7\n")
            caller.expect(b"REPORT Unsure\nNUMBER\n")
            caller.send(b"8\n")
            caller.expect_end(b"REPORT Correct\nPARAMS 0 -1\n",
                "All games are over.")
        expect_output(process,
            "Guess a number between 1 and 5! Shhhhh, it's 3.\n"
            "Guess a number between 7 and 9! Shhhhh, it's 8.\n"
            "Client: 3 is Correct\nClient: 7 is Unsure\n"
            "Client: 8 is Correct\n")


@step("bad servers",
    evented="""Whatever happens to the connection ends in on_gone, whatever the
    server says in on_line; both must know what was expected.""",
    threaded="""The server's end, or nonsense, is what stream_read_line returns
    instead of a guess.""",
    read=[("guess_client.c:request_number", "guess_client.c:on_gone"),
        (None, "guess_client.c:on_line")])
def bad_servers(program):
    for answer, errors in (
            (b"6\n", "the server guessed 6, which is not between 1 and 5"),
            (b"six\n", "the server sent no number but 'six'"),
            (None, "the server closed the connection")):
        with Door(program) as door, program.run(
                "1", "5", "3", port=door.port) as process:
            with door.accept() as caller:
                caller.expect(b"PARAMS 1 5\nNUMBER\n", "A game begins.")
                if answer:
                    caller.send(answer)
            expect_output(process,
                "Guess a number between 1 and 5! Shhhhh, it's 3.\n", 1,
                "guess-client: " + errors)


@step("deadlines",
    evented="""A timer is started with each request and stopped by the answer;
    when it fires, on_overdue is called.""",
    threaded="""stream_expect gives the next line a time limit, which
    stream_read_line keeps by poll (comes_in_time).""",
    read=[("stream.c:stream_expect", "guess_client.c:expect"),
        ("stream.c:comes_in_time", "guess_client.c:on_overdue")])
def deadlines(program):
    with Door(program) as door, program.run("--answer-timeout", "0.5",
            "1", "5", "3", port=door.port) as process:
        with door.accept() as caller:
            caller.expect(b"PARAMS 1 5\nNUMBER\n", "A game begins.")
            caller.send(b"1")
            expect_output(process,
                "Guess a number between 1 and 5! Shhhhh, it's 3.\n", 1,
                "guess-client: the server has not answered for 0.5 s")


@step("the user",
    evented="""With --ask the answers come from standard input, one more
    descriptor that the loop watches: it may be a terminal, a pipe or a file.
    While the user thinks, the loop hears the server too.""",
    threaded="""With --ask the answers come from standard input: getchar waits
    for them. Nobody hears the server meanwhile, so it is looked at afterwards
    (check_silence).""",
    read=["guess_client.c:ask",
        ("guess_client.c:check_silence", "guess_client.c:on_answer")])
def the_user(program):
    question = "Is it {}? [w]armer [c]older [s]ame [u]nsure [y]es: \n"
    with Door(program) as door, program.run("--ask", "1", "9",
            port=door.port, stdin=subprocess.PIPE) as process:
        with door.accept() as caller:
            caller.expect(b"PARAMS 1 9\nNUMBER\n", "A game begins.")
            caller.send(b"4\n")
            time.sleep(0.1)
            process.process.stdin.write(b"u\ny")
            process.process.stdin.close()
            caller.expect(b"REPORT Unsure\nNUMBER\n", "The user is unsure.")
            caller.send(b"5\n")
            caller.expect_end(b"REPORT Correct\nPARAMS 0 -1\n",
                "The user says yes; the last answer needs no line end.")
        expect_output(process, "Think of a number between 1 and 9.\n"
            + question.format(4) + question.format(5)
            + "Found in 2 guesses.\nClient: 4 is Unsure\n"
            "Client: 5 is Correct\n")


@step("the user and the server",
    evented="""What the server says while the user thinks was not asked for:
    on_line must know that (asking). A user who quits ends all games.""",
    threaded="""What the server says while the user thinks was not asked for,
    and must be noticed before the answer is used. A user who quits ends all
    games.""",
    read=[("guess_client.c:check_silence", "guess_client.c:on_line"),
        "guess_client.c:ask"])
def the_user_and_the_server(program):
    question = "Is it 4? [w]armer [c]older [s]ame [u]nsure [y]es: "
    with Door(program) as door, program.run("--ask", "1", "9",
            port=door.port, stdin=subprocess.PIPE) as process:
        with door.accept() as caller:
            caller.expect(b"PARAMS 1 9\nNUMBER\n", "A game begins.")
            caller.send(b"4\n")
            process.wait_until(lambda: question in process.printed())
            caller.send(b"5\n")
            time.sleep(0.1)
            try:
                process.process.stdin.write(b"u\n")
                process.process.stdin.close()
            except BrokenPipeError:
                pass
            process.expect_exit(1, "when the server speaks unasked")
            if "the server sent '5' unasked" not in process.complaints():
                raise Failed("The server spoke while the user thought.", None,
                    ["guess-client: the server sent '5' unasked"],
                    process.complaints().splitlines() or ["nothing"])
    with Door(program) as door, program.run("--ask", "1", "9", "1", "9",
            port=door.port, stdin=subprocess.PIPE) as process:
        with door.accept() as caller:
            caller.expect(b"PARAMS 1 9\nNUMBER\n", "A game begins.")
            caller.send(b"4\n")
            process.process.stdin.write(b"q\n")
            process.process.stdin.close()
            caller.expect_end(what="The user quits.")
        expect_output(process, "Think of a number between 1 and 9.\n"
            + question + "\n")
