#!/usr/bin/python3
"""
The parser of WebSocket frames against python3-wsproto: random frames, right
ones and wrong ones, cut at random, in bytes shown to both; what is found in
them, and the code of the close, must be the same. A failure names its seed;
TEST_SEED=N makes the same frames again.
"""

import os
import random
import struct
import subprocess
import unittest

from wsproto.frame_protocol import CloseReason, FrameProtocol, Opcode, \
    ParseFailed

from harness import BUILD, FULL, environment, main

SEED = int(os.environ.get("TEST_SEED", random.randrange(2 ** 32)))
FRAMES = os.path.join(BUILD, "tests", "system", "frames")

# The longest message that tests/system/frames.c takes.
LONGEST = 16384

TEXTS = [b"", b"a", "é".encode(), "♚".encode(), "😀".encode(), b"x" * 125,
    b"y" * 126, b"plain text that is longer than eight bytes"]
WRONG_TEXTS = [b"\xe2\x99", b"\x9a", b"\xed\xa0\x80", b"\xff", b"\xc0\x80",
    b"\xf4\x90\x80\x80", b"eight by\xe9"]
CODES = [1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010,
    1011, 1012, 1013, 1014, 1015, 1016, 999, 2999, 3000, 4999, 5000, 0]


def masked(chance, first, payload):
    """A frame as a client sends it."""
    mask = chance.randbytes(4)
    size = len(payload)
    head = bytes((first, 128 | size)) if size < 126 else struct.pack(
        "!BBH", first, 128 | 126, size) if size < 65536 else struct.pack(
        "!BBQ", first, 128 | 127, size)
    return head + mask + bytes(
        byte ^ mask[i % 4] for i, byte in enumerate(payload))


class Chance:
    """Makes random frames, most of them right."""

    def __init__(self, chance):
        self.chance = chance

    def payload(self):
        """Some text, or what is none."""
        chance = self.chance
        if chance.random() < 0.02:
            return bytes(chance.choice(b"xyz") for _ in range(
                chance.choice((200, 5000))))
        texts = TEXTS if chance.random() < 0.95 else WRONG_TEXTS
        return b"".join(chance.choices(texts, k=chance.randrange(4)))

    def frame(self, within):
        """A frame, and whether a message goes on after it."""
        chance = self.chance
        kind = chance.random()
        if kind < 0.7:
            last = chance.random() < 0.5
            opcode = 0 if within else chance.choice((1, 1, 2))
            return masked(chance, last << 7 | opcode,
                self.payload()), not last
        if kind < 0.95:
            return masked(chance, chance.choice((0x89, 0x8a)),
                chance.randbytes(chance.randrange(126))), within
        payload = struct.pack("!H", chance.choice(CODES)) + chance.choice(
            TEXTS[:5] + WRONG_TEXTS)
        if chance.random() < 0.2:
            payload = payload[:chance.randrange(2)]
        return masked(chance, 0x88, payload), within

    def frames(self):
        """The bytes of a few frames, at times with a wrong bit."""
        sent, within = b"", False
        for _ in range(self.chance.randrange(1, 10)):
            frame, within = self.frame(within)
            if self.chance.random() < 0.05:
                frame = bytearray(frame)
                frame[self.chance.choice((0, 0, 1, 2))] ^= (
                    1 << self.chance.randrange(8))
            sent += frame
        return sent


def by_wsproto(sent, chance):
    """What wsproto finds, as tests/system/frames.c writes it."""
    protocol = FrameProtocol(client=False, extensions=[])
    found, message = [], None
    try:
        while sent:
            size = chance.randrange(1, len(sent) + 1)
            protocol.receive_bytes(sent[:size])
            sent = sent[size:]
            for frame in protocol.received_frames():
                if frame.opcode is Opcode.CLOSE:
                    return found, int(frame.payload[0])
                payload = frame.payload
                if frame.opcode in (Opcode.PING, Opcode.PONG):
                    found.append(f"{int(frame.opcode)}:{payload.hex()}")
                    continue
                if isinstance(payload, str):
                    payload = payload.encode()
                message = (message or b"") + payload
                if frame.message_finished:
                    found.append(f"{int(frame.opcode)}:{message.hex()}")
                    message = None
    except ParseFailed as failed:
        return found, int(failed.code)
    return found, None


def is_known(theirs, ours, sent):
    """
    Whether wsproto 1.2.0 is known to judge otherwise:

    - it looks at a head when two bytes are there, or at whether it begins or
      continues a message when a byte of its payload is
    - 1014, registered since, is 1002
    - a message may have any length
    - Python's decoder tells half of a surrogate from the beginning of a
      character one byte late
    """
    if ours == 1009 or (theirs is None and ours == 1002):
        return True
    if theirs in (None, 1002) and ours == 1007 and b"\xed" in unmasked(sent):
        return True
    return theirs == 1002 and ours in (1014, 1007) and (
        struct.pack("!H", 1014) in unmasked(sent))


def unmasked(sent):
    """The payloads of the frames, one after the other, as far as their heads
    are right."""
    payloads = b""
    while len(sent) > 6:
        size, at = sent[1] & 127, 2
        if size == 126:
            size, at = struct.unpack("!H", sent[2:4])[0], 4
        mask = sent[at:at + 4]
        payload, sent = sent[at + 4:at + 4 + size], sent[at + 4 + size:]
        payloads += bytes(
            byte ^ mask[i % 4] for i, byte in enumerate(payload))
    return payloads


class Frames(unittest.TestCase):
    """Their parser and ours."""

    CASES = 200000 if FULL else 5000

    def test_wsproto_judges_alike(self):
        """Each of these is a connection's bytes."""
        chance = random.Random(SEED)
        maker = Chance(chance)
        cases = [maker.frames() for _ in range(self.CASES)]
        lines = "".join(f"{chance.randrange(30)} {case.hex()}\n"
            for case in cases)
        done = subprocess.run([FRAMES], input=lines, capture_output=True,
            text=True, env=environment())
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        answers = done.stdout.splitlines()
        self.assertEqual(len(answers), len(cases))
        known = 0
        for case, answer in zip(cases, answers):
            ours, _, code = answer.partition("|")
            ours = ours.split(" ")[:-1]
            code = None if code == "more" else int(code)
            theirs, their_code = by_wsproto(case, chance)
            if (theirs, their_code) == (ours, code):
                continue
            known += 1
            self.assertTrue(is_known(their_code, code, case),
                f"TEST_SEED={SEED}: {case.hex()}: theirs {theirs} {their_code}, "
                f"ours {ours} {code}")
            self.assertEqual(theirs[:len(ours)], ours[:len(theirs)])
        self.assertLess(known, self.CASES / 10)


if __name__ == "__main__":
    main()
