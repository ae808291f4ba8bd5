"""The steps of spinner, which talks to nobody."""

import signal

from ladder import Failed, step

FRAME = "thinking!"


def expect_exit(process, code, when):
    """Wait for its end; return what was printed."""
    process.expect_exit(code, when)
    return process.printed()


@step("the answer",
    evented="""A function that may take its time must not be called: the loop
    would stand still. It becomes something that the loop waits for, here a
    timer, and a callback that has its answer; that also ends the loop.""",
    threaded="""The slow function is simply called; that it blocks does no harm,
    as the spinner turns in a thread of its own. Its answer is what it
    returns.""",
    read=["spinner.c:main", "spinner.c:supervise", "spinner.c:slow_function",
        (None, "spinner.c:on_slow")])
def the_answer(program):
    with program.run("--seconds", "0.2") as process:
        printed = expect_exit(process, 0, "when the function is done")
        if not printed.endswith("Answer: 42\n"):
            raise Failed("The answer is told at the end.", None,
                ["Answer: 42"], printed.splitlines()[-1:] or ["nothing"])


@step("it turns",
    evented="""The thread that turned the spinner, slept, and turned again, is a
    timer that goes off again and again.""",
    threaded="""The timer becomes a thread: turn, wait for the time of the next
    frame, and so on. What it shares with main is under a lock.""",
    read=[("spinner.c:turn", "spinner.c:on_turn"), "spinner.c:start"])
def it_turns(program):
    with program.run("--seconds", "1", "--interval", "0.05") as process:
        printed = expect_exit(process, 0, "when the function is done")
        if printed.count(FRAME) < 5:
            raise Failed("In a second it turns every 50 milliseconds.", None,
                ["5 frames or more"], [f"{printed.count(FRAME)} frames"])


@step("the end of a wait",
    evented="""Whatever is due, the function's end comes first: finish takes the
    timer away and has the loop return. The first frame is due at once.""",
    threaded="""The thread that turns must not sleep on when the function is
    done: it waits for a condition, with a time limit. The first frame is shown
    at once.""",
    read=[("spinner.c:turn", "spinner.c:finish"), "spinner.c:supervise",
        (None, "spinner.c:start")])
def the_end_of_a_wait(program):
    with program.run("--seconds", "0.3", "--interval", "60") as process:
        printed = expect_exit(process, 0, "before the next frame is due")
        if printed.count(FRAME) != 1:
            raise Failed("The first frame is shown at once, the next after a "
                "minute.", None, ["1 frame"], [f"{printed.count(FRAME)} frames"])


@step("a command",
    evented="""That a process has ended is told by a signal, SIGCHLD, and
    signals are a descriptor (signalfd) that the loop waits for. Then waitpid
    need not wait.""",
    threaded="""Nobody needs to be told that a process has ended: waitid waits
    for it.""",
    read=["spinner.c:start", ("spinner.c:await_command",
        "spinner.c:check_command"), (None, "spinner.c:on_signal")])
def a_command(program):
    with program.run("--", "sh", "-c", "echo out; sleep 0.1; exit 7") \
            as process:
        printed = expect_exit(process, 7, "when the command has exited with 7")
        if (printed, process.complaints()) != ("out\n", "Answer: 7"):
            raise Failed("Standard output is the command's, the answer comes on "
                "standard error.", None, ["out", "Answer: 7"],
                [*printed.splitlines(), *process.complaints().splitlines()])


@step("signals",
    evented="""They come through the descriptor, one after the other, between
    two callbacks: nothing is interrupted.""",
    threaded="""All threads have them blocked but one, which waits for nothing
    else; what they ask for is done under the lock.""",
    read=[("spinner.c:await_signals", "spinner.c:on_signal")])
def signals(program):
    with program.run("--seconds", "60") as process:
        process.wait_until(lambda: FRAME in process.printed())
        process.signal(signal.SIGTERM)
        expect_exit(process, 128 + signal.SIGTERM, "after SIGTERM")
    script = "trap 'exit 9' TERM; echo up; while :; do sleep 0.01; done"
    with program.run("--", "sh", "-c", script) as process:
        process.expect_printed("up\n", "The command runs.")
        process.signal(signal.SIGTERM)
        expect_exit(process, 9, "when the command has had SIGTERM")


@step("a function that blocks",
    evented="""--block is the mistake, made on purpose: the function waits where
    it is called, and the spinner is never seen.""",
    threaded="""--block changes nothing here: a thread that waits keeps no other
    from turning, unless it holds the lock.""",
    read=["spinner.c:slow_function", (None, "spinner.c:block")])
def a_function_that_blocks(program):
    with program.run("--block", "--seconds", "0.5", "--interval", "0.05") \
            as process:
        printed = expect_exit(process, 0, "when the function is done")
        turns = program.to != "evented"
        if (printed.count(FRAME) > 3) != turns or \
                not printed.endswith("Answer: 42\n"):
            raise Failed("The function blocks, and the spinner turns all the "
                "same." if turns else "The function blocks, and with it the "
                "loop.", None, [f"{'several' if turns else 'no'} frames, and "
                "the answer"], [f"{printed.count(FRAME)} frames"])
