#!/usr/bin/python3
"""
What common/http_response makes of answers, against what Python's http.client
makes of them: every answer of corpus/http_response, and random ones.

http.client is lax in many things. Where it differs the answer is named below
with the reason, and no other may differ. A failure of the random ones names
its seed; TEST_SEED=N makes the same answers again.
"""

import glob
import http.client
import io
import os
import random
import subprocess
import tempfile
import unittest

from harness import BUILD, TESTS, environment, main

ANSWERS = os.path.join(BUILD, "tests", "system", "answers")
CORPUS = os.path.join(TESTS, "corpus", "http_response")
SEED = int(os.environ.get("TEST_SEED", random.randrange(2 ** 32)))

# Where http.client is lax, or wrong, by the names of the answers.
DIFFERENCES = {
    "it takes the end of the connection for the end of a head or a trailer":
        "begun_2 begun_3 begun_4 begun_7 chunked_trailer_cut "
        "chunked_trailer_cut_in_a_field",
    "it looks for chunks where an answer has no body":
        "bodyless_204_chunked bodyless_304_chunked",
    "it reads two bytes behind a chunk's data, whatever they are":
        "chunked_bare_lf chunked_line_ends_mixed_the_other_way",
    "a coding with blanks around it is not chunked":
        "chunked_blanks chunked_folded",
    "it does not look at trailer fields":
        "chunked_trailer_control chunked_trailer_indented "
        "chunked_trailer_no_field",
    "it passes over codings that it does not know":
        "coding_empty coding_glued coding_gzip coding_identity coding_list "
        "coding_twice",
    "it uses a connection again that had both a length and a coding":
        "coding_and_length length_and_coding",
    "it looks at the first Connection only, and for the letters 'close'":
        "connection_1_0_both connection_closed connection_lines",
    "its lines end at CR as well": "cr_first",
    "it keeps, or stops at, what is no field":
        "field_bare_cr field_blank_before_colon field_cr_cr_lf field_del "
        "field_escape field_first_indented field_folded_name "
        "field_name_latin_1 field_name_with_blank field_name_with_bracket "
        "field_no_colon field_no_name field_nul field_vertical_tab "
        "head_empty_line_cr interim_broken status_line_folded",
    "it does not judge the length when there is no body": "head_bad_length",
    "it skips 100 only, without end, and leaves 101 to the caller":
        "interim_101 interim_102 interim_103 interim_199 interim_eleven",
    "its length is what int() takes of the first, or none":
        "length_blank length_differs length_differs_later length_empty "
        "length_exponent length_folded_digits length_fraction length_hex "
        "length_inner_blank length_list length_negative length_plus "
        "length_word",
    "it splits the status line at any blanks":
        "line_indented line_tab line_tab_behind line_two_blanks",
    "any characters may stand in a reason":
        "reason_cr reason_escape reason_nul",
    "a size of a chunk is what int() takes":
        "size_0x size_blank size_plus size_tab",
    "any version is one that begins with HTTP/1., and 0.9":
        "version_0_9 version_1_ version_1_10 version_1_2 version_x",
}


class Socket:
    """A socket from which an answer can be read."""

    def __init__(self, data):
        self.file = io.BytesIO(data)
        self.file.close = lambda: None

    def makefile(self, _mode):
        """The answer, which stays open when http.client is done with it."""
        return self.file


def ask_python(data, head):
    """What http.client makes of an answer: (status, body, kept), or None."""
    sock = Socket(data)
    answer = http.client.HTTPResponse(sock, method="HEAD" if head else "GET")
    try:
        answer.begin()
        status, kept = answer.status, not answer.will_close
        body = answer.read()
    except (http.client.HTTPException, ValueError, OverflowError):
        return None
    return status, body, kept and not sock.file.read()


def ask_ours(paths):
    """What http_response makes of the answers in files, in the same form."""
    done = subprocess.run([ANSWERS, *paths], capture_output=True, check=True,
        env=environment(), timeout=300)
    for line in done.stdout.splitlines():
        word, body, text = line.split(b" ", 2)
        yield None if word not in (b"keep", b"close") else \
            (int(text.split()[0]), bytes.fromhex(body.decode()), word == b"keep")


def make_body(rng):
    """Random bytes, among them what looks like a part of the framing."""
    return b"".join(rng.choice((b"\r\n", b"0\r\n\r\n", b"\n", b"a", b"\0",
        rng.randbytes(rng.randrange(40)))) for _ in range(rng.randrange(9)))


def make_chunks(rng, body):
    """A body in chunks of random sizes."""
    out = b""
    while body:
        size = rng.randint(1, len(body))
        out += (b"%x" if rng.random() < .5 else b"%X") % size + \
            rng.choice((b"", b";a=b", b" ; c")) + b"\r\n" + \
            body[:size] + b"\r\n"
        body = body[size:]
    return out + b"0\r\n" + rng.choice((b"", b"T: u\r\n")) + b"\r\n"


def make_answer(rng):
    """A well-formed answer, of which the end may be missing."""
    body = make_body(rng)
    fields = [rng.choice((b"X: y", b"Server:z", b"Date:  now\t", b"E:"))
        for _ in range(rng.randrange(4))]
    version, framing = rng.choice((b"1.0", b"1.1")), rng.randrange(3)
    if framing == 0:
        fields.append(b"Content-Length: %d" % len(body))
    elif framing == 1:
        fields.append(b"Transfer-Encoding: chunked")
        version, body = b"1.1", make_chunks(rng, body)
    if rng.random() < .3:
        fields.append(b"Connection: " + rng.choice((b"close", b"Keep-Alive")))
    rng.shuffle(fields)
    status = b"%d %s" % (rng.choice((200, 404, 503, 204, 301, 304)),
        rng.choice((b"OK", b"Not so bad", b"")))
    head = b"HTTP/1.1 100 Continue\r\n\r\n" * rng.randrange(2) + \
        b"\r\n".join((b"HTTP/" + version + b" " + status, *fields, b"", b""))
    if not status.startswith((b"204", b"304")):
        if rng.random() < .2 and framing == 0:
            body = body[:rng.randrange(len(body) + 1)]
        head += body
    elif framing == 1:
        head = head.replace(b"Transfer-Encoding: chunked", b"U: v")
    return head


class Answers(unittest.TestCase):
    """Both parsers, the same answers."""

    def test_the_corpus_is_read_alike_but_for_known_differences(self):
        paths = sorted(glob.glob(os.path.join(CORPUS, "*")))
        self.assertGreaterEqual(len(paths), 200)
        found = set()
        for path, ours in zip(paths, ask_ours(paths), strict=True):
            with open(path, "rb") as file:
                data = file.read()
            if ask_python(data[1:], data[0] % 2 == 1) != ours:
                found.add(os.path.basename(path))
        self.assertEqual(found, set(" ".join(DIFFERENCES.values()).split()))

    def test_random_answers_are_read_alike(self):
        rng = random.Random(SEED)
        answers = [make_answer(rng) for _ in range(2000)]
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, str(i)) for i in range(len(answers))]
            for path, data in zip(paths, answers):
                with open(path, "wb") as file:
                    file.write(b"\0" + data)
            for data, ours in zip(answers, ask_ours(paths), strict=True):
                self.assertEqual(ask_python(data, False), ours,
                    f"TEST_SEED={SEED}: {data}")


if __name__ == "__main__":
    main()
