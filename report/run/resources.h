/*
 * resources - what a server uses, asked of the kernel from outside.
 *
 * A server is a process, or all processes of a group: as with kill(2), a
 * positive number is the one and a negative number the other. Of a group those
 * are counted that live when they are asked about; what a child used that has
 * ended is lost.
 */
#ifndef REPORT_RESOURCES_H
#define REPORT_RESOURCES_H

#include <stdint.h>
#include <sys/types.h>

/*
 * The memory of a server, in bytes. The kernel stack of a thread appears in
 * no resident set size and neither do page tables or socket buffers; a thread
 * per connection pays for the first two. The kernel's socket, file and inode
 * structures are not counted: they are the same for every server.
 */
struct memory {
    uint64_t pss; /* resident, shared pages divided among their users */
    uint64_t page_tables;
    uint64_t kernel_stacks; /* RESOURCES_KERNEL_STACK per thread */
    uint64_t sockets;       /* buffers of its sockets, known by the port */
    uint64_t threads;       /* a number, not bytes */
};

#define RESOURCES_KERNEL_STACK 16384 /* bytes; x86-64 and arm64, 4 pages */

/*
 * Read the memory of server `pid` that serves on `port`. Take some
 * milliseconds with thousands of threads, so call it outside a measurement.
 * Return 0, or -1 when the process is gone or the kernel does not tell
 * (errno).
 */
int resources_memory(pid_t pid, uint16_t port, struct memory *m);

/* Read the memory of a process that is the only client of `port` likewise. */
int resources_client_memory(pid_t pid, uint16_t port, struct memory *m);

/* Return the sum of the four kinds of memory, in bytes. */
uint64_t resources_memory_total(const struct memory *m);

/*
 * Return the processor time in ns that all threads of server `pid` have
 * used, from its CPU clock; 0 when it is gone.
 */
uint64_t resources_cpu_ns(pid_t pid);

/* Return the processor time in ns that the calling thread has used. */
uint64_t resources_own_cpu_ns(void);

/* Return the processor time in ns that all threads of this process have. */
uint64_t resources_all_cpu_ns(void);

/*
 * Return the time in ns that the calling thread was ready to run and had to
 * wait for its processor, because something else had it; 0 when the kernel
 * does not tell.
 */
uint64_t resources_own_wait_ns(void);

/*
 * Set *ns to the time that the threads of server `pid` were ready to run and
 * had to wait, since their start. Of more than 64 threads a sample of 64 is
 * read, and scaled up: they are the same from call to call as long as none
 * starts or ends. Return 0, or -1 when the kernel does not tell.
 */
int resources_wait_ns(pid_t pid, uint64_t *ns);

#endif
