/*
 * test_door - the server that downloaders are raced against: what it answers,
 * when, and what it counts. The door and its clients share one thread: it
 * serves until the client's socket is readable.
 */
#include "report/load/door.h"

#include "report/clock.h"
#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define SIZE    ((size_t)1000)
#define LONG    (10 * UINT64_C(1000000000))
#define SHORT   (20 * UINT64_C(1000000))
#define GET(it) "GET " it " HTTP/1.1\r\nHost: localhost\r\n\r\n"

static struct door *door;

static void
open_door(void)
{
    door = door_open(SIZE);
    door_expect(door, 0, 0);
}

static void
close_door(void)
{
    door_close(door);
}

EACH_TEST(.before = open_door, .after = close_door);

/* Connect to the door. */
static int
come(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
        .sin_port = htons(door_port(door)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_ne(fd, -1);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
    return fd;
}

/* Send some bytes. */
static void
say(int fd, const char *text, size_t length)
{
    ck_assert_int_eq(send(fd, text, length, MSG_NOSIGNAL), (ssize_t)length);
}

/* Let the door serve for a short time, in which nobody has an answer. */
static void
let_pass(void)
{
    int pair[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    ck_assert_int_eq(door_serve(door, pair[0], clock_ns() + SHORT), DOOR_LATE);
    close(pair[0]);
    close(pair[1]);
}

/* Read an answer of so many bytes at least; return how many came. */
static size_t
hear(int fd, char *answer, size_t room, size_t wanted)
{
    size_t have = 0;

    while (have < wanted) {
        ssize_t n;

        ck_assert_int_eq(door_serve(door, fd, clock_ns() + LONG), DOOR_DONE);
        n = recv(fd, answer + have, room - have, 0);
        ck_assert_int_gt(n, 0);
        have += (size_t)n;
    }
    return have;
}

/* Ask for something and return its answer, in static memory. */
static const char *
ask(const char *request)
{
    static char answer[4096];
    int fd = come();
    size_t n;

    say(fd, request, strlen(request));
    n = hear(fd, answer, sizeof(answer) - 1, 1);
    answer[n] = '\0';
    close(fd);
    return answer;
}

/* Tell whether the door takes some bytes for the flag of a code. */
static bool
is_flag(const char *code, const char *bytes, size_t length)
{
    int file = memfd_create("flag", MFD_CLOEXEC);
    bool is;

    ck_assert_int_ne(file, -1);
    ck_assert_int_eq(write(file, bytes, length), (ssize_t)length);
    lseek(file, 0, SEEK_SET);
    is = door_sent(door, code, file);
    close(file);
    return is;
}

static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";

TEST(a_flag_is_what_was_sent_and_nothing_else)
{
    const size_t whole = sizeof(head) - 1 + SIZE;
    char answer[4096], *flag = answer + sizeof(head) - 1;
    int fd = come();

    say(fd, GET("/flags/ad/ad.gif"), strlen(GET("/flags/ad/ad.gif")));
    ck_assert_uint_eq(hear(fd, answer, sizeof(answer), whole), whole);
    ck_assert_int_eq(memcmp(answer, head, sizeof(head) - 1), 0);
    ck_assert(is_flag("ad", flag, SIZE));
    ck_assert(is_flag("AD", flag, SIZE));
    ck_assert(!is_flag("ae", flag, SIZE));
    ck_assert(!is_flag("ad", flag, SIZE - 1));
    ck_assert(!is_flag("ad", flag, SIZE + 1));
    ck_assert(!is_flag("ad", flag, 0));
    flag[SIZE - 1] ^= 1;
    ck_assert(!is_flag("ad", flag, SIZE));
    close(fd);
}

TEST(a_request_is_the_same_wherever_it_is_cut)
{
    static const char request[] = GET("/flags/zw/zw.gif");
    const size_t length = sizeof(request) - 1;
    const size_t whole = sizeof(head) - 1 + SIZE;
    char answer[4096];
    int fd = come();

    for (size_t cut = 1; cut < length; cut++) {
        say(fd, request, cut);
        let_pass();
        say(fd, request + cut, length - cut);
        ck_assert_uint_eq(hear(fd, answer, sizeof(answer), whole), whole);
        ck_assert(is_flag("zw", answer + sizeof(head) - 1, SIZE));
    }
    ck_assert_uint_eq(door_saw(door)->requests, length - 1);
    close(fd);
}

TEST(what_it_does_not_have_is_not_found)
{
    static const char missing[] =
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    static const char *const requests[] = { GET("/flags/zz/zz.gif"),
        GET("/flags/ad/ae.gif"), GET("/flags/ad/ad.png"),
        GET("/flags/ad/ad.gif.gif"), GET("/flags/zz/metadata.json"),
        GET("/flags/ad/"), GET("/flags/a/a.gif"), GET("/flags/AD/AD.gif"),
        GET("/"), "POST /flags/ad/ad.gif HTTP/1.1\r\n\r\n", "\r\n\r\n" };

    for (int i = 0; i < COUNT(requests); i++)
        ck_assert_str_eq(ask(requests[i]), missing);
    ck_assert(door_has("ad") && door_has("AD") && !door_has("zz"));
}

TEST(countries_are_called_by_their_codes)
{
    ck_assert_str_eq(ask(GET("/flags/ad/metadata.json")),
        "HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{\"country\": \"ad\"}");
}

TEST(an_answer_leaves_when_its_time_has_come)
{
    const uint64_t delay = 50 * UINT64_C(1000000);
    uint64_t start = clock_ns();

    door_expect(door, delay, 0);
    ask(GET("/flags/ad/ad.gif"));
    ck_assert_uint_ge(clock_ns() - start, delay);
}

TEST(answers_are_held_until_so_many_wait)
{
    static const char request[] = GET("/flags/zz/zz.gif");
    int first = come(), second = come();
    char answer[128];

    door_expect(door, 0, 2);
    say(first, request, sizeof(request) - 1);
    let_pass();
    ck_assert_uint_eq(door_saw(door)->waiting, 1);
    say(second, request, sizeof(request) - 1);
    ck_assert_int_eq(door_serve(door, second, clock_ns() + LONG), DOOR_HELD);
    ck_assert_uint_eq(door_saw(door)->waiting, 2);
    ck_assert_int_eq(recv(second, answer, sizeof(answer), MSG_DONTWAIT), -1);
    hear(second, answer, sizeof(answer), 1);
    hear(first, answer, sizeof(answer), 1);
    ck_assert_uint_eq(door_saw(door)->waiting, 0);
    close(first);
    close(second);
}

TEST(who_leaves_is_not_waited_for)
{
    static const char request[] = GET("/flags/zz/zz.gif");
    int fds[3];
    char answer[128];

    for (int gone = 0; gone < COUNT(fds); gone++) {
        door_expect(door, 0, 4);
        for (int i = 0; i < COUNT(fds); i++) {
            fds[i] = come();
            say(fds[i], request, sizeof(request) - 1);
            let_pass();
        }
        ck_assert_uint_eq(door_saw(door)->waiting, 3);
        close(fds[gone]);
        let_pass();
        ck_assert_uint_eq(door_saw(door)->waiting, 2);
        fds[gone] = come();
        say(fds[gone], request, sizeof(request) - 1);
        let_pass();
        door_expect(door, 0, 0);
        ck_assert_uint_eq(door_saw(door)->waiting, 3);
        for (int i = 0; i < COUNT(fds); i++) {
            hear(fds[i], answer, sizeof(answer), 1);
            close(fds[i]);
        }
        ck_assert_uint_eq(door_saw(door)->waiting, 0);
    }
}

TEST(requests_are_counted_by_when_they_came)
{
    ask(GET("/flags/ad/ad.gif"));
    let_pass();
    ask(GET("/flags/ae/ae.gif"));
    ck_assert_uint_eq(door_saw(door)->requests, 2);
    ck_assert_uint_eq(door_saw(door)->soon, 1);
    ck_assert_uint_ge(door_saw(door)->pause_ns, SHORT);
    door_expect(door, 0, 0);
    ck_assert_uint_eq(door_saw(door)->requests, 0);
    ck_assert_uint_eq(door_saw(door)->pause_ns, 0);
}

TEST(a_large_flag_comes_whole_however_slowly_it_is_read)
{
    static const char request[] = GET("/flags/ad/ad.gif");
    const size_t size = 10000000;
    char *answer = malloc(size + 128);
    size_t whole;
    int fd;

    ck_assert_ptr_nonnull(answer);
    close_door();
    door = door_open(size);
    door_expect(door, 0, 0);
    fd = come();
    say(fd, request, sizeof(request) - 1);
    whole =
        size + strlen("HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n");
    ck_assert_uint_eq(hear(fd, answer, size + 128, whole), whole);
    ck_assert(is_flag("ad", answer + whole - size, size));
    free(answer);
    close(fd);
}
