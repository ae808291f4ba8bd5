/*
 * The bare ring: io_uring, which accepts and receives on and on and is told so
 * once for each, instead of a call for each event.
 *
 * What is left to be had below the bare event loop: a turn submits the sends of
 * all replies and takes what has come in one call. Needs Linux 6.1.
 */

#include "report/controls/control.h"

#include <liburing.h>
#include <sys/mman.h>

#define ENTRIES      4096
#define BUFFERS      4096 /* a power of two */
#define BUFFER_BYTES 512
#define GROUP        0

/* What a completion is about; a socket comes along with it. */
enum kind { ACCEPT, RECEIVE, SEND };

static struct io_uring ring;
static struct io_uring_buf_ring *buffers;
static char memory[BUFFERS][BUFFER_BYTES];

/* A place for what is to be submitted next. */
static struct io_uring_sqe *
next_entry(void)
{
    struct io_uring_sqe *entry;

    while ((entry = io_uring_get_sqe(&ring)) == NULL)
        io_uring_submit(&ring);
    return entry;
}

/* Say what the last entry is about. */
static void
mark(struct io_uring_sqe *entry, enum kind kind, int fd)
{
    io_uring_sqe_set_data64(entry, (uint64_t)fd << 2 | kind);
}

/* Give a buffer to the kernel. */
static void
lend(unsigned short which)
{
    io_uring_buf_ring_add(buffers, memory[which], BUFFER_BYTES, which,
        io_uring_buf_ring_mask(BUFFERS), 0);
    io_uring_buf_ring_advance(buffers, 1);
}

/* Accept all clients there will be. */
static void
accept_all(int listener)
{
    struct io_uring_sqe *entry = next_entry();

    io_uring_prep_multishot_accept(entry, listener, NULL, NULL, SOCK_CLOEXEC);
    mark(entry, ACCEPT, listener);
}

/* Receive all that a client will send. */
static void
receive_all(int fd)
{
    struct io_uring_sqe *entry = next_entry();

    io_uring_prep_recv_multishot(entry, fd, NULL, 0, 0);
    entry->flags |= IOSQE_BUFFER_SELECT;
    entry->buf_group = GROUP;
    mark(entry, RECEIVE, fd);
}

/* Answer what was read; only a failure is worth a completion. */
static void
answer(int fd)
{
    struct io_uring_sqe *entry = next_entry();

    io_uring_prep_send(
        entry, fd, CONTROL_REPLY, CONTROL_REPLY_LENGTH, MSG_NOSIGNAL);
    entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
    mark(entry, SEND, fd);
}

/* Something was received, or the client left. */
static void
on_received(const struct io_uring_cqe *completion, int fd)
{
    const bool more = (completion->flags & IORING_CQE_F_MORE) != 0;

    if (completion->flags & IORING_CQE_F_BUFFER)
        lend((unsigned short)(completion->flags >> IORING_CQE_BUFFER_SHIFT));
    if (completion->res > 0)
        answer(fd);
    else if (completion->res != -ENOBUFS) {
        close(fd);
        return;
    }
    if (!more)
        receive_all(fd);
}

/* Something is done. */
static void
on_completion(const struct io_uring_cqe *completion)
{
    const uint64_t data = io_uring_cqe_get_data64(completion);
    const int fd = (int)(data >> 2);

    switch ((enum kind)(data & 3)) {
    case ACCEPT:
        if (completion->res >= 0) {
            control_no_delay(completion->res);
            receive_all(completion->res);
        } else {
            warnx("accept: %s", strerror(-completion->res));
        }
        if ((completion->flags & IORING_CQE_F_MORE) == 0)
            accept_all(fd);
        break;
    case RECEIVE:
        on_received(completion, fd);
        break;
    case SEND:
        break; /* the client is gone, as its end will say */
    }
}

/* Make the ring, and the buffers that it fills. */
static void
make_ring(void)
{
    struct io_uring_params how = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
    };
    struct io_uring_buf_reg registered = {
        .ring_entries = BUFFERS,
        .bgid = GROUP,
    };
    int error = io_uring_queue_init_params(ENTRIES, &ring, &how);

    if (error < 0)
        errx(1, "io_uring: %s", strerror(-error));
    buffers = mmap(NULL, BUFFERS * sizeof(struct io_uring_buf),
        PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (buffers == MAP_FAILED)
        err(1, "buffers");
    registered.ring_addr = (uint64_t)(uintptr_t)buffers;
    error = io_uring_register_buf_ring(&ring, &registered, 0);
    if (error < 0)
        errx(1, "buffers: %s", strerror(-error));
    io_uring_buf_ring_init(buffers);
    for (unsigned i = 0; i < BUFFERS; i++)
        lend((unsigned short)i);
}

/* Serve until SIGTERM. */
int
main(int argc, char **argv)
{
    int listener;

    make_ring();
    listener = control_listen(argc, argv);
    accept_all(listener);
    for (;;) {
        struct io_uring_cqe *completion;
        unsigned head, count = 0;

        io_uring_submit_and_wait(&ring, 1);
        io_uring_for_each_cqe(&ring, head, completion)
        {
            on_completion(completion);
            count++;
        }
        io_uring_cq_advance(&ring, count);
    }
}
