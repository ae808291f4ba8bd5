/*
 * telnet - the Telnet protocol, as far as a server of lines meets it.
 *
 * A Telnet client mixes commands with its data; each begins with the byte IAC
 * (255). They are taken out here. Every option that the client offers or asks
 * for is refused, so that the connection stays as all Telnet connections begin
 * (RFC 854, pp. 1-2). A client that sends no commands is sent none.
 *
 *     WILL x              answered by IAC DONT x, once for each option
 *     DO x                answered by IAC WONT x, once for each option
 *     DO TIMING-MARK      answered by IAC WONT TIMING-MARK each time, up to
 *                         TELNET_MARKS_MAX times
 *     WONT x, DONT x      not answered: all options are off already
 *     SB ... IAC SE       skipped, at any length
 *     IP, BRK, EOF        end the session: returned as byte 255 and LF
 *     NOP, DM, AO, AYT, EC, EL, GA, SE, EOR, ABORT, SUSP   skipped
 *     IAC IAC             one byte 255 of data
 *     IAC, below 236      not a command: both bytes are data
 *     CR NUL              a line end, returned as CR LF
 *
 * A bare CR and any other NUL are data. A command may stand anywhere, even
 * between CR and NUL. The result depends on the bytes only, not on how they
 * were cut into segments.
 *
 * Byte 255 makes the line that it stands in no UTF-8. So the published servers,
 * which know no Telnet, take CTRL-C and all other commands: such a line ends
 * the session, and a program of ours need not know more.
 *
 * One refusal per option suffices and cannot start a loop (RFC 854, pp. 2-3;
 * RFC 1143, section 2). DO TIMING-MARK asks for a mark in the output, not for
 * a state (RFC 860): the telnet clients of GNU and BSD send it when the user
 * types CTRL-Z or CTRL-O, and discard all output until it is answered.
 *
 * In a subnegotiation IAC IAC is one of its bytes (RFC 855). Any other command
 * than IAC SE is an error there: it ends the subnegotiation and is obeyed, as
 * in the telnetd of GNU and BSD, so that CTRL-C always ends the session.
 *
 * RFC 854, pp. 13-14, defines the commands; RFC 885 adds EOR, and RFC 1184,
 * section 1, adds EOF, SUSP and ABORT. RFC 1123 requires hosts to know them
 * (3.2.3), to double IAC (3.2.6), and to take CR NUL for CR LF (3.3.1).
 *
 * TCP's urgent byte is no part of the stream, so a Synch, whose IAC DM ends in
 * one (RFC 854, pp. 8-10), leaves an IAC that is data.
 */
#ifndef COMMON_TELNET_H
#define COMMON_TELNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How far a command has come. */
enum telnet_state {
    TELNET_DATA,        /* no command */
    TELNET_COMMAND,     /* IAC */
    TELNET_WILL,        /* IAC WILL: an option follows */
    TELNET_DO,          /* IAC DO: an option follows */
    TELNET_WONT,        /* IAC WONT or IAC DONT: an option follows */
    TELNET_SUB,         /* IAC SB */
    TELNET_SUB_COMMAND, /* IAC SB ... IAC */
    TELNET_ENDED,       /* the peer has ended the session */
};

/* What is known of one connection; all zero for a new one. */
struct telnet {
    enum telnet_state state;
    bool after_cr;     /* the last byte of data was CR */
    uint16_t marks;    /* timing marks refused */
    uint64_t wills[4]; /* a bit for each option refused by DONT, */
    uint64_t dos[4];   /* and by WONT */
};

/*
 * By how many bytes the data of a segment can exceed the segment, when the
 * segment before it ended in IAC: that IAC was data, or the first half of a
 * command that ends the session, and is returned now.
 */
#define TELNET_GROWTH 1

/* How often a connection's requests for a timing mark are answered. */
#define TELNET_MARKS_MAX 256

/* Room for all replies of a connection, in bytes: each of 256 options refused
 * once in both directions, but the timing mark more often in one. */
#define TELNET_REPLY_MAX ((2 * 256 - 1 + TELNET_MARKS_MAX) * 3)

/*
 * Take the commands out of the next length bytes of a connection, in place, and
 * return how many bytes of data are left at the start of bytes. That may be
 * length + TELNET_GROWTH: so many bytes must be writable. What to send back, in
 * order, is written to reply, and its length, mostly 0, to *replied. All
 * replies of a connection together have at most TELNET_REPLY_MAX bytes. After
 * the end of a session all that follows is dropped without a reply.
 */
size_t telnet_read(struct telnet *telnet, char *bytes, size_t length,
    char reply[TELNET_REPLY_MAX], size_t *replied);

/*
 * The connection has ended. What is left of an incomplete command is data after
 * all: byte 255 is written to *byte. Return how many bytes that are, 0 or 1.
 */
size_t telnet_end(struct telnet *telnet, char *byte);

#endif
