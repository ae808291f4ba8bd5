#include "report/load/ask.h"

#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

static const struct ask line = {
    .speaks = ASK_LINE, .hello = "", .request = "PING\r\n", .title = "PING"
};
static const struct ask finder = {
    .speaks = ASK_CHARFINDER, .hello = "", .request = "q\n", .title = "q"
};
static const struct ask http = { .speaks = ASK_HTTP,
    .hello = "",
    .request = "GET / HTTP/1.1\r\n\r\n",
    .title = "GET /" };

static const struct ask frames = { .speaks = ASK_PUSH,
    .hello = "GET /echo HTTP/1.1\r\n\r\n",
    .request = "\x81\x82masknh",
    .title = "hi",
    .reply = "hi" };
static const struct ask news = { .speaks = ASK_PUSH,
    .hello = "GET /chat HTTP/1.1\r\n\r\n",
    .request = "\x81\x82masknh",
    .title = "hi",
    .reply = "\"hi\"}",
    .has_id = true };

static const struct ask rounds = { .speaks = ASK_PUSH,
    .hello = "GET /chat HTTP/1.1\r\n\r\n",
    .request = "\x81\x82masknh",
    .title = "hi",
    .reply = "hi",
    .publishes = true };

static const struct ask echo = {
    .speaks = ASK_ECHO, .hello = "", .request = "one\n", .title = "one"
};

#define ROWS                                                                   \
    "U+0041 \tA\tLATIN CAPITAL LETTER A\r\n"                                   \
    "U+1F431\t\xf0\x9f\x90\xb1\tCAT FACE\r\n"
#define UPGRADED                                                               \
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
#define X32  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X128 X32 X32 X32 X32
#define HEAD "HTTP/1.1 200 OK\r\nDate: today\r\n"

/* Answers, whether one is the first of its connection, and what becomes. */
static const struct {
    const struct ask *ask;
    bool first;
    const char *bytes;
    enum ask_result result;
} answers[] = {
    { &ask_game, true, "1\n", ASK_DONE },
    { &ask_game, true, "999999999999\r\n", ASK_DONE },
    { &ask_game, true, "1", ASK_MORE },
    { &ask_game, true, "01\n", ASK_WRONG },
    { &ask_game, true, "1000000000000\n", ASK_WRONG },
    { &ask_game, true, "-1\n", ASK_WRONG },
    { &ask_game, true, "\n", ASK_WRONG },
    { &ask_game, true, "ERROR no game\n", ASK_WRONG },
    { &ask_game, true, "1\n2\n", ASK_WRONG },
    { &ask_game, true, "1\n\n", ASK_WRONG },
    { &line, true, "PONG\r\n", ASK_DONE },
    { &line, false, "\n", ASK_DONE },
    { &line, false, "PONG\r", ASK_MORE },
    { &line, false, "PONG\r\nP", ASK_WRONG },
    { &echo, true, "one\n", ASK_DONE },
    { &echo, false, "one", ASK_MORE },
    { &echo, false, "One\n", ASK_WRONG },
    { &echo, false, "one\r\n", ASK_WRONG },
    { &echo, false, "one\n\n", ASK_WRONG },
    { &finder, true, "?> " ROWS "2 matches for 'q'\r\n?> ", ASK_DONE },
    { &finder, false, ROWS "2 matches for 'q'\r\n?> ", ASK_DONE },
    { &finder, false, ROWS "2 matches for 'q'\r\n?>", ASK_MORE },
    { &finder, false, ROWS "2 matches for 'q'\r\n", ASK_MORE },
    { &finder, false, ROWS, ASK_MORE },
    { &finder, false, "U+0041 \tA\tLATIN\r\n1 match for 'q'\r\n?> ", ASK_DONE },
    { &finder, false, "No match for 'q'\r\n?> ", ASK_DONE },
    { &finder, false, ROWS "3 matches for 'q'\r\n?> ", ASK_WRONG },
    { &finder, false, ROWS "2 match for 'q'\r\n?> ", ASK_WRONG },
    { &finder, false, ROWS "No match for 'q'\r\n?> ", ASK_WRONG },
    { &finder, false, "1 match for 'q'\r\n?> ", ASK_WRONG },
    { &finder, false, "ERROR too many connections\r\n", ASK_WRONG },
    { &finder, true, ROWS "2 matches for 'q'\r\n?> ", ASK_WRONG },
    { &finder, false, ROWS "2 matches for 'q'\r\n?> ?> ", ASK_WRONG },
    { &finder, false, ROWS "2 matches for 'q'\r\n!> ", ASK_WRONG },
    { &http, true, HEAD "Content-Length: 3\r\n\r\nabc", ASK_DONE },
    { &http, true, HEAD "content-length:3\r\n\r\nabc", ASK_DONE },
    { &http, true, HEAD "Content-Length: 0\r\n\r\n", ASK_DONE },
    { &http, true, HEAD "Content-Length: 4\r\n\r\nabc", ASK_MORE },
    { &http, true, HEAD "Content-Length: 2\r\n\r\nabc", ASK_WRONG },
    { &http, true,
        HEAD "Transfer-Encoding: chunked\r\n\r\n"
             "3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n",
        ASK_DONE },
    { &http, true, HEAD "Content-Length: \t3 \r\n\r\nabc", ASK_DONE },
    { &http, true,
        HEAD "transfer-encoding:chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        ASK_DONE },
    { &http, true,
        HEAD "Transfer-Encoding: \tChunked \r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        ASK_DONE },
    { &http, true,
        HEAD "Transfer-Encoding: chunkedx\r\nContent-Length: 3\r\n\r\nabc",
        ASK_DONE },
    { &http, true,
        HEAD "Transfer-Encoding: chunked\r\n\r\n0\r\nTrailer: x\r\n\r\n",
        ASK_DONE },
    { &http, true, HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
        ASK_MORE },
    { &http, true, HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n",
        ASK_WRONG },
    { &http, true, HEAD "Transfer-Encoding: chunked\r\n\r\nx\r\nabc\r\n",
        ASK_WRONG },
    { &http, true, "HTTP/1.1 503 Service Unavailable\r\n", ASK_WRONG },
    { &http, true, "HTTP/1.0 200 OK\r\n", ASK_WRONG },
    { &frames, true, UPGRADED "\x81\x02hi", ASK_DONE },
    { &frames, false, "\x81\x02hi", ASK_DONE },
    { &frames, true, "\x81\x02hi", ASK_MORE },
    { &frames, true, "HTTP/1.1 400 Bad Request\r\n\r\n", ASK_WRONG },
    { &frames, true, UPGRADED "\x81", ASK_MORE },
    { &frames, false, "\x81\x02h", ASK_MORE },
    { &frames, false, "\x81\x02ha", ASK_WRONG },
    { &frames, false, "\x81\x03hii", ASK_WRONG },
    { &frames, false, "\x81\x01h", ASK_WRONG },
    { &frames, false, "\x82\x02hi", ASK_WRONG },
    { &frames, false, "\x01\x02hi", ASK_WRONG },
    { &frames, false, "\x88\x02\x03\xe9", ASK_WRONG },
    { &frames, false, "\x81\x82maskho", ASK_WRONG },
    { &frames, false, "\x81\x02hi\x81\x02hi", ASK_WRONG },
    { &rounds, true, UPGRADED, ASK_DONE },
    { &rounds, true, UPGRADED "\x81\x02hi", ASK_WRONG },
    { &rounds, false, "\x81\x02hi", ASK_DONE },
    { &news, true, UPGRADED "\x81\x0b{id:1,\"hi\"}", ASK_DONE },
    { &news, false, "\x81\x0b{id:1,\"ho\"}", ASK_WRONG },
    { &news, false, "\x81\x0b{id:1,\"hi\"]", ASK_WRONG },
    { &news, false, "\x81\x7e\x01\x05" X128 X128 "\"hi\"}", ASK_DONE },
    { &news, false, "\x81\x7e\x01\x05" X128 X128 "\"hi\"", ASK_MORE },
    { &news, false, "\x81\x7f\x01\x05" X128 X128 "\"hi\"}", ASK_WRONG },
};

/* Take an answer in pieces of so many bytes, each before a guarded page. */
static enum ask_result
take(const struct ask *ask, bool first, const char *bytes, size_t piece,
    struct ask_sameness *same)
{
    enum ask_result result = ASK_MORE;
    size_t length = strlen(bytes);
    struct answer a;

    ask_begin(ask, &a, first);
    for (size_t at = 0; at < length && result == ASK_MORE; at += piece) {
        size_t n = length - at < piece ? length - at : piece;

        result = ask_take(ask, &a, guard_copy(bytes + at, n), n, same);
        /* What follows the end is one more piece, of more than was asked. */
        if (result == ASK_DONE && at + n < length)
            result = ASK_WRONG;
    }
    return result;
}

TEST(an_answer_is_judged_alike_however_it_is_cut, .times = COUNT(answers))
{
    for (size_t piece = 1; piece <= strlen(answers[_i].bytes); piece++) {
        struct ask_sameness same = { 0, 0 };

        ck_assert_int_eq(take(answers[_i].ask, answers[_i].first,
                             answers[_i].bytes, piece, &same),
            answers[_i].result);
    }
}

TEST(answers_to_the_same_request_must_be_the_same)
{
    const char *const one = HEAD "Content-Length: 12\r\n\r\nabcdefghijkl";
    const char *const two = HEAD "Content-Length: 12\r\n\r\nabcdefghijkL";
    const char *const cut = HEAD "Content-Length: 11\r\n\r\nabcdefghijk";
    const char *const chunked = HEAD "Transfer-Encoding: chunked\r\n\r\n"
                                     "5\r\nabcde\r\n7\r\nfghijkl\r\n0\r\n\r\n";

    for (size_t piece = 1; piece < 20; piece++) {
        struct ask_sameness same = { 0, 0 };

        ck_assert_int_eq(take(&http, true, one, piece, &same), ASK_DONE);
        ck_assert_uint_eq(same.length, 12);
        ck_assert_int_eq(take(&http, false, one, 3, &same), ASK_DONE);
        ck_assert_int_eq(take(&http, false, chunked, piece, &same), ASK_DONE);
        ck_assert_int_eq(take(&http, false, two, piece, &same), ASK_WRONG);
        ck_assert_int_eq(take(&http, false, cut, piece, &same), ASK_WRONG);
    }
}

TEST(the_chunks_of_an_answer_are_counted_as_they_begin)
{
    const char *const answer = HEAD "Transfer-Encoding: chunked\r\n\r\n"
                                    "5\r\nSTART\r\n6\r\nMIDDLE\r\n";
    struct ask_sameness same = { 0, 0 };
    struct answer a;

    ask_begin(&http, &a, true);
    ck_assert_uint_eq(a.chunks, 0);
    ck_assert_int_eq(
        ask_take(&http, &a, answer, strlen(answer), &same), ASK_MORE);
    ck_assert_uint_eq(a.chunks, 2);
    ck_assert_int_eq(
        ask_take(&http, &a, "3\r\nEND\r\n0\r\n\r\n", 13, &same), ASK_DONE);
    ck_assert_uint_eq(a.chunks, 3);
    ask_begin(&http, &a, false);
    ck_assert_uint_eq(a.chunks, 0);
}

TEST(a_line_without_an_end_does_not_overflow)
{
    struct ask_sameness same = { 0, 0 };
    char bytes[1000];
    struct answer a;

    memset(bytes, '1', sizeof(bytes));
    ask_begin(&ask_game, &a, true);
    ck_assert_int_eq(
        ask_take(&ask_game, &a, bytes, sizeof(bytes), &same), ASK_WRONG);
    ask_begin(&http, &a, true);
    ck_assert_int_eq(
        ask_take(&http, &a, bytes, sizeof(bytes), &same), ASK_MORE);
    ck_assert_int_eq(
        ask_take(&http, &a, bytes, sizeof(bytes), &same), ASK_MORE);
}
