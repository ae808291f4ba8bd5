#!/usr/bin/python3
"""
The porting exercise: what `make exercise` lays out, and that each step of the
ladder (tests/ladder/) sees what it is there to see: the finished program is
broken in one way for each step, and that step, no earlier one, fails.
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest

from harness import ROOT, TESTS, main, only_if_full, template

sys.path.insert(0, os.path.join(ROOT, "report", "porting"))
import exercise
import ladder
import twins

# Seconds to wait for what comes, as the machine may be busy; and for what does
# not.
LONG, SHORT = 60, ladder.PATIENCE

# Without sanitizers, in a quarter of the time.
PLAIN = ["CFLAGS=-O0 -std=c11 -pthread -fPIE", "LDFLAGS=-pie -pthread"]


def cut(file, name):
    """Break a program: this function does nothing any more."""
    def change(texts):
        source = twins.Source(texts[file])
        function = source.find(name)
        brace = function.lines.index("{")
        texts[file] = texts[file].replace("\n".join(function.lines),
            "\n".join([*function.lines[:brace + 1],
                *exercise.body_of(function), "}"]))
    return change


def swap(file, old, new):
    """Break a program: this stands there instead of that."""
    def change(texts):
        assert texts[file].count(old) == 1, (file, old)
        texts[file] = texts[file].replace(old, new)
    return change


@template
class Climb(unittest.TestCase):
    """A program climbs, finished and broken; made into classes below."""

    name = to = None
    # How each step is made to fail, and a part of what it says then.
    breaks = []

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.exercise = exercise.Exercise(cls.name, cls.to)
        cls.steps = ladder.load(cls.name)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def lay_out(self, name):
        """A folder, with the bodies in it."""
        folder = os.path.join(self.temporary.name, name)
        exercise.lay_out(self.exercise, folder, lambda text: text)
        return folder

    def write(self, folder, file, text):
        """Write a file of the twin."""
        with open(os.path.join(folder, self.to, file), "w",
                encoding="utf-8") as sources:
            sources.write(text)

    def build(self, folder, *flags, place="check"):
        """Build; the program."""
        made = subprocess.run(["make", "-C", folder, *flags],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False,
            env={**os.environ, "MAKEFLAGS": ""})
        self.assertEqual(made.returncode, 0, made.stdout)
        return ladder.Program(os.path.join(folder, "build", place,
            self.exercise.program), self.name, self.to, LONG)

    def climb(self, program, folder, steps, only=None):
        """Climb; the step that failed, and what was said."""
        said = []
        failed = ladder.climb(steps, program,
            ladder.Guide(folder, self.to), only, tell=said.append)
        return failed, "\n".join(said)

    def change(self, change):
        """Break the text of one file; (its name, the right text, the wrong)."""
        right = {os.path.basename(path): text for path, text in
            self.exercise.texts[self.to].items()}
        wrong = dict(right)
        change(wrong)
        file, = (name for name in right if wrong[name] != right[name])
        return file, right[file], wrong[file]

    def test_what_is_broken_is_there(self):
        self.assertEqual(len(self.breaks), len(self.steps))
        for change, _ in self.breaks:
            self.change(change)

    @only_if_full
    def test_the_finished_program_passes_every_step(self):
        folder = self.lay_out("finished")
        failed, said = self.climb(self.build(folder), folder, self.steps)
        self.assertIsNone(failed, said)
        self.assertEqual(said.count("ok  "), len(self.steps), said)
        self.assertIn("All steps are passed.", said)

    def broken(self, name, breaks):
        """The finished program with one thing changed, again and again; (the
        number of a step, a program, its folder, what is to be said) each."""
        folder = self.lay_out(name)
        self.build(folder, *PLAIN)
        for number, change, words in breaks:
            file, right, wrong = self.change(change)
            self.write(folder, file, wrong)
            program = self.build(folder, *PLAIN)
            self.write(folder, file, right)
            # What is broken may be the stop.
            program.is_watched = True
            yield number, program, folder, words

    def check_failure(self, program, folder, number, words):
        """Fail unless a step fails, and says so."""
        program.patience = SHORT
        failed, said = self.climb(program, folder, self.steps, number)
        self.assertEqual(failed, number, said)
        self.assertIn(words, " ".join(said.split()))
        self.assertRegex(said, r"\n  expected  \S.*\n(  .*\n)*"
            r"  received  \S")
        self.assertRegex(said,
            rf"\n  read  .*(threaded|evented)/\w+\.[ch]:\d+ \w+")

    @only_if_full
    def test_each_step_sees_what_is_broken(self):
        for number, program, folder, words in self.broken("broken",
                [(n, *each) for n, each in enumerate(self.breaks, 1)]):
            with self.subTest(step=number, title=self.steps[number - 1].title):
                failed, said = self.climb(
                    program, folder, self.steps[:number - 1])
                self.assertIsNone(failed, said)
                self.check_failure(program, folder, number, words)


@template
class Mistaken(Climb):
    """The same, with mistakes that are easily made."""

    # Each with the title of the step that sees it.
    mistakes = []

    def test_mistakes_can_be_made(self):
        titles = [step.title for step in self.steps]
        for title, change, _ in self.mistakes:
            self.assertIn(title, titles)
            self.change(change)

    @only_if_full
    def test_other_mistakes_are_seen(self):
        titles = [step.title for step in self.steps]
        for number, program, folder, words in self.broken("mistaken",
                [(titles.index(title) + 1, change, words)
                    for title, change, words in self.mistakes]):
            with self.subTest(title=titles[number - 1], words=words):
                self.check_failure(program, folder, number, words)


ACCEPT = "Clients wait, but none is accepted."
SERVES = "The server does not say that it serves."
LEFT = "The clients have left, and the server still holds connections."
OTHER = "Another client, meanwhile."
STOPPED = "This had arrived when SIGTERM came."
QUEUED = "was not yet accepted when SIGTERM came."
LOST = "was lost, and the server still holds the connection."
WAIT = "the server should only wait."
NO_CALL = "no other should have been begun."
AFTER_ALL = "is answered all of that before another one, who asks once."
WORKER = "The only worker was at work for clients that have left."
TELNET = "A Telnet client wants to be echoed"
SECOND = "It should be waited for a second, not for ever."

# Mistakes that are made in what several programs link. With threads:
QUEUE_IS_CLOSED = swap("server.c",
    "for (int i = 0; i <= LIMIT_BACKLOG && !door->passed; i++)",
    "for (int i = 0; i < 0; i++)")
SENDS_FOR_EVER = swap("stream.c",
    "            stream->late = errno == EAGAIN;\n"
    "            stream->broken = true;\n",
    "            stream->late = errno == EAGAIN;\n")
# With events:
LOSS_IS_IGNORED = swap("stream.c", "    fail(stream, what & "
    "BEV_EVENT_CONNECTED ? ENOMEM : EVUTIL_SOCKET_ERROR());\n"
    "    drop(stream);\n", "")
NO_EDGES = swap("stream.c", "EV_READ | EV_CLOSED | EV_ET | EV_PERSIST",
    "EV_READ | EV_CLOSED | EV_PERSIST")
THIRD = "Two clients may come, this is the third."


class EchoWithEvents(Mistaken):
    """echo_server.c, evented."""

    name, to = "echo_server", "evented"
    breaks = [
        (cut("echo_server.c", "start"), ACCEPT),
        (cut("echo_server.c", "on_bytes"), "What is sent comes back."),
        (cut("echo_server.c", "leave"), LEFT),
        (swap("echo_server.c", "    bufferevent_free(client->bev);",
            "    net_reset_on_close(bufferevent_getfd(client->bev));\n"
            "    bufferevent_free(client->bev);"), "then a reset"),
        # As in a callback that waits.
        (swap("echo_server.c", """\
    if (bufferevent_disable(bev, EV_READ) == -1 ||
        bufferevent_write_buffer(bev, bufferevent_get_input(bev)) == -1 ||
        bufferevent_enable(bev, EV_WRITE) == -1)
        leave(argument);
""", """\
    struct evbuffer *input = bufferevent_get_input(bev);

    while (evbuffer_get_length(input) > 0)
        evbuffer_write(input, bufferevent_getfd(bev));
"""), OTHER),
        (swap("echo_server.c", "if (options.idle_ms > 0)", "if (false)"),
            "A silent client is let go."),
        (swap("echo_server.c", "net_waiting(bufferevent_getfd(client->bev)) == 0",
            "false"), "SIGTERM came while a client was idle."),
        (swap("echo_server.c", "if (count < options.max_connections)", "if (true)"),
            THIRD),
    ]
    mistakes = [
        ("slow readers", swap("echo_server.c", "{\n    leave(argument);\n}",
            "{\n    if (!(what & BEV_EVENT_ERROR))\n"
            "        leave(argument);\n}"), LOST),
    ]


class EchoWithThreads(Mistaken):
    """echo_server.c, threaded."""

    name, to = "echo_server", "threaded"
    breaks = [
        (cut("echo_server.c", "start"), ACCEPT),
        (swap("echo_server.c", "send_all(fd, bytes, (size_t)got)",
            "send_all(fd, bytes, 0)"), "What is sent comes back."),
        (swap("echo_server.c", "    close(fd);\n    sem_post", "    sem_post"), LEFT),
        (swap("echo_server.c", "    close(fd);\n    sem_post",
            "    net_reset_on_close(fd);\n    close(fd);\n    sem_post"),
            "then a reset"),
        (swap("echo_server.c", "MSG_NOSIGNAL)", "MSG_NOSIGNAL | MSG_DONTWAIT)"),
            "What is sent comes back."),
        (swap("echo_server.c", "poll(ways, 2, idle)", "poll(ways, 2, -1)"),
            "A silent client is let go."),
        (swap("echo_server.c", "poll(ways, 2, idle)", "poll(ways, 1, idle)"),
            STOPPED),
        (swap("echo_server.c", "(unsigned)options.max_connections)",
            "(unsigned)options.max_connections + 1)"), THIRD),
    ]
    mistakes = [
        ("slow readers", swap("echo_server.c", "MSG_NOSIGNAL);\n\n"
            "        if (sent == -1)\n", "MSG_NOSIGNAL | MSG_DONTWAIT);\n\n"
            "        if (sent == -1 && errno == EAGAIN)\n"
            "            continue;\n        if (sent == -1)\n"), WAIT),
        ("slow readers", swap("echo_server.c", "        if (sent == -1)\n"
            "            return false;\n", "        if (sent == -1)\n"
            "            continue;\n"), LOST),
    ]


class GameWithEvents(Mistaken):
    """guess_server.c and what it needs, evented."""

    name, to = "guess_server", "evented"
    breaks = [
        (cut("server.c", "listen_to_all"), SERVES),
        (cut("stream.c", "deliver_line"),
            "A new game is answered by nothing."),
        (cut("stream.c", "flush"), "There is no answer."),
        # All share the loop's buffer.
        (cut("stream.c", "keep_input"), "A hundred clients ask."),
        (swap("stream.c",
            "return line_last(&stream->scanner, data, size, line);",
            "return LINE_END;"), "All was sent, then the client closed"),
        (cut("stream.c", "is_owing"), "should stop reading from it."),
        (cut("keeper.c", "sweep"), "must be whole in time."),
        (swap("stream.c", "stream->arrived = net_waiting(stream->fd);",
            "stream->arrived = 0;"), STOPPED),
        (cut("server.c", "reserve"), THIRD),
        (swap("executor.c", "if (executor->count == 0) {", "if (true) {"),
            "another client was served only after it."),
        (cut("server.c", "server_count"), "SIGUSR1 prints the counters."),
    ]
    mistakes = [
        ("one answer", swap("stream.c",
            "    stream->loop->gathered += replied;\n", ""), TELNET),
        ("many clients", swap("stream.c", "event_add(loop->turn, &now);",
            "event_active(loop->turn, 0 * (short)now.tv_sec, 0);"), AFTER_ALL),
        ("many clients", swap("stream.c", "i < MESSAGES_A_TURN &&", ""),
            AFTER_ALL),
        ("slow readers", LOSS_IS_IGNORED, LOST),
        ("deadlines", swap("stream.c", "        if (now >= stream->deadline)\n"
            "            drop(stream);\n", ""), SECOND),
        ("the stop", QUEUE_IS_CLOSED, QUEUED),
        ("calls that block", swap("server.c", "            executor_stop("
            "server->doors[i].program->executor);\n", "            ;\n"),
            NO_CALL),
        ("calls that block", NO_EDGES, WAIT),
    ]


class GameWithThreads(Mistaken):
    """guess_server.c and what it needs, threaded."""

    name, to = "guess_server", "threaded"
    breaks = [
        (cut("server.c", "accept_clients"), "Three clients come, and are not accepted,"),
        (swap("stream.c", "stream->end += take_", "stream->end += 0 * take_"),
            "An empty line ends the conversation."),
        (swap("stream.c",
            "return send_all(stream, stream->output, length);",
            "return length < SIZE_MAX;"), "There is no answer."),
        # What belongs to one client belongs to all.
        (swap("guess_server.c", "    struct guess_session session;\n"
            "    struct guess_reply", "    static struct guess_session session;"
            "\n    struct guess_reply"), "A hundred clients ask."),
        (swap("stream.c", "else if (stream->input_ended && !stream->broken)",
            "else if (false)"), "All was sent, then the client closed"),
        (swap("stream.c", "SEND_MAX, MSG_NOSIGNAL);",
            "SEND_MAX, MSG_NOSIGNAL | MSG_DONTWAIT);"),
            "The answers are not all there, in order."),
        (cut("keeper.c", "sweep"), "must be whole in time."),
        (swap("stream.c", "stream->arrived = net_waiting(stream->fd);",
            "stream->arrived = 0;"), STOPPED),
        (swap("server.c", "admission_decide(server->active,",
            "admission_decide(0,"), THIRD),
        (cut("executor.c", "executor_call"), "another client was served only after it."),
        (cut("server.c", "server_count"), "SIGUSR1 prints the counters."),
    ]
    mistakes = [
        ("one answer", swap("stream.c", "    stream_commit(stream, replied);\n",
            ""), TELNET),
        ("slow readers", SENDS_FOR_EVER, LOST),
        ("deadlines", swap("stream.c", "poll(&peer, 1, (int)left)",
            "poll(&peer, 1, -1)"), SECOND),
        ("the stop", QUEUE_IS_CLOSED, QUEUED),
        ("calls that block", swap("server.c", "            executor_stop("
            "server->doors[i].program->executor);\n", "            ;\n"),
            NO_CALL),
    ]

    @only_if_full
    def test_what_threads_do_at_once_is_seen(self):
        folder = self.lay_out("races")
        failed, said = self.climb(self.build(folder, "SAN=thread",
            place="check-thread"), folder, self.steps)
        self.assertIsNone(failed, said)
        self.write(folder, "server.c",
            self.exercise.texts[self.to]["threaded/server.c"].replace(
            """    pthread_mutex_lock(&server->lock);
    STAILQ_INSERT_TAIL(&server->ended, connection, next_ended);
    give_back(server, connection->refused, served);
    pthread_mutex_unlock(&server->lock);
""", """    STAILQ_INSERT_TAIL(&server->ended, connection, next_ended);
    give_back(server, connection->refused, served);
"""))
        failed, said = self.climb(self.build(folder, "SAN=thread",
            place="check-thread"), folder, self.steps)
        self.assertIsNotNone(failed, said)
        self.assertIn("WARNING: ThreadSanitizer: data race", said)


class FinderWithEvents(Mistaken):
    """charfinder.c and what it needs, evented."""

    name, to = "charfinder", "evented"
    breaks = [
        (swap("charfinder.c", "if (options.http_port != CLI_NO_PORT)",
            "if (false)"), SERVES),
        (cut("charfinder.c", "begin_talk"), "is prompted."),
        (cut("stream.c", "fill_output"), "There is no answer."),
        (cut("stream.c", "keep_input"), "Fifty clients ask."),
        (swap("stream.c",
            "return line_last(&stream->scanner, data, size, line);",
            "return LINE_END;"), "All was sent, then the client closed"),
        (cut("stream.c", "is_owing"), "slow readers"),
        (cut("keeper.c", "sweep"), "must be whole in time."),
        (swap("stream.c", "stream->arrived = net_waiting(stream->fd);",
            "stream->arrived = 0;"), STOPPED),
        (cut("http_server.c", "send_answer"), "no whole head."),
        (swap("http_server.c", "    if (late)\n", "    if (false)\n"),
            "no whole head."),
        (cut("charfinder.c", "count"), "/metrics has the counters."),
    ]
    mistakes = [
        ("slow readers", LOSS_IS_IGNORED, "still holds connections."),
        ("the stop", QUEUE_IS_CLOSED, QUEUED),
    ]


class FinderWithThreads(Mistaken):
    """charfinder.c and what it needs, threaded."""

    name, to = "charfinder", "threaded"
    breaks = [
        (swap("charfinder.c", "if (options.http_port != CLI_NO_PORT)",
            "if (false)"), SERVES),
        (swap("stream.c",
            "return send_all(stream, stream->output, length);",
            "return length < SIZE_MAX;"), "is prompted."),
        (swap("charfinder.c", "    do {\n        tell(stream, &talk);\n"
            "        status = stream_read_line(stream, &line);\n",
            "    tell(stream, &talk);\n    do {\n"
            "        status = stream_read_line(stream, &line);\n"),
            "There is no answer."),
        (swap("stream.c", "    close(stream->fd);\n", ""), LEFT),
        (swap("stream.c", "else if (stream->input_ended && !stream->broken)",
            "else if (false)"), "All was sent, then the client closed"),
        (swap("stream.c", "SEND_MAX, MSG_NOSIGNAL);",
            "SEND_MAX, MSG_NOSIGNAL | MSG_DONTWAIT);"),
            "The answers are not all there, in order."),
        (cut("keeper.c", "sweep"), "must be whole in time."),
        (swap("stream.c", "stream->arrived = net_waiting(stream->fd);",
            "stream->arrived = 0;"), STOPPED),
        (cut("http_server.c", "send_answer"), "no whole head."),
        (swap("http_server.c", "return stream_is_late(stream);",
            "return false;"), "no whole head."),
        (cut("charfinder.c", "count"), "/metrics has the counters."),
    ]
    mistakes = [
        ("slow readers", SENDS_FOR_EVER, "still holds connections."),
        ("the stop", QUEUE_IS_CLOSED, QUEUED),
    ]


class ClientWithEvents(Climb):
    """guess_client.c and what it needs, evented."""

    name, to = "guess_client", "evented"
    breaks = [
        (cut("guess_client.c", "connect_next"), "does not connect."),
        (cut("guess_client.c", "begin_game"), "A game begins."),
        (cut("guess_client.c", "judge"), "It judges the guess"),
        (swap("guess_client.c", "    client->game++;\n", ""),
            "The next game begins."),
        (swap("guess_client.c",
            "    client->guess = guess_client_take(player, status, line);",
            "    if (status == LINE_READY)\n"
            "        player_number(line, &client->guess);"),
            "the server guessed 6"),
        (cut("guess_client.c", "expect"), "when the games are over"),
        (cut("guess_client.c", "on_answer"), "The user is unsure."),
        (swap("guess_client.c", "    if (client->asking)\n"
            "        guess_client_complain(player, status, line, true);\n", ""),
            "speaks unasked"),
    ]


class ClientWithThreads(Climb):
    """guess_client.c and what it needs, threaded."""

    name, to = "guess_client", "threaded"
    breaks = [
        (swap("guess_client.c", "options->host, options->port, "
            "options->answer_ms", "options->host, 1, options->answer_ms"),
            "does not connect."),
        (swap("guess_client.c", "    stream_write(client->stream, "
            "PLAYER_NUMBER, strlen(PLAYER_NUMBER));\n", ""), "A game begins."),
        (swap("guess_client.c", "player_judge(player, guess)", "GUESS_SAME"),
            "It judges the guess"),
        (swap("guess_client.c", "        played++;", "        played += 2;"),
            "The next game begins."),
        (swap("guess_client.c",
            "return guess_client_take(&client->player, status, &line);",
            "int64_t guess = 3;\n\n    if (status == LINE_READY)\n"
            "        player_number(&line, &guess);\n    return guess;"),
            "when the games are over"),
        (swap("guess_client.c", "stream_expect(client->stream, "
            "client->options.answer_ms);", "stream_expect(client->stream, 0);"),
            "when the games are over"),
        (swap("guess_client.c", "if (byte == EOF && typed.length == 0)",
            "if (byte == EOF)"), "The user says yes"),
        (cut("guess_client.c", "check_silence"), "while the user thought."),
    ]


class SpinnerWithEvents(Climb):
    """spinner.c, evented."""

    name, to = "spinner", "evented"
    breaks = [
        (cut("spinner.c", "on_slow"), "when the function is done"),
        (cut("spinner.c", "on_turn"), "every 50 milliseconds."),
        (swap("spinner.c",
            "        event_active(spinner->turning, 0, 0);", "        ;"),
            "The first frame is shown at once"),
        (cut("spinner.c", "check_command"), "when the command has exited"),
        (swap("spinner.c", "        spinner_signal(&spinner->line, "
            "spinner->command, (int)signal.ssi_signo,\n"
            "            signal.ssi_code <= 0);\n", ""), "after SIGTERM"),
        (cut("spinner.c", "block"), "when the function is done"),
    ]


class SpinnerWithThreads(Climb):
    """spinner.c, threaded."""

    name, to = "spinner", "threaded"
    breaks = [
        (swap("spinner.c", "    return SPINNER_ANSWER;", "    return 41;"),
            "The answer is told at the end."),
        (cut("spinner.c", "turn"), "every 50 milliseconds."),
        (swap("spinner.c", "    pthread_cond_signal(&spinner->ended);\n", ""),
            "before the next frame is due"),
        (swap("spinner.c", "return spinner_exit_code(status);",
            "return status;"), "when the command has exited"),
        (swap("spinner.c", "        spinner_signal(&spinner->line, "
            "spinner->command, signal.si_signo,\n"
            "            signal.si_code <= 0);\n", ""), "after SIGTERM"),
        # The lock is held while the function blocks.
        (swap("spinner.c", "    while (nanosleep(&left, &left) == -1)\n"
            "        ;\n", "    if (spinner->options->block)\n"
            "        pthread_mutex_lock(&spinner->lock);\n"
            "    nanosleep(&left, &left);\n    if (spinner->options->block)\n"
            "        pthread_mutex_unlock(&spinner->lock);\n"),
            "the spinner turns all the same."),
    ]


class FlagServerWithEvents(Mistaken):
    """flag_server.c and what it needs, evented."""

    name, to = "flag_server", "evented"
    mistakes = [("those who do not wait", NO_EDGES, WAIT)]
    breaks = [
        (swap("flag_server.c", "if (options->ports[door] == CLI_NO_PORT)",
            "if (door != 0)"), SERVES),
        (cut("http_server.c", "send_answer"), "no whole head."),
        (cut("stream.c", "keep_input"), "many clients"),
        # As in a callback that waits.
        (swap("http_server.c", "    stream_pause(stream, ms == "
            "HTTP_SITE_FOREVER ? 0 : ms);\n    return BYTES_LATER;",
            "    nanosleep(&(struct timespec) { .tv_sec = ms / 1000 }, NULL);\n"
            "    return BYTES_DUE;"), "answers that come later"),
        (cut("stream.c", "look_at_peer"), "still holds connections."),
        (cut("stream.c", "stream_reset"), "Every connection is reset."),
        (cut("keeper.c", "keeper_cut"), "when SIGTERM came."),
        (cut("flag_server.c", "reload"), "has the folder read again."),
    ]


class FlagServerWithThreads(Mistaken):
    """flag_server.c and what it needs, threaded."""

    name, to = "flag_server", "threaded"
    mistakes = [("those who do not wait", swap("stream.c",
        "stream->has_left ? 0 : POLLRDHUP", "POLLIN | POLLRDHUP"),
        "has sent its next request meanwhile.")]
    breaks = [
        (swap("flag_server.c", "if (options->ports[door] == CLI_NO_PORT)",
            "if (door != 0)"), SERVES),
        (cut("http_server.c", "send_answer"), "no whole head."),
        (swap("stream.c", "    close(stream->fd);\n", ""), LEFT),
        (swap("http_server.c", "while (site->wait != NULL && (ms = "
            "site->wait(answer)) != 0) {", "while (false) {"), "came at once"),
        (cut("stream.c", "ends_by_peer"), "still holds connections."),
        (cut("stream.c", "stream_reset"), "Every connection is reset."),
        (cut("keeper.c", "keeper_cut"), "when SIGTERM came."),
        (cut("flag_server.c", "reload"), "has the folder read again."),
    ]


class FlagsWithEvents(Climb):
    """flags.c and what it needs, evented."""

    name, to = "flags", "evented"
    breaks = [
        (cut("flags.c", "send_request"), "A flag is asked for."),
        (cut("flags.c", "save"), "The folder has other files."),
        (swap("flags.c", "flags->places > 0", "true"),
            "At most three requests at once."),
        (swap("flags.c", "        submit_save(job, true);\n    else\n"
            "        put_back(job);\n", "        submit_save(job, true);\n"),
            "A flag is asked for."),
        (cut("flags.c", "on_timer"), "when nothing more comes"),
        (cut("flags.c", "on_signal"), "after SIGINT"),
    ]


class FlagsWithThreads(Climb):
    """flags.c and what it needs, threaded."""

    name, to = "flags", "threaded"
    breaks = [
        (cut("flags.c", "send_request"), "A flag is asked for."),
        (cut("flags.c", "settle_file"), "a file"),
        (swap("flags.c", "flags->options.connections < flags->options.count",
            "false"), "At most three requests at once."),
        (swap("flags.c", "        fetch(worker, job);\n",
            "        fetch(worker, job);\n"
            "        if (job->transfer.step != TRANSFER_SAVE)\n"
            "            break;\n"), "A flag is asked for."),
        (swap("flags.c", "        if (now >= until)\n"
            "            return WAITED_LATE;\n", ""),
            "when nothing more comes"),
        (cut("flags.c", "await_signal"), "after SIGINT"),
    ]


class PushWithEvents(Mistaken):
    """push_server.c and what it needs, evented."""

    name, to = "push_server", "evented"
    breaks = [
        (cut("server.c", "listen_to_all"), SERVES),
        (cut("push_server.c", "send_answer"), "no whole head."),
        (cut("push_server.c", "feed"), "Two pieces, and the end."),
        (cut("push_server.c", "on_news"), "for all who listen."),
        (swap("push_server.c",
            "until == NEVER ? 0 : until > now ? until - now : 1);", "0);"),
            "a poll The answer has no whole head."),
        (cut("stream.c", "look_at_peer"), "still holds connections."),
        (cut("push_server.c", "take_frames"), "A WebSocket echoes."),
        (cut("push_server.c", "hear_of_stop"), "the stop"),
    ]
    mistakes = [
        ("a poll", NO_EDGES, WAIT),
        ("those who leave", cut("push_server.c", "end_job"), WORKER),
        ("both directions", swap("push_server.c", "    if (until == NEVER)\n",
            "    if (left > 0)\n"), "sent a ping"),
        ("the stop", cut("push_server.c", "hurry_job"), "made at once"),
    ]


class PushWithThreads(Mistaken):
    """push_server.c and what it needs, threaded."""

    name, to = "push_server", "threaded"
    breaks = [
        (cut("server.c", "accept_clients"), ACCEPT),
        (cut("push_server.c", "send_answer"), "no whole head."),
        (cut("push_server.c", "feed"), "Two pieces, and the end."),
        (cut("push_server.c", "tell_all"), "for all who listen."),
        (swap("push_server.c", "        stream_rouse(visit->stream);\n    }\n"
            "    pthread_mutex_unlock(&visit->lock);",
            "    }\n    pthread_mutex_unlock(&visit->lock);"), "a poll"),
        (cut("stream.c", "ends_by_peer"), "still holds connections."),
        (cut("push_server.c", "take_frames"), "A WebSocket echoes."),
        (cut("push_server.c", "hear_of_stop"), "the stop"),
    ]
    mistakes = [
        ("a message for all", swap("stream.c", "MSG_DONTWAIT | MSG_NOSIGNAL",
            "MSG_NOSIGNAL"), "the others still get each message."),
        ("those who leave", swap("push_server.c",
            "    job->cancelled = true;\n", ""), WORKER),
        ("the stop", cut("push_server.c", "hurry_job"), "made at once"),
    ]


@only_if_full
class Skeletons(unittest.TestCase):
    """What is laid out."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = os.path.join(temporary.name, "port")

    def make(self, *arguments, where=ROOT):
        """Run make; (exit code, output)."""
        made = subprocess.run(["make", "-s", "-C", where, *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False,
            env={**os.environ, "MAKEFLAGS": ""})
        return made.returncode, made.stdout

    def lay_out(self, name, to="evented", *more):
        """Run `make exercise`."""
        code, said = self.make("exercise", f"NAME={name}", f"TO={to}",
            f"DIR={self.folder}", "BRIEF=1", *more)
        self.assertEqual(code, 0, said)
        return said

    def read(self, *path):
        """The text of a file of the folder."""
        with open(os.path.join(self.folder, *path), encoding="utf-8") as file:
            return file.read()

    def check_skeleton(self, name, to):
        """Fail unless a skeleton compiles silently, fails step 1, and names
        main."""
        self.lay_out(name, to)
        code, said = self.make(where=self.folder)
        self.assertEqual(code, 0, said)
        self.assertNotRegex(said, "warning|error")
        code, said = self.make("check", where=self.folder)
        self.assertEqual(code, 2, said)
        self.assertTrue(said.startswith("FAILED  1 "), said)
        self.assertRegex(said, rf"\n  to write  {to}/{name}\.c:\d+ main\n")

    def test_they_compile_without_warnings_and_fail_step_1(self):
        for name in ladder.NAMES:
            for to in twins.TWINS:
                with self.subTest(name=name, to=to):
                    self.folder = os.path.join(
                        os.path.dirname(self.folder), f"{name}-{to}")
                    self.check_skeleton(name, to)

    def test_all_stands_but_the_bodies(self):
        self.lay_out("guess_server")
        for file in "guess_server.c", "stream.c", "keeper.c", "server.c", \
                "executor.c":
            model = twins.Source(twins.read("evented", file))
            skeleton = twins.Source(self.read("evented", file))
            self.assertEqual(skeleton.names(), model.names())
            self.assertEqual(skeleton.rest, model.rest)
            for mine, theirs in zip(skeleton.functions, model.functions):
                brace = theirs.lines.index("{")
                self.assertEqual(mine.lines[:brace + 1],
                    theirs.lines[:brace + 1])
                self.assertEqual(mine.lines[brace + 1], "    UNWRITTEN();")
                self.assertLessEqual(len(mine.lines), brace + 4)
                self.assertEqual(mine.before, theirs.before)
        for path in "evented/stream.h", "threaded/stream.c", "common/guess.c":
            self.assertEqual(self.read(path), twins.read(path))
        self.assertEqual(sorted(os.listdir(os.path.join(
            self.folder, "evented"))), ["executor.c", "executor.h",
            "guess_server.c", "keeper.c", "keeper.h", "server.c", "server.h",
            "stream.c", "stream.h"])

    def test_bodies_return_a_value_of_their_type(self):
        for head, body in (("static void\nf(void)", []),
                ("static bool\nf(void)", ["    return false;"]),
                ("struct x *\nf(void)", ["    return NULL;"]),
                ("static const char *\nf(int a,\n    int b)",
                    ["    return NULL;"]),
                ("enum x\nf(void)", ["    return (enum x)0;"]),
                ("struct x\nf(void)", ["    return (struct x) { 0 };"]),
                ("static int64_t\nf(void)", ["    return 0;"]),
                ("_Noreturn void\nf(void)", ["    abort();"])):
            with self.subTest(head=head):
                text = f"/* A. */\n{head}\n{{\n    b();\n}}\n"
                source = twins.Source(text)
                self.assertEqual(exercise.body_of(source.functions[0]), body)
                self.assertEqual(exercise.cut_bodies(text), "\n".join(
                    ["/* A. */", head, "{", "    UNWRITTEN();", *body, "}",
                        ""]))

    def test_work_is_not_written_over(self):
        self.lay_out("echo_server")
        code, said = self.make("exercise", "NAME=echo_server", f"DIR={self.folder}")
        self.assertNotEqual(code, 0)
        self.assertIn(f"{self.folder} is not empty, and may hold your work",
            said)

    def test_an_unknown_program_is_refused_with_those_there_are(self):
        code, said = self.make("exercise", "NAME=nosuch",
            f"DIR={self.folder}")
        self.assertNotEqual(code, 0)
        self.assertIn("no exercise is called 'nosuch'; there are "
            + ", ".join(ladder.NAMES), said)
        self.assertFalse(os.path.exists(self.folder))

    def test_the_readme_says_what_each_step_needs(self):
        said = self.lay_out("echo_server", "evented", "BRIEF=")
        self.assertIn(f"make -C {self.folder} check", said)
        text = self.read("README.md")
        steps = ladder.load("echo_server")
        for number, step in enumerate(steps, 1):
            self.assertIn(f"\n### {number} {step.title}\n", text)
        needs = [set(re.findall(r"`(\w+)`", part)) for part in
            re.findall(r"^Called for the first time: (.*?)\.$", text,
                re.MULTILINE | re.DOTALL)]
        self.assertEqual(needs[0], {"main", "on_accept", "start"})
        self.assertEqual(needs[1], {"on_bytes", "on_sent"})
        self.assertEqual(set().union(*needs) - {"on_accept_error", "on_resume",
            "rest"}, {"main", "on_accept", "start", "on_bytes", "on_sent",
            "on_event", "leave", "on_signal"})

    def test_the_race_is_that_of_compare(self):
        raced = set()
        for name, words in (("guess_server", "--peer-speaks game --peer "
                "'yours=build/race/guess-server --port {port} --quiet'"),
                ("charfinder", "--peer-speaks charfinder --peer "
                "'yours=build/race/charfinder --port {port} --http-port off "
                "--quiet'"),
                ("push_server", "--only echo-50 --output build/report "
                "--peer-speaks push --peer 'yours=build/race/push-server "
                "--port {port} --quiet'"),
                ("echo_server", "--only lines-50 --output build/report "
                "--peer-speaks echo --peer 'yours=build/race/echo-server "
                "--port {port}'"),
                ("flag_server", "--peer-speaks flag-server --peer "
                "'yours=build/race/flag-server --port {port} --delay-port off "
                "--error-port off --quiet'"),
                ("flags", "--only load-20,load-flat-30 --output build/report "
                "--peer-speaks flags --peer 'yours=build/race/flags'"),
                ("spinner", "--only spin,spin-block --output build/report "
                "--peer-speaks spinner --peer 'yours=build/race/spinner'"),
                ("guess_client", "There is nothing to race")):
            raced.add(name)
            self.folder = os.path.join(os.path.dirname(self.folder), name)
            self.lay_out(name)
            _, said = self.make("-n", "race", where=self.folder)
            self.assertIn(words, re.sub(r"\s*\\\n\s*", " ", said))
        self.assertEqual(raced, set(ladder.NAMES))

    def test_a_player_is_not_raced(self):
        self.lay_out("guess_client")
        self.assertEqual(self.make("race", where=self.folder), (0,
            "There is nothing to race: how long a guess-client takes is up to "
            "its server and its user.\n"))

    def test_a_race_in_any_language(self):
        for name, command, words in (
                ("charfinder", "./x {port} {web} {options}",
                    "--peer-speaks charfinder --peer 'yours=./x {port} 0 '"),
                ("flags", "./flags", "--peer-speaks flags "
                    "--peer 'yours=./flags'")):
            self.folder = os.path.join(os.path.dirname(self.folder), name)
            self.lay_out(name, "any")
            _, said = self.make("-n", "race", f"COMMAND={command}",
                where=self.folder)
            self.assertIn(words, re.sub(r"\s*\\\n\s*", " ", said))

    def test_any_language_climbs_by_its_command(self):
        self.lay_out("guess_server", "any")
        self.assertNotIn("unwritten.h", os.listdir(self.folder))
        peer = os.path.join(TESTS, "example_peer.py")
        code, said = self.make("check", where=self.folder,
            *[f"COMMAND={sys.executable} {peer} {{port}}"])
        self.assertEqual(code, 0, said)
        self.assertEqual(said.count("ok  "), 8, said)
        self.assertIn("All steps are passed, but for 3 skipped.", said)
        text = self.read("README.md")
        self.assertIn("are `--line-timeout`, `--idle-timeout`, "
            "`--stall-timeout`, `--strategy`, `--max-connections`, "
            "`--max-line`; `--help` of", " ".join(text.split()))
        self.assertEqual(text.count("Of the twins only: it is skipped."), 2)
        code, said = self.make("check", where=self.folder,
            *["COMMAND=no-such-server {port}"])
        self.assertNotEqual(code, 0)
        self.assertIn("The program could not be started.", said)


class Ladder(unittest.TestCase):
    """The ladder itself."""

    def test_there_is_one_for_every_program(self):
        programs = {file.removesuffix(".c") for file in twins.pairs()
            if twins.Source(twins.read("evented", file)).find("main")}
        self.assertEqual(set(ladder.NAMES), programs)
        files = {file.removesuffix(".py") for file in os.listdir(
            os.path.join(TESTS, "ladder")) if file.endswith(".py")}
        self.assertEqual(files - {"ladder", "ladder_web"}, programs)

    def test_what_to_read_is_there(self):
        for name in ladder.NAMES:
            for step in ladder.load(name):
                for twin, file in zip((0, 1), zip(*step.read)):
                    for place in filter(None, file):
                        self.assertIsNotNone(ladder.Guide(None, "any").place(
                            twins.TWINS[twin], place),
                            f"{name}: {step.title}: {place}")

    def test_bytes_are_shown_line_by_line(self):
        self.assertEqual(ladder.show(b""), ["nothing"])
        self.assertEqual(ladder.show(b"a\r\n\xff\xeb\xa7\x9e\x07"),
            ["a\\r\\n", "\\xff맞\\x07"])
        self.assertEqual(ladder.show(b"".join(b"%d\n" % n for n in range(9))),
            ["(4 lines, then)", "4\\n", "5\\n", "6\\n", "7\\n", "8\\n"])
        self.assertEqual(ladder.show(b"x" * 100),
            ["x" * 60 + "... (100 bytes)"])

    def test_a_program_that_crashes_is_said_to(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "crash")
            with open(path, "w", encoding="utf-8") as script:
                script.write("#!/bin/sh\necho no luck >&2\nkill -SEGV $$\n")
            os.chmod(path, 0o755)
            said = []
            failed = ladder.climb(ladder.load("echo_server"),
                ladder.Program(path, "echo_server", patience=LONG),
                ladder.Guide(None, "any"), tell=said.append)
        said = "\n".join(said)
        self.assertEqual(failed, 1)
        self.assertIn("The program has died of SIGSEGV.", said)
        self.assertIn("\n  it said   no luck\n", said)


if __name__ == "__main__":
    main()
