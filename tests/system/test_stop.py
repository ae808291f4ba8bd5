#!/usr/bin/python3
"""
Starting and stopping: what a stop does to the idle, to those who are owed an
answer and to those who wait; second signals; restarts; being stopped and
continued by a debugger.
"""

import resource
import signal
import subprocess
import tempfile
import threading
import time

from harness import (COVERAGE, DEADLINE, FULL_HOUSE, HOST, UNDER_THREAD_SANITIZER,
    Client, ServerTest, environment, free_port, main, on_both_twins, program,
    wait_until)

GAME = b"PARAMS 0 9223372036854775806\n"
FAREWELL = "Server shutting down.\n"


@on_both_twins
class Stops(ServerTest):
    """SIGTERM and SIGINT."""

    WORKERS = {"threaded": ((), ("--threads", "40")),
        "evented": ((), ("--loops", "4"))}

    def owed(self, server):
        """A client that is owed much and has not begun to read."""
        client = self.connect(server, receive_buffer=4096)
        # Less than what a server reads and drops of a client it leaves.
        client.send(GAME + b"NUMBER\n" * 9000)
        wait_until(lambda: client.becomes_readable(1), "answers arrive")
        return client

    def wait_for_farewell(self, server):
        wait_until(lambda: FAREWELL in server.output, "it says farewell")

    def test_the_idle_are_closed_at_once(self):
        for number in signal.SIGTERM, signal.SIGINT:
            server = self.serve("--drain-timeout", "600")
            idle = [self.connect(server) for _ in range(10)]
            self.assertEqual(idle[0].ask(b"PARAMS 1 1\nNUMBER\n"), b"1\n")
            server.signal(number)
            for client in idle:
                self.assertEqual(client.read_all(), b"")
                client.close()
            server.wait()
            self.assertEqual(server.output[-1], FAREWELL)

    def test_the_idle_need_not_close_themselves(self):
        server = self.serve("--drain-timeout", "600")
        self.clients += [server.connect() for _ in range(10)]
        server.signal(signal.SIGTERM)
        server.wait()

    def test_answers_in_flight_arrive(self):
        server = self.serve("--drain-timeout", "600", "--seed", "3")
        client = self.owed(server)
        server.signal(signal.SIGTERM)
        self.wait_for_farewell(server)
        received = client.read_all()
        client.close()
        server.wait()
        self.assertTrue(received.endswith(b"\n"), "a line is cut")
        again = self.serve("--seed", "3")
        with again.connect() as reader:
            reader.send(GAME + b"NUMBER\n" * 9000)
            reader.finish()
            self.assertTrue(reader.read_all().startswith(received))

    def test_requests_that_have_arrived_are_answered(self):
        server = self.serve("--drain-timeout", "600", "--quiet")
        clients = [self.connect(server) for _ in range(50)]
        for client in clients:
            self.assertEqual(client.ask(b"PARAMS 1 1\nNUMBER\n"), b"1\n")
        server.freeze()
        for client in clients:
            client.send(b"PARAMS 2 2\nNUMBER\nNUM")
        server.signal(signal.SIGTERM)
        server.thaw()
        for client in clients:
            self.assertEqual(client.read_all(), b"2\n")
            client.close()
        server.wait()

    def test_a_command_cut_by_the_end_is_data_at_a_stop_as_well(self):
        for options in self.WORKERS[self.twin]:
            server = self.serve("--drain-timeout", "600", "--quiet", *options)
            client = self.owed(server)
            client.send(b"NUMBER\xff")
            client.finish()
            server.signal(signal.SIGTERM)
            self.wait_for_farewell(server)
            self.assertRegex(client.read_all(), rb"\d\nERROR not UTF-8\n\Z")
            client.close()
            server.wait()

    def test_who_waits_to_be_accepted_is_served_or_refused(self):
        server = self.serve("--drain-timeout", "600", "--quiet")
        server.freeze()
        clients = [self.connect(server) for _ in range(100)]
        for client in clients:
            client.send(b"PARAMS 5 5\nNUMBER\n")
        server.signal(signal.SIGTERM)
        server.thaw()
        for client in clients:
            self.assertIn(client.read_all(), (b"5\n", FULL_HOUSE))
            client.close()
        server.wait()

    def test_who_waits_for_a_full_house_is_refused(self):
        server = self.serve("--drain-timeout", "600", "--quiet",
            "--max-connections", "2")
        guests = [self.connect(server) for _ in range(2)]
        for client in guests:
            self.assertEqual(client.ask(b"PARAMS 1 1\nNUMBER\n"), b"1\n")
        server.freeze()
        waiting = [self.connect(server) for _ in range(10)]
        for client in waiting:
            client.send(b"PARAMS 5 5\nNUMBER\n")
        server.signal(signal.SIGTERM)
        server.thaw()
        for client in waiting:
            self.assertIn(client.read_all(), (b"5\n", FULL_HOUSE))
            client.close()
        server.wait()

    def test_who_waits_last_in_a_full_queue_is_not_reset(self):
        with open("/proc/sys/net/core/somaxconn") as limit:
            # One more than the server and the system allow.
            room = min(4096, int(limit.read())) + 1
        if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < room + 100:
            self.skipTest("too few descriptors")
        for options in {"threaded": ((), ("--threads", "1")),
                "evented": ((), ("--loops", "4"))}[self.twin]:
            server = self.serve("--drain-timeout", "600", "--quiet",
                "--max-connections", "1", *options)
            guest = self.connect(server)
            self.assertEqual(guest.ask(b"PARAMS 1 1\nNUMBER\n"), b"1\n")
            server.freeze()
            waiting = [self.connect(server) for _ in range(room)]
            server.signal(signal.SIGTERM)
            server.thaw()
            for client in waiting:
                # One may have the place of the guest, who has to leave.
                self.assertIn(client.read_all(), (b"", FULL_HOUSE))
                client.close()
            server.wait()

    def test_who_waits_where_descriptors_have_run_out_is_told(self):
        for options in self.WORKERS[self.twin]:
            server = self.serve("--drain-timeout", "600", "--quiet",
                "--max-connections", "1000", *options,
                wrapper=("/usr/bin/prlimit", "--nofile=40:40"))
            while self.connect(server).ask(b"PARAMS 1 1\nNUMBER\n") == b"1\n":
                pass
            server.freeze()
            waiting = [self.connect(server) for _ in range(20)]
            for client in waiting:
                client.send(b"PARAMS 5 5\nNUMBER\n")
            server.signal(signal.SIGTERM)
            server.thaw()
            for client in waiting:
                self.assertIn(client.read_all(), (b"5\n", FULL_HOUSE))
            for client in self.clients:
                client.close()
            server.wait()

    def test_nobody_new_is_let_in_while_answers_are_awaited(self):
        server = self.serve("--drain-timeout", "600")
        client = self.owed(server)
        server.signal(signal.SIGTERM)
        self.wait_for_farewell(server)

        def refused():
            try:
                with Client(server.port) as late:
                    late.socket.settimeout(1)
                    late.read_all()
            except ConnectionRefusedError:
                return True
            except OSError:
                pass
            return False

        wait_until(refused, "a new client is refused")
        client.read_all()
        client.close()
        server.wait()

    def test_the_drain_timeout_cuts_who_does_not_read(self):
        server = self.serve("--drain-timeout", "0.7")
        self.owed(server)
        start = time.monotonic()
        server.signal(signal.SIGTERM)
        server.wait()
        self.assertGreater(time.monotonic() - start, 0.65)

    def test_a_drain_timeout_of_zero_cuts_at_once(self):
        server = self.serve("--drain-timeout", "0")
        self.owed(server)
        server.signal(signal.SIGTERM)
        server.wait()

    def test_a_second_signal_stops_at_once(self):
        for first, second in ((signal.SIGTERM, signal.SIGTERM),
                (signal.SIGINT, signal.SIGTERM)):
            server = self.serve("--drain-timeout", "600")
            self.owed(server)
            server.signal(first)
            self.wait_for_farewell(server)
            server.signal(second)
            server.wait()

    def test_all_that_has_arrived_is_answered(self):
        server = self.serve("--quiet")
        client = self.connect(server)
        self.assertTrue(client.ask(GAME + b"NUMBER\n"))
        server.freeze()
        client.send(b"NUMBER\n" * 8000)
        server.signal(signal.SIGTERM)
        server.thaw()
        self.assertEqual(client.read_all().count(b"\n"), 8000)
        client.close()
        server.wait()

    def test_a_slow_line_does_not_hold_it_up(self):
        server = self.serve("--drain-timeout", "600")
        client = self.connect(server)
        client.send(b"PARAMS 1 1\nNUMBER\nNUMB")
        self.assertEqual(client.read_line(), b"1\n")
        server.signal(signal.SIGTERM)
        self.assertEqual(client.read_all(), b"")
        client.close()
        server.wait()

    def test_a_client_that_never_ceases_does_not_hold_it_up(self):
        for request in b"NUMBER\n", b"CLEAR\n":
            server = self.serve("--drain-timeout", "600", "--quiet")
            client = self.connect(server)
            client.send(GAME)

            def send_for_ever():
                while client.send_if_open(request * 1000):
                    pass

            def read_for_ever():
                try:
                    client.read_all()
                except OSError:
                    pass

            threads = [threading.Thread(target=work)
                for work in (send_for_ever, read_for_ever)]
            for thread in threads:
                thread.start()
            wait_until(lambda: server.counters()["requests"] > 20000,
                "the flood is on")
            server.signal(signal.SIGTERM)
            server.wait()
            for thread in threads:
                thread.join()

    def test_a_stalled_client_is_cut_while_it_drains(self):
        server = self.serve("--drain-timeout", "600", "--stall-timeout", "1")
        self.owed(server)
        server.signal(signal.SIGTERM)
        server.wait()

    def test_without_clients(self):
        server = self.serve()
        server.signal(signal.SIGTERM)
        server.wait()
        self.assertEqual(server.output[1:], [FAREWELL])

    def test_clients_that_leave_at_the_same_moment(self):
        for _ in range(3 if UNDER_THREAD_SANITIZER else 8):
            server = self.serve("--quiet")
            clients = [self.connect(server) for _ in range(30)]
            for client in clients[:15]:
                client.send(b"PARAMS 1 1\nNUMBER\n")
            server.signal(signal.SIGTERM)
            for client in clients:
                client.reset()
            server.wait()

    def test_a_signal_while_it_starts(self):
        # Whatever the moment, it ends, and not by a crash.
        for microseconds in range(0, 60000, 4000):
            with tempfile.TemporaryFile() as errors, subprocess.Popen(
                    [program(self.twin, "guess-server"), "--port", "0"],
                    stdout=subprocess.DEVNULL, stderr=errors,
                    env=environment()) as process:
                time.sleep(microseconds / 1e6)
                process.terminate()
                self.assertIn(process.wait(DEADLINE), (0, -signal.SIGTERM))
                errors.seek(0)
                self.assertEqual(errors.read(), b"")

    def test_a_second_signal_while_it_ends(self):
        # A terminal's CTRL-C, and a wrapper that passes SIGTERM on.
        for microseconds in range(0, 3000, 100):
            with subprocess.Popen(
                    [program(self.twin, "guess-server"), "--port", "0"],
                    stdout=subprocess.PIPE, env=environment()) as process:
                process.stdout.readline()
                process.terminate()
                time.sleep(microseconds / 1e6)
                process.terminate()
                process.stdout.read()
                self.assertEqual(process.wait(DEADLINE), 0)

    def test_the_limit_of_processor_time_stops_it_in_order(self):
        server = self.serve()
        server.signal(signal.SIGXCPU)
        server.wait()
        self.assertEqual(server.output[-1], FAREWELL)


@on_both_twins
class Starts(ServerTest):
    """Taking the port."""

    def test_signals_as_soon_as_it_can_be_reached(self):
        for number in [signal.SIGUSR1, signal.SIGTERM] * 15:
            port = free_port()
            with subprocess.Popen(
                    [program(self.twin, "guess-server"), "--port", str(port)],
                    stdout=subprocess.DEVNULL, env=environment()) as process:
                while True:
                    try:
                        client = Client(port)
                        break
                    except ConnectionRefusedError:
                        self.assertIsNone(process.poll())
                with client:
                    client.send(b"PARAMS 5 5\nNUMBER\n")
                    process.send_signal(number)
                    self.assertEqual(client.read_line(), b"5\n")
                process.terminate()
                self.assertEqual(process.wait(DEADLINE), 0)

    def start_in_vain(self, *options):
        """Run a server that must not start; return its complaint."""
        with subprocess.Popen(
                [program(self.twin, "guess-server"), *options],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env=environment(), text=True) as process:
            try:
                output, errors = process.communicate(timeout=DEADLINE)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        self.assertEqual(process.returncode, 1)
        self.assertEqual(output, "")
        self.assertRegex(errors, r"\Aguess-server: [^\n]+\n\Z")
        return errors

    def test_a_port_in_use_is_named_with_the_reason(self):
        server = self.serve()
        complaint = self.start_in_vain("--port", str(server.port))
        self.assertIn(f"{HOST}:{server.port}", complaint)
        self.assertIn("Address already in use", complaint)
        server.play()

    def test_an_address_that_is_not_ours_is_named_with_the_reason(self):
        complaint = self.start_in_vain("--host", "192.0.2.1", "--port", "0")
        self.assertIn("192.0.2.1:0", complaint)
        self.assertIn("Cannot assign requested address", complaint)

    def test_a_name_that_is_none(self):
        # Too long for a name, so that no name server is asked.
        name = "a" * 70
        self.assertIn(f"{name}:0",
            self.start_in_vain("--host", name, "--port", "0"))

    def test_without_descriptors_it_ends_with_a_word_or_waits(self):
        variables = environment()
        # The leak checker needs descriptors of its own.
        variables["ASAN_OPTIONS"] += ":detect_leaks=0"
        for limit in range(4, 4 if COVERAGE else 12):
            with subprocess.Popen(
                    ["/usr/bin/prlimit", f"--nofile={limit}:{limit}", "--",
                        program(self.twin, "guess-server"), "--port", "0"],
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                    env=variables, text=True) as process:
                if process.stdout.readline().startswith("Serving on"):
                    process.terminate()
                errors = process.communicate(timeout=DEADLINE)[1]
            if process.returncode == 0:
                self.assertEqual(errors, "")
            else:
                self.assertEqual(process.returncode, 1)
                self.assertRegex(errors, r"\A(guess-server: [^\n]+\n)+\Z")

    def test_restart_on_the_same_port_while_old_clients_linger(self):
        # Not one that the kernel gives away between two starts.
        port = free_port()
        server = self.serve(port=port)
        clients = [self.connect(server) for _ in range(20)]
        for client in clients:
            self.assertEqual(client.ask(b"PARAMS 1 1\nNUMBER\n"), b"1\n")
        server.process.kill()
        server.process.wait()
        self.servers.remove(server)
        server.kill()
        self.serve(port=port).play()

    def test_a_stopped_server_frees_its_port_for_the_next(self):
        server = self.serve(port=free_port())
        self.connect(server).ask(b"PARAMS 1 1\nNUMBER\n")
        server.stop()
        self.serve(port=server.port).play()


@on_both_twins
class Frozen(ServerTest):
    """SIGSTOP and SIGCONT: a debugger, a laptop's lid, a busy host."""

    def test_time_that_the_server_lost_is_not_held_against_anyone(self):
        # Once more where this process itself was away.
        wait_until(
            self.is_time_lost, "nobody is late but the server", 2 * DEADLINE)

    def is_time_lost(self):
        """Whether it was in time what must have been answered."""
        server = self.serve("--idle-timeout", "1.6", "--line-timeout", "1.6",
            "--stall-timeout", "1.6")
        start = time.monotonic()
        spoke, silent, slow, inside = (self.connect(server) for _ in range(4))
        inside.send(b"PARAMS 7 7\nNUM")
        server.play_when_possible()
        server.freeze()
        if time.monotonic() - start > 0.5:
            server.thaw()
            return False
        time.sleep(2.8)
        # Bytes that came in the meantime are not late.
        spoke.send(b"PARAMS 6 6\nNUMBER\n")
        inside.send(b"BER\n")
        start = time.monotonic()
        server.thaw()
        self.assertEqual(spoke.read_line(), b"6\n")
        self.assertEqual(inside.read_line(), b"7\n")
        # Who did not speak has as much time left as before.
        slow.becomes_readable(0.4)
        answer = slow.send_if_open(b"PARAMS 8 8\nNUMBER\n") \
            and slow.read_line()
        in_time = time.monotonic() - start < 1
        if in_time:
            self.assertEqual(answer, b"8\n", "time that was lost is counted")
        self.assertEqual(silent.read_all(), b"")
        return in_time

    def test_bytes_that_came_during_a_short_stop_are_not_late(self):
        # Once more where this process itself was away.
        wait_until(self.is_nobody_late, "nobody is late", 2 * DEADLINE)

    def is_nobody_late(self):
        """Whether it was in time what must have been answered."""
        # Too short to be counted as time lost, long enough for the limit.
        server = self.serve("--idle-timeout", "0.9", "--quiet")
        before = server.counters()["timed_out"]
        start = time.monotonic()
        clients = [self.connect(server) for _ in range(10)]
        for client in clients:
            client.send_if_open(b"PARAMS 5 5\n")
        clients[-1].send_if_open(b"NUMBER\n")
        answer = clients[-1].read_line()
        server.freeze()
        if time.monotonic() - start > 0.7:
            server.thaw()
            return False
        self.assertEqual(answer, b"5\n")
        time.sleep(0.9)
        for client in clients:
            client.send(b"NUMBER\nREPORT Correct\n" * 2)
        start = time.monotonic()
        server.thaw()
        for client in clients[:-1]:
            self.assertEqual(client.read_lines(2), [b"5\n", b"5\n"])
        counters = server.counters()
        in_time = time.monotonic() - start < 0.4
        if in_time:
            self.assertEqual(counters["timed_out"], before)
        return in_time

    def test_answers_go_on_where_they_stopped(self):
        server = self.serve("--quiet")
        client = self.connect(server, receive_buffer=4096)
        client.send_what_fits(GAME + b"NUMBER\n" * 9000)
        received = []
        for _ in range(20):
            server.freeze()
            server.thaw()
            received += client.read_lines(100)
        client.finish()
        received += client.read_all().splitlines(keepends=True)
        self.assertEqual(len(set(received)), 9000)


if __name__ == "__main__":
    main()
