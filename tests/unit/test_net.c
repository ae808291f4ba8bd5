#include "common/net.h"

#include "common/limits.h"
#include "tests/unit/command.h"
#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* The port that a socket is bound to. */
static uint16_t
port_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof(address);

    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

/* An integer option of a socket. */
static int
option_of(int fd, int level, int option)
{
    int value = -1;
    socklen_t length = sizeof(value);

    ck_assert_int_eq(getsockopt(fd, level, option, &value, &length), 0);
    return value;
}

/* Listen on any free port of this host's loopback; fails the test if not. */
static int
listen_somewhere(void)
{
    char text[NET_TEXT_MAX];
    int fd = net_listen("127.0.0.1", 0, text);

    ck_assert_msg(fd != -1, "%s", text);
    return fd;
}

/* Two sockets that are connected. */
struct pair {
    int client, server;
};

/* Connect two sockets, with a small buffer for what the client reads. */
static struct pair
make_pair(int client_buffer)
{
    int listener = listen_somewhere();
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port_of(listener)),
        .sin_addr = { htonl(INADDR_LOOPBACK) },
    };
    struct pair pair;

    pair.client = socket(AF_INET, SOCK_STREAM, 0);
    if (client_buffer != 0)
        ck_assert_int_eq(setsockopt(pair.client, SOL_SOCKET, SO_RCVBUF,
                             &client_buffer, sizeof(client_buffer)),
            0);
    ck_assert_int_eq(
        connect(pair.client, (struct sockaddr *)&address, sizeof(address)), 0);
    pair.server = accept(listener, NULL, NULL);
    ck_assert_int_ne(pair.server, -1);
    close(listener);
    return pair;
}

/* Wait until a socket has something to read, its end included. */
static void
await_input(int fd)
{
    struct pollfd waiting = { .fd = fd, .events = POLLIN };

    ck_assert_int_eq(poll(&waiting, 1, 30000), 1);
}

/* Write until the kernel takes no more; return how much that was. */
static size_t
write_all_it_takes(int fd)
{
    static const char bytes[65536];
    size_t total = 0;
    ssize_t size;

    while ((size = send(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
        total += (size_t)size;
    ck_assert_int_eq(errno, EAGAIN);
    return total;
}

/* Whether this machine has the loopback address of IPv6. */
static bool
has_ipv6(void)
{
    const struct sockaddr_in6 address = {
        .sin6_family = AF_INET6,
        .sin6_addr = IN6ADDR_LOOPBACK_INIT,
    };
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    bool has = fd != -1 && bind(fd, (const struct sockaddr *)&address,
                               sizeof(address)) == 0;

    if (fd != -1)
        close(fd);
    return has;
}

TEST(port_zero_takes_a_free_one_and_says_which)
{
    char *text = guard_room(NET_TEXT_MAX);
    char expected[NET_TEXT_MAX];
    int fd = net_listen("127.0.0.1", 0, text);

    ck_assert_int_ne(fd, -1);
    ck_assert_uint_ne(port_of(fd), 0);
    snprintf(expected, sizeof(expected), "127.0.0.1:%u", port_of(fd));
    ck_assert_str_eq(text, expected);
    close(fd);
}

TEST(two_listeners_at_port_zero_take_two_ports)
{
    int one = listen_somewhere(), two = listen_somewhere();

    ck_assert_uint_ne(port_of(one), port_of(two));
    close(one);
    close(two);
}

TEST(an_ipv6_address_stands_in_brackets)
{
    char text[NET_TEXT_MAX], expected[NET_TEXT_MAX];
    int fd;

    if (!has_ipv6())
        return;
    fd = net_listen("::1", 0, text);
    ck_assert_msg(fd != -1, "%s", text);
    snprintf(expected, sizeof(expected), "[::1]:%u", port_of(fd));
    ck_assert_str_eq(text, expected);
    close(fd);
}

TEST(a_name_listens_on_its_first_address)
{
    char text[NET_TEXT_MAX], first[NET_TEXT_MAX], host[NI_MAXHOST];
    struct addrinfo *addresses = net_resolve("localhost", 80, first);
    int fd = net_listen("localhost", 0, text);

    ck_assert_ptr_nonnull(addresses);
    ck_assert_msg(fd != -1, "%s", text);
    ck_assert_int_eq(getnameinfo(addresses->ai_addr, addresses->ai_addrlen,
                         host, sizeof(host), NULL, 0, NI_NUMERICHOST),
        0);
    snprintf(first, sizeof(first), strchr(host, ':') ? "[%s]:%u" : "%s:%u",
        host, port_of(fd));
    ck_assert_str_eq(text, first);
    freeaddrinfo(addresses);
    close(fd);
}

TEST(no_host_listens_on_every_address)
{
    char text[NET_TEXT_MAX];
    int fd = net_listen("", 0, text), client;

    ck_assert_msg(fd != -1, "%s", text);
    ck_assert(
        strncmp(text, "0.0.0.0:", 8) == 0 || strncmp(text, "[::]:", 5) == 0);
    client = net_connect("127.0.0.1", port_of(fd), 0, text);
    ck_assert_msg(client != -1, "%s", text);
    close(client);
    close(fd);
}

TEST(a_listener_is_blocking_and_closed_on_exec)
{
    int fd = listen_somewhere();

    ck_assert_int_eq(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    close(fd);
}

TEST(a_port_can_be_used_again_at_once)
{
    int fd = listen_somewhere(), client, server;
    const uint16_t port = port_of(fd);
    char text[NET_TEXT_MAX];

    client = net_connect("127.0.0.1", port, 0, text);
    server = accept(fd, NULL, NULL);
    /* The server closes first: its end stays in TIME_WAIT. */
    close(server);
    close(fd);
    close(client);
    fd = net_listen("127.0.0.1", port, text);
    ck_assert_msg(fd != -1, "%s", text);
    close(fd);
}

TEST(accepted_sockets_send_without_delay)
{
    struct pair pair = make_pair(0);

    ck_assert_int_ne(option_of(pair.server, IPPROTO_TCP, TCP_NODELAY), 0);
    close(pair.client);
    close(pair.server);
}

TEST(accepted_sockets_keep_few_unsent_bytes)
{
    struct pair pair = make_pair(0);

    ck_assert_int_eq(
        option_of(pair.server, IPPROTO_TCP, TCP_NOTSENT_LOWAT), LIMIT_UNSENT);
    close(pair.client);
    close(pair.server);
}

TEST(a_busy_port_is_named_with_its_reason)
{
    int fd = listen_somewhere();
    char *text = guard_room(NET_TEXT_MAX);
    char expected[NET_TEXT_MAX];

    ck_assert_int_eq(net_listen("127.0.0.1", port_of(fd), text), -1);
    snprintf(expected, sizeof(expected),
        "cannot listen on 127.0.0.1:%u: Address already in use", port_of(fd));
    ck_assert_str_eq(text, expected);
    close(fd);
}

TEST(a_busy_ipv6_port_is_named_with_its_reason)
{
    char text[NET_TEXT_MAX], expected[NET_TEXT_MAX];
    int fd;

    if (!has_ipv6())
        return;
    fd = net_listen("::1", 0, text);
    ck_assert_int_eq(net_listen("::1", port_of(fd), text), -1);
    snprintf(expected, sizeof(expected),
        "cannot listen on [::1]:%u: Address already in use", port_of(fd));
    ck_assert_str_eq(text, expected);
    close(fd);
}

TEST(an_address_of_another_machine_is_refused)
{
    char text[NET_TEXT_MAX];

    ck_assert_int_eq(net_listen("192.0.2.1", 0, text), -1);
    ck_assert_str_eq(
        text, "cannot listen on 192.0.2.1:0: Cannot assign requested address");
}

/* Names that no resolver has to be asked for to be wrong. */
static const char *const bad_hosts[] = {
    "a..b", "::1::", "127.0.0.1x..",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
};

/* Fail unless a text names the host and a reason, in one line. */
static void
check_reason(const char *text, const char *verb, const char *host)
{
    char start[NET_TEXT_MAX];

    snprintf(start, sizeof(start),
        strchr(host, ':') ? "cannot %s [%s]:80: " : "cannot %s %s:80: ", verb,
        host);
    ck_assert_msg(strncmp(text, start, strlen(start)) == 0, "%s", text);
    ck_assert_uint_gt(strlen(text), strlen(start));
    ck_assert_ptr_null(strchr(text, '\n'));
}

TEST(a_bad_host_cannot_listen, .times = COUNT(bad_hosts))
{
    char *text = guard_room(NET_TEXT_MAX);

    ck_assert_int_eq(net_listen(bad_hosts[_i], 80, text), -1);
    check_reason(text, "listen on", bad_hosts[_i]);
}

TEST(a_bad_host_cannot_be_resolved, .times = COUNT(bad_hosts))
{
    char *text = guard_room(NET_TEXT_MAX);

    ck_assert_ptr_null(net_resolve(bad_hosts[_i], 80, text));
    check_reason(text, "connect to", bad_hosts[_i]);
}

TEST(a_bad_host_cannot_be_connected, .times = COUNT(bad_hosts))
{
    char *text = guard_room(NET_TEXT_MAX);

    errno = EPERM;
    ck_assert_int_eq(net_connect(bad_hosts[_i], 80, 0, text), -1);
    ck_assert_int_eq(errno, 0);
    check_reason(text, "connect to", bad_hosts[_i]);
}

TEST(an_endless_host_name_is_cut)
{
    static char host[5000];
    char *text = guard_room(NET_TEXT_MAX);

    memset(host, 'a', sizeof(host) - 1);
    host[sizeof(host) - 1] = '\0';
    ck_assert_int_eq(net_listen(host, 80, text), -1);
    ck_assert_uint_lt(strlen(text), NET_TEXT_MAX);
    ck_assert_ptr_nonnull(strstr(text, "a:80: "));
}

TEST(an_explanation_names_host_port_and_reason)
{
    char *text = guard_room(NET_TEXT_MAX);

    net_explain(text, "example.org", 65535, "Connection refused");
    ck_assert_str_eq(
        text, "cannot connect to example.org:65535: Connection refused");
    net_explain(text, "fe80::1", 1, "No route to host");
    ck_assert_str_eq(text, "cannot connect to [fe80::1]:1: No route to host");
}

TEST(an_endless_reason_is_cut)
{
    static char reason[5000];
    char *text = guard_room(NET_TEXT_MAX);

    memset(reason, 'r', sizeof(reason) - 1);
    reason[sizeof(reason) - 1] = '\0';
    net_explain(text, "::1", 1, reason);
    ck_assert_uint_lt(strlen(text), NET_TEXT_MAX);
}

TEST(no_descriptor_left_is_a_reason)
{
    struct rlimit before;
    char text[NET_TEXT_MAX];
    int fd;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert_int_eq(
        setrlimit(RLIMIT_NOFILE, &(struct rlimit) { 0, before.rlim_max }), 0);
    fd = net_listen("127.0.0.1", 0, text);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert_int_eq(fd, -1);
    ck_assert_str_eq(text, "cannot listen on 127.0.0.1:0: Too many open files");
}

TEST(an_address_resolves_to_itself)
{
    char text[NET_TEXT_MAX];
    struct addrinfo *addresses = net_resolve("127.0.0.1", 4321, text);
    struct sockaddr_in address;

    ck_assert_ptr_nonnull(addresses);
    ck_assert_ptr_null(addresses->ai_next);
    ck_assert_int_eq(addresses->ai_family, AF_INET);
    ck_assert_int_eq(addresses->ai_socktype, SOCK_STREAM);
    memcpy(&address, addresses->ai_addr, sizeof(address));
    ck_assert_uint_eq(ntohs(address.sin_port), 4321);
    ck_assert_uint_eq(ntohl(address.sin_addr.s_addr), INADDR_LOOPBACK);
    freeaddrinfo(addresses);
}

TEST(a_connection_is_blocking_prompt_and_closed_on_exec)
{
    int listener = listen_somewhere();
    char text[NET_TEXT_MAX];
    int fd = net_connect("127.0.0.1", port_of(listener), 0, text);

    ck_assert_msg(fd != -1, "%s", text);
    ck_assert_int_eq(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    ck_assert_int_ne(option_of(fd, IPPROTO_TCP, TCP_NODELAY), 0);
    close(fd);
    close(listener);
}

TEST(a_name_connects_to_the_address_that_answers)
{
    int listener = listen_somewhere();
    char text[NET_TEXT_MAX];
    int fd = net_connect("localhost", port_of(listener), 0, text);

    ck_assert_msg(fd != -1, "%s", text);
    close(fd);
    close(listener);
}

TEST(an_ipv6_address_can_be_connected)
{
    char text[NET_TEXT_MAX];
    int listener, fd;

    if (!has_ipv6())
        return;
    listener = net_listen("::1", 0, text);
    fd = net_connect("::1", port_of(listener), 0, text);
    ck_assert_msg(fd != -1, "%s", text);
    close(fd);
    close(listener);
}

TEST(a_port_where_nobody_listens_is_refused)
{
    int listener = listen_somewhere();
    const uint16_t port = port_of(listener);
    char text[NET_TEXT_MAX], expected[NET_TEXT_MAX];

    close(listener);
    ck_assert_int_eq(net_connect("127.0.0.1", port, 0, text), -1);
    ck_assert_int_eq(errno, ECONNREFUSED);
    snprintf(expected, sizeof(expected),
        "cannot connect to 127.0.0.1:%u: Connection refused", port);
    ck_assert_str_eq(text, expected);
}

/* A queue that is full answers to nobody, as a machine that is off. */
TEST(an_address_that_does_not_answer_is_given_up)
{
    int listener = listen_somewhere(), waiting[4];
    const uint16_t port = port_of(listener);
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr = { htonl(INADDR_LOOPBACK) },
    };
    char text[NET_TEXT_MAX], expected[NET_TEXT_MAX];

    ck_assert_int_eq(listen(listener, 0), 0);
    for (size_t i = 0; i < 4; i++) {
        waiting[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(
            waiting[i], (const struct sockaddr *)&address, sizeof(address));
    }
    ck_assert_int_eq(net_connect("127.0.0.1", port, 50, text), -1);
    snprintf(expected, sizeof(expected),
        "cannot connect to 127.0.0.1:%u: Connection timed out", port);
    ck_assert_str_eq(text, expected);
    for (size_t i = 0; i < 4; i++)
        close(waiting[i]);
    close(listener);
}

TEST(a_send_waits_no_longer_than_the_connection_was_told)
{
    static const char bytes[65536];
    int listener = listen_somewhere();
    char text[NET_TEXT_MAX];
    int fd = net_connect("127.0.0.1", port_of(listener), 50, text);

    ck_assert_int_ne(fd, -1);
    while (send(fd, bytes, sizeof(bytes), 0) > 0)
        continue;
    ck_assert_int_eq(errno, EAGAIN);
    close(fd);
    close(listener);
}

TEST(a_failed_connection_leaves_no_descriptor)
{
    int listener = listen_somewhere(), free_before, free_after;
    const uint16_t port = port_of(listener);
    char text[NET_TEXT_MAX];

    close(listener);
    free_before = net_spare();
    close(free_before);
    ck_assert_int_eq(net_connect("127.0.0.1", port, 0, text), -1);
    ck_assert_int_eq(net_listen("192.0.2.1", 0, text), -1);
    free_after = net_spare();
    close(free_after);
    ck_assert_int_eq(free_before, free_after);
}

TEST(a_peer_has_an_address)
{
    char text[NET_TEXT_MAX], expected[NET_TEXT_MAX];
    int listener = listen_somewhere();
    int fd = net_connect("127.0.0.1", port_of(listener), 0, text);
    int served = accept(listener, NULL, NULL);

    ck_assert(fd != -1 && served != -1);
    net_peer(fd, text);
    snprintf(expected, sizeof(expected), "127.0.0.1:%u", port_of(listener));
    ck_assert_str_eq(text, expected);
    net_peer(served, text);
    snprintf(expected, sizeof(expected), "127.0.0.1:%u", port_of(fd));
    ck_assert_str_eq(text, expected);
    net_peer(-1, text);
    ck_assert_str_eq(text, "?");
    close(fd);
    close(served);
    close(listener);
}

TEST(no_delay_can_be_switched_on)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_eq(option_of(fd, IPPROTO_TCP, TCP_NODELAY), 0);
    net_no_delay(fd);
    ck_assert_int_ne(option_of(fd, IPPROTO_TCP, TCP_NODELAY), 0);
    close(fd);
}

/* What accept can fail with. */
static const struct {
    int error;
    enum net_accept then;
} accept_errors[] = {
    { EAGAIN, NET_ACCEPT_AGAIN },
    { EWOULDBLOCK, NET_ACCEPT_AGAIN },
    { EINTR, NET_ACCEPT_AGAIN },
    { ECONNABORTED, NET_ACCEPT_AGAIN },
    { EPERM, NET_ACCEPT_AGAIN },
    { EPROTO, NET_ACCEPT_AGAIN },
    { ENOPROTOOPT, NET_ACCEPT_AGAIN },
    { EOPNOTSUPP, NET_ACCEPT_AGAIN },
    { ENONET, NET_ACCEPT_AGAIN },
    { ENETDOWN, NET_ACCEPT_AGAIN },
    { ENETUNREACH, NET_ACCEPT_AGAIN },
    { EHOSTDOWN, NET_ACCEPT_AGAIN },
    { EHOSTUNREACH, NET_ACCEPT_AGAIN },
    { EMFILE, NET_ACCEPT_REST },
    { ENFILE, NET_ACCEPT_REST },
    { ENOBUFS, NET_ACCEPT_REST },
    { ENOMEM, NET_ACCEPT_REST },
    { EIO, NET_ACCEPT_REST },
    { EBADF, NET_ACCEPT_REST },
    { EINVAL, NET_ACCEPT_REST },
    { 0, NET_ACCEPT_REST },
};

TEST(accept_goes_on_or_rests, .times = COUNT(accept_errors))
{
    ck_assert_msg(
        net_accept_error(accept_errors[_i].error) == accept_errors[_i].then,
        "errno %d", accept_errors[_i].error);
}

TEST(a_spare_descriptor_is_open_and_closed_on_exec)
{
    int fd = net_spare();
    char byte;

    ck_assert_int_ne(fd, -1);
    ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    ck_assert_int_eq(read(fd, &byte, 1), 0);
    close(fd);
}

TEST(no_spare_descriptor_is_minus_one)
{
    struct rlimit before;
    int fd;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert_int_eq(
        setrlimit(RLIMIT_NOFILE, &(struct rlimit) { 0, before.rlim_max }), 0);
    fd = net_spare();
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert_int_eq(fd, -1);
}

TEST(the_soft_limit_of_descriptors_is_raised_to_the_hard_one)
{
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = 64;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_uint_eq(net_descriptors(), limit.rlim_max);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_uint_eq(limit.rlim_cur, limit.rlim_max);
}

TEST(nothing_is_readable_on_a_silent_connection)
{
    struct pair pair = make_pair(0);

    ck_assert(!net_readable(pair.server));
    close(pair.client);
    close(pair.server);
}

TEST(a_byte_is_readable_and_stays)
{
    struct pair pair = make_pair(0);
    char byte = 0;

    ck_assert_int_eq(send(pair.client, "x", 1, 0), 1);
    await_input(pair.server);
    ck_assert(net_readable(pair.server));
    ck_assert(net_readable(pair.server));
    ck_assert_int_eq(recv(pair.server, &byte, 1, 0), 1);
    ck_assert_int_eq(byte, 'x');
    ck_assert(!net_readable(pair.server));
    close(pair.client);
    close(pair.server);
}

TEST(the_end_of_input_is_readable)
{
    struct pair pair = make_pair(0);

    ck_assert_int_eq(shutdown(pair.client, SHUT_WR), 0);
    await_input(pair.server);
    ck_assert(net_readable(pair.server));
    close(pair.client);
    close(pair.server);
}

TEST(what_is_no_socket_is_not_readable)
{
    ck_assert(!net_readable(-1));
}

TEST(the_end_of_input_is_seen_behind_bytes_that_are_not_read)
{
    struct pair pair = make_pair(0);

    ck_assert(!net_hung_up(pair.server));
    ck_assert_int_eq(send(pair.client, "x", 1, 0), 1);
    await_input(pair.server);
    ck_assert(!net_hung_up(pair.server));
    ck_assert_int_eq(shutdown(pair.client, SHUT_WR), 0);
    while (!net_hung_up(pair.server))
        sched_yield();
    ck_assert(!net_ended(pair.server));
    ck_assert_int_eq(net_error(pair.server), 0);
    close(pair.client);
    close(pair.server);
}

TEST(a_reset_is_an_error_that_waits_once)
{
    struct pair pair = make_pair(0);

    ck_assert_int_eq(net_error(pair.server), 0);
    net_reset_on_close(pair.client);
    close(pair.client);
    while (!net_hung_up(pair.server))
        sched_yield();
    ck_assert_int_eq(net_error(pair.server), ECONNRESET);
    ck_assert_int_eq(net_error(pair.server), 0);
    close(pair.server);
    ck_assert_int_eq(net_error(-1), EBADF);
}

TEST(a_silent_connection_has_nothing_unacknowledged)
{
    struct pair pair = make_pair(0);

    ck_assert_int_eq(net_unacked(pair.server), 0);
    close(pair.client);
    close(pair.server);
}

TEST(what_the_peer_does_not_read_is_unacknowledged_until_it_does)
{
    struct pair pair = make_pair(4096);
    size_t total = write_all_it_takes(pair.server);
    static char bytes[65536];

    ck_assert_int_gt(net_unacked(pair.server), 0);
    ck_assert_uint_le((size_t)net_unacked(pair.server), total);
    while (total > 0) {
        ssize_t size = recv(pair.client, bytes, sizeof(bytes), 0);

        ck_assert_int_gt(size, 0);
        total -= (size_t)size;
    }
    /* The last acknowledgement is on its way. */
    while (net_unacked(pair.server) != 0)
        sched_yield();
    close(pair.client);
    close(pair.server);
}

TEST(whole_segments_are_a_multiple_of_the_one_that_is_sent)
{
    struct pair pair = make_pair(0);
    const size_t segment =
        (size_t)option_of(pair.server, IPPROTO_TCP, TCP_MAXSEG);

    ck_assert_uint_gt(segment, 0);
    for (size_t times = 1; times <= 3; times++) {
        ck_assert_uint_eq(
            net_whole_segments(pair.server, times * segment), times * segment);
        ck_assert_uint_eq(net_whole_segments(pair.server, times * segment + 1),
            times * segment);
        ck_assert_uint_eq(
            net_whole_segments(pair.server, (times + 1) * segment - 1),
            times * segment);
    }
    close(pair.client);
    close(pair.server);
}

TEST(without_room_for_a_segment_the_room_is_used)
{
    struct pair pair = make_pair(0);

    ck_assert_uint_eq(net_whole_segments(pair.server, 100), 100);
    ck_assert_uint_eq(net_whole_segments(-1, 65536), 65536);
    close(pair.client);
    close(pair.server);
}

TEST(what_is_no_socket_has_nothing_unacknowledged)
{
    ck_assert_int_eq(net_unacked(-1), 0);
}

TEST(a_plain_close_is_the_end_of_input)
{
    struct pair pair = make_pair(0);
    char byte;

    close(pair.server);
    ck_assert_int_eq(recv(pair.client, &byte, 1, 0), 0);
    close(pair.client);
}

TEST(a_reset_on_close_is_seen_by_the_peer)
{
    struct pair pair = make_pair(0);
    char byte;

    net_reset_on_close(pair.server);
    close(pair.server);
    ck_assert_int_eq(recv(pair.client, &byte, 1, 0), -1);
    ck_assert_int_eq(errno, ECONNRESET);
    close(pair.client);
}

TEST(a_reset_on_close_drops_what_was_not_delivered)
{
    struct pair pair = make_pair(4096);
    const size_t total = write_all_it_takes(pair.server);
    static char bytes[65536];
    size_t got = 0;
    ssize_t size;

    net_reset_on_close(pair.server);
    close(pair.server);
    while ((size = recv(pair.client, bytes, sizeof(bytes), 0)) > 0)
        got += (size_t)size;
    ck_assert_int_eq(size, -1);
    ck_assert_int_eq(errno, ECONNRESET);
    ck_assert_uint_lt(got, total);
    close(pair.client);
}

TEST(who_is_turned_away_reads_the_text_and_the_end)
{
    struct pair pair = make_pair(0);
    char text[64];

    net_turn_away(pair.server, "ERROR sorry\n");
    ck_assert_int_eq(recv(pair.client, text, sizeof(text), MSG_WAITALL), 12);
    ck_assert_mem_eq(text, "ERROR sorry\n", 12);
    ck_assert_int_eq(fcntl(pair.server, F_GETFD), -1);
    close(pair.client);
}

TEST(who_has_talked_before_is_turned_away_readably)
{
    struct pair pair = make_pair(0);
    char text[64];

    ck_assert_int_eq(send(pair.client, "PARAMS 1 5\nNUMBER\n", 18, 0), 18);
    await_input(pair.server);
    net_turn_away(pair.server, "ERROR sorry\n");
    ck_assert_int_eq(recv(pair.client, text, sizeof(text), MSG_WAITALL), 12);
    ck_assert_mem_eq(text, "ERROR sorry\n", 12);
    close(pair.client);
}

TEST(who_does_not_read_is_turned_away_without_waiting)
{
    struct pair pair = make_pair(4096);

    write_all_it_takes(pair.server);
    net_turn_away(pair.server, "ERROR sorry\n");
    ck_assert_int_eq(fcntl(pair.server, F_GETFD), -1);
    close(pair.client);
}

TEST(who_is_gone_is_turned_away_quietly)
{
    struct pair pair = make_pair(0);

    net_reset_on_close(pair.client);
    close(pair.client);
    await_input(pair.server);
    net_turn_away(pair.server, "ERROR sorry\n");
    ck_assert_int_eq(fcntl(pair.server, F_GETFD), -1);
}

/* --- The doors of a server ------------------------------------------------ */

/* What is passed to a process: descriptors, which are to become 3 and 4 there
 * (-1: none), and what its environment says; "self" is its own id. */
static struct {
    int descriptors[2];
    const char *pid, *count, *names;
} passed;

/* Put a descriptor where none is passed. */
static int
move(int fd)
{
    const int elsewhere = fcntl(fd, F_DUPFD, 100);

    ck_assert_int_ne(elsewhere, -1);
    close(fd);
    return elsewhere;
}

/* Take what is passed to this process. */
static void
take_passed(void)
{
    char self[16];

    for (int i = 0; i < 2; i++)
        if (passed.descriptors[i] == -1)
            close(3 + i);
        else if (dup2(passed.descriptors[i], 3 + i) == -1)
            exit(1);
    snprintf(self, sizeof(self), "%d", getpid());
    setenv(
        "LISTEN_PID", strcmp(passed.pid, "self") == 0 ? self : passed.pid, 1);
    setenv("LISTEN_FDS", passed.count, 1);
    setenv("LISTEN_FDNAMES", passed.names, 1);
}

/* Whether an option of TCP has this value. Nothing is asserted in that process:
 * libcheck's own descriptor may be one of those that are passed. */
static bool
has(int fd, int option, int expected)
{
    int value = -1;
    socklen_t length = sizeof(value);

    return getsockopt(fd, IPPROTO_TCP, option, &value, &length) == 0 &&
           value == expected;
}

/* Print what a door has become. */
static void
print_door(const struct net_door *door)
{
    printf("%s %d %s%s%s%s%s\n", door->name, door->passed ? door->fd : -1,
        door->where, fcntl(door->fd, F_GETFD) == FD_CLOEXEC ? " cloexec" : "",
        (fcntl(door->fd, F_GETFL) & O_NONBLOCK) != 0 ? " nonblock" : "",
        has(door->fd, TCP_NODELAY, 1) ? " nodelay" : "",
        has(door->fd, TCP_NOTSENT_LOWAT, LIMIT_UNSENT) ? " lowat" : "");
}

/* Open doors of these names, cut at a blank, in a process that is passed what
 * there is, and print what comes of it. */
static void
open_two(const char *names)
{
    struct net_door doors[2] = { { .name = "tcp" }, { .name = "http" } };
    const size_t count = strchr(names, ' ') == NULL ? 1 : 2;
    const char *reason;

    take_passed();
    reason = net_open_doors("127.0.0.1", doors, count);
    if (reason != NULL)
        puts(reason);
    for (size_t i = 0; i < count && reason == NULL; i++)
        print_door(&doors[i]);
    if (getenv("LISTEN_PID") != NULL || getenv("LISTEN_FDS") != NULL ||
        getenv("LISTEN_FDNAMES") != NULL)
        puts("a variable is left");
    exit(0);
}

/* Fail unless opening these doors prints this. */
static void
check_doors(const char *names, const char *expected)
{
    static struct ended ended;

    run(open_two, names, &ended);
    ck_assert_int_eq(ended.code, 0);
    ck_assert_str_eq(ended.out, expected);
    ck_assert_str_eq(ended.err, "");
}

TEST(doors_that_are_not_passed_are_opened)
{
    struct net_door doors[2] = { { .name = "tcp" }, { .name = "http" } };
    struct net_door third = { .port = 0 };
    char where[32];

    unsetenv("LISTEN_PID");
    ck_assert_ptr_null(net_open_doors("127.0.0.1", doors, 2));
    for (int i = 0; i < 2; i++) {
        ck_assert(!doors[i].passed);
        snprintf(where, sizeof(where), "127.0.0.1:%u", port_of(doors[i].fd));
        ck_assert_str_eq(doors[i].where, where);
        ck_assert_int_eq(fcntl(doors[i].fd, F_GETFL) & O_NONBLOCK, 0);
    }
    third.port = port_of(doors[0].fd);
    ck_assert_ptr_nonnull(strstr(
        net_open_doors("127.0.0.1", &third, 1), "Address already in use"));
    ck_assert_ptr_nonnull(strstr(third.where, "cannot listen on 127.0.0.1:"));
}

TEST(doors_that_are_passed_are_taken_over_by_their_names)
{
    const int tcp = move(listen_somewhere()), http = move(listen_somewhere());
    char expected[256];

    passed.descriptors[0] = http;
    passed.descriptors[1] = tcp;
    passed.pid = "self";
    passed.count = "2";
    passed.names = "http:tcp";
    snprintf(expected, sizeof(expected),
        "tcp 4 127.0.0.1:%u cloexec nonblock nodelay lowat\n"
        "http 3 127.0.0.1:%u cloexec nonblock nodelay lowat\n",
        port_of(tcp), port_of(http));
    check_doors("tcp http", expected);
}

TEST(doors_that_are_passed_to_another_process_are_let_be)
{
    static struct ended ended;

    passed.descriptors[0] = passed.descriptors[1] = move(listen_somewhere());
    passed.pid = "1";
    passed.count = "1";
    passed.names = "tcp";
    run(open_two, "tcp", &ended);
    ck_assert_int_eq(strncmp(ended.out, "tcp -1 127.0.0.1:", 17), 0);
    ck_assert_ptr_null(strstr(ended.out, "nonblock"));
    ck_assert_ptr_null(strstr(ended.out, "a variable is left"));
}

TEST(what_is_passed_must_be_as_many_as_there_are_doors)
{
    passed.descriptors[0] = passed.descriptors[1] = move(listen_somewhere());
    passed.pid = "self";
    passed.count = "1";
    passed.names = "tcp";
    check_doors(
        "tcp http", "LISTEN_FDS is 1, but this server listens on 2 ports\n");
}

/* What may be passed and is no listening TCP socket. */
static int
open_none(void)
{
    return -1;
}

static int
open_file(void)
{
    return open("/dev/null", O_RDWR);
}

static int
open_unbound(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}

static int
open_datagrams(void)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr = { htonl(INADDR_LOOPBACK) },
    };
    const int fd = socket(AF_INET, SOCK_DGRAM, 0);

    ck_assert_int_eq(
        bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static int
open_local(void)
{
    const struct sockaddr any = { .sa_family = AF_UNIX };
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    ck_assert_int_eq(bind(fd, &any, sizeof(any.sa_family)), 0);
    ck_assert_int_eq(listen(fd, 1), 0);
    return fd;
}

static int
open_connected(void)
{
    return make_pair(0).client;
}

static int (*const others[])(void) = { open_none, open_file, open_unbound,
    open_datagrams, open_local, open_connected };

TEST(what_is_passed_must_be_a_listening_tcp_socket, .times = COUNT(others))
{
    const int other = others[_i]();

    passed.descriptors[0] = move(listen_somewhere());
    passed.descriptors[1] = other == -1 ? -1 : move(other);
    passed.pid = "self";
    passed.count = "2";
    passed.names = "tcp:http";
    check_doors(
        "tcp http", "LISTEN_FDS: descriptor 4 is not a listening TCP socket\n");
}

TEST(an_address_needs_no_look_up_and_a_name_is_none)
{
    static const char *const names[] = { "localhost", "example", "1.2.3.4.5",
        ":::" };
    struct addrinfo *found = net_address("127.0.0.1", 8001);

    ck_assert_ptr_nonnull(found);
    ck_assert_int_eq(found->ai_family, AF_INET);
    ck_assert_uint_eq(
        ntohs(((struct sockaddr_in *)(void *)found->ai_addr)->sin_port), 8001);
    freeaddrinfo(found);
    found = net_address("::1", 8001);
    ck_assert_ptr_nonnull(found);
    ck_assert_int_eq(found->ai_family, AF_INET6);
    freeaddrinfo(found);
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        ck_assert_ptr_null(net_address(names[i], 8001));
}
