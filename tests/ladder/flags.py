"""The steps of flags: here the ladder is the server."""

import os
import signal
import tempfile

from ladder import Door, Failed, step

FLAG = b"GIF89a, or so"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(FLAG) + FLAG


class Folder:
    """Where the files go."""

    def __enter__(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.temporary.name, "flags")
        return self

    def __exit__(self, *_):
        self.temporary.cleanup()

    def expect(self, **files):
        """Fail unless it has these files, called ad for ad.gif, and no
        others."""
        names = os.listdir(self.path) if os.path.isdir(self.path) else []
        found = {}
        for name in names:
            with open(os.path.join(self.path, name), "rb") as file:
                found[name] = file.read()
        wanted = {f"{name}.gif": body for name, body in files.items()}
        if found != wanted:
            raise Failed("The folder has other files.", None,
                [f"{n}: {b!r}" for n, b in sorted(wanted.items())]
                or ["nothing"], [f"{n}: {b!r}" for n, b in
                    sorted(found.items())] or ["nothing"])


def download(program, door, folder, *options):
    """Start it."""
    return program.run("--base-url", f"http://127.0.0.1:{door.port}/flags",
        "-d", folder.path, *options)


def expect_request(caller, door):
    """Read a request; return the code that is asked for."""
    head = caller.read_to(b"\r\n\r\n", "A flag is asked for.").decode()
    code = head[len("GET /flags/"):][:2]
    wanted = (f"GET /flags/{code}/{code}.gif HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{door.port}\r\nUser-Agent: flags/0.1\r\n"
        "Accept: */*\r\nAccept-Encoding: identity")
    if head != wanted:
        raise Failed("A flag is asked for.", None, wanted.splitlines(),
            head.splitlines())
    return code


@step("the question",
    evented="""To look up a name may block, so it is a job for another thread
    (look_up); to connect does not, and tells by an event. Then the request is
    written.""",
    threaded="""Each worker is a thread, which takes a job and does it from
    beginning to end: connect, send, read, save. It waits in poll, so that a
    limit of time or a stop can end the wait.""",
    read=["flags.c:reach", "flags.c:connect_to", "flags.c:send_request"])
def the_question(program):
    with Folder() as folder, Door(program) as door, \
            download(program, door, folder, "us"), door.accept() as caller:
        expect_request(caller, door)


@step("a file",
    evented="""The answer comes in pieces, by on_readable, and is parsed as far
    as it goes (read_event). Saving may wait for the disk: it is a job for
    another thread, and on_saved is called when it is done.""",
    threaded="""The answer comes in pieces: read_answer waits for each and parses
    it. Each piece is written to the file at once, by the worker.""",
    read=["flags.c:read_answer", "flags.c:take_in",
        (None, "flags.c:on_readable"), (None, "flags.c:save"),
        (None, "flags.c:on_saved")])
def a_file(program):
    with Folder() as folder, Door(program) as door, \
            download(program, door, folder, "us") as process:
        with door.accept() as caller:
            expect_request(caller, door)
            caller.send_in_pieces(OK)
            caller.expect_end(what="The only flag has been sent.")
        process.expect_exit(0, "when the flag is saved")
        folder.expect(us=FLAG)


@step("several at once",
    evented="""There are so many jobs at work as may be at once; each is a
    struct that knows how far it has come. When one is done the next takes its
    place, on the same connection where it can.""",
    threaded="""There are so many workers as may be at once; each takes the next
    job when it is done with one, on the same connection where it can.""",
    read=["flags.c:find_job", ("flags.c:take_job", "flags.c:on_turn"),
        ("flags.c:start_workers", "flags.c:find_link")])
def several_at_once(program):
    codes = ["cn", "de", "fr", "in", "us"]
    with Folder() as folder, Door(program) as door, \
            download(program, door, folder, "-m", "3", *codes) as process:
        callers = [door.accept() for _ in range(3)]
        asked = [expect_request(caller, door) for caller in callers]
        if door.has_more(0.2):
            raise Failed("At most three requests at once.", None,
                ["3 connections"], ["4 of them"])
        # The others are kept waiting.
        for _ in range(2):
            callers[0].send(OK)
            asked.append(expect_request(callers[0], door))
        for caller in callers:
            caller.send(OK)
        for caller in callers:
            caller.expect_end(what="All flags have been sent.")
            caller.close()
        process.expect_exit(0, "when all flags are saved")
        if sorted(asked) != codes:
            raise Failed("Each flag is asked for once.", None, codes,
                sorted(asked))
        folder.expect(**dict.fromkeys(codes, FLAG))


@step("errors",
    evented="""Whatever goes wrong with a job, at whatever place, it comes to
    one end (settle), which counts it, and the others go on.""",
    threaded="""Whatever goes wrong with a job, at whatever place, the worker
    returns to one place (work), which counts it, and goes on with the next.""",
    read=["flags.c:fetch", ("flags.c:work", "flags.c:settle")])
def errors(program):
    with Folder() as folder, Door(program) as door, \
            download(program, door, folder, "-m", "1", "cn", "de", "fr",
                "us") as process:
        with door.accept() as caller:
            expect_request(caller, door)
            caller.send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            expect_request(caller, door)
            caller.send(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")
            expect_request(caller, door)
            # Half of it.
            caller.send(OK[:-5])
        with door.accept() as caller:
            last = expect_request(caller, door)
            caller.send(OK)
            caller.expect_end(what="All flags have been answered.")
        process.expect_exit(1, "as two flags were errors")
        folder.expect(**{last: FLAG})


@step("deadlines",
    evented="""Each job has a timer, set anew whenever something has come
    (await); on_timer gives the job up.""",
    threaded="""Each wait is a poll with the time that is left.""",
    read=["flags.c:await", (None, "flags.c:on_timer")])
def deadlines(program):
    with Folder() as folder, Door(program) as door, \
            download(program, door, folder, "--timeout", "0.5", "de",
                "us") as process:
        callers = [door.accept() for _ in range(2)]
        for caller in callers:
            expect_request(caller, door)
        callers[0].send(OK[:-5])
        process.expect_exit(1, "when nothing more comes")
        folder.expect()
        for caller in callers:
            caller.close()


@step("an interruption",
    evented="""A signal is a descriptor that the loop watches. What is not
    complete is dropped; the loop ends when the jobs are let go.""",
    threaded="""The main thread waits for signals; the workers are woken out of
    their waits, drop what is not complete, and end.""",
    read=["flags.c:stop", ("flags.c:await_signal", "flags.c:on_signal"),
        "flags.c:drop_rest"])
def an_interruption(program):
    with Folder() as folder, Door(program) as door, \
            download(program, door, folder, "-m", "2", "de", "fr",
                "us") as process:
        callers = [door.accept() for _ in range(2)]
        asked = [expect_request(caller, door) for caller in callers]
        callers[0].send(OK)
        callers[1].send(OK[:-5])
        expect_request(callers[0], door)
        process.signal(signal.SIGINT)
        process.expect_exit(128 + signal.SIGINT, "after SIGINT")
        folder.expect(**{asked[0]: FLAG})
        for caller in callers:
            caller.close()
