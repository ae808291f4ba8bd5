#include "common/telnet.h"

#include <string.h>

/* Commands by their names in the RFCs; each byte from EOF to IAC is one. */
enum {
    COMMAND_EOF = 236,
    COMMAND_BRK = 243,
    COMMAND_IP = 244,
    COMMAND_SB = 250,
    COMMAND_WILL = 251,
    COMMAND_WONT = 252,
    COMMAND_DO = 253,
    COMMAND_DONT = 254,
    COMMAND_IAC = 255,
};

/* The option that is no state, but a request (RFC 860). */
#define TIMING_MARK 6

/* Where the output of one call stands. */
struct output {
    char *data;
    size_t kept;
    char *reply;
    size_t replied;
};

/* Whether bytes are data and nothing else; a CR at their end is noted. */
static bool
is_plain(struct telnet *telnet, const char *bytes, size_t length)
{
    if (telnet->state != TELNET_DATA || length == 0 ||
        memchr(bytes, COMMAND_IAC, length) != NULL ||
        memchr(bytes, '\0', length) != NULL)
        return false;
    telnet->after_cr = bytes[length - 1] == '\r';
    return true;
}

/* Hand on a byte of data. */
static void
keep(struct telnet *telnet, struct output *output, unsigned char byte)
{
    if (byte == '\0' && telnet->after_cr)
        byte = '\n';
    telnet->after_cr = byte == '\r';
    output->data[output->kept++] = (char)byte;
}

/* Send a command about an option. */
static void
answer(struct output *output, unsigned char command, unsigned char option)
{
    output->reply[output->replied++] = (char)COMMAND_IAC;
    output->reply[output->replied++] = (char)command;
    output->reply[output->replied++] = (char)option;
}

/* Refuse an option by a command, unless that was done before. */
static void
refuse(uint64_t refused[4], struct output *output, unsigned char command,
    unsigned char option)
{
    const uint64_t bit = (uint64_t)1 << option % 64;

    if ((refused[option / 64] & bit) == 0)
        answer(output, command, option);
    refused[option / 64] |= bit;
}

/* Refuse an option that the peer asks for. */
static void
refuse_do(struct telnet *telnet, struct output *output, unsigned char option)
{
    if (option != TIMING_MARK) {
        refuse(telnet->dos, output, COMMAND_WONT, option);
    } else if (telnet->marks < TELNET_MARKS_MAX) {
        telnet->marks++;
        answer(output, COMMAND_WONT, option);
    }
}

/* Take in the byte after an IAC. */
static void
take_command(struct telnet *telnet, struct output *output, unsigned char byte)
{
    const bool in_sub = telnet->state == TELNET_SUB_COMMAND;

    telnet->state = TELNET_DATA;
    switch (byte) {
    case COMMAND_IAC:
        if (in_sub)
            telnet->state = TELNET_SUB;
        else
            keep(telnet, output, byte);
        break;
    case COMMAND_WILL:
        telnet->state = TELNET_WILL;
        break;
    case COMMAND_DO:
        telnet->state = TELNET_DO;
        break;
    case COMMAND_WONT:
    case COMMAND_DONT:
        telnet->state = TELNET_WONT;
        break;
    case COMMAND_SB:
        telnet->state = TELNET_SUB;
        break;
    case COMMAND_IP:
    case COMMAND_BRK:
    case COMMAND_EOF:
        /* In the place of the command. */
        keep(telnet, output, COMMAND_IAC);
        keep(telnet, output, '\n');
        telnet->state = TELNET_ENDED;
        break;
    default:
        if (byte < COMMAND_EOF) {
            keep(telnet, output, COMMAND_IAC);
            keep(telnet, output, byte);
        }
        break;
    }
}

/* Take in one byte; within a subnegotiation only an IAC. */
static void
take(struct telnet *telnet, struct output *output, unsigned char byte)
{
    switch (telnet->state) {
    case TELNET_DATA:
        if (byte == COMMAND_IAC)
            telnet->state = TELNET_COMMAND;
        else
            keep(telnet, output, byte);
        break;
    case TELNET_COMMAND:
    case TELNET_SUB_COMMAND:
        take_command(telnet, output, byte);
        break;
    case TELNET_WILL:
        refuse(telnet->wills, output, COMMAND_DONT, byte);
        telnet->state = TELNET_DATA;
        break;
    case TELNET_DO:
        refuse_do(telnet, output, byte);
        telnet->state = TELNET_DATA;
        break;
    case TELNET_WONT:
        telnet->state = TELNET_DATA;
        break;
    case TELNET_SUB:
        telnet->state = TELNET_SUB_COMMAND;
        break;
    case TELNET_ENDED:
    default:
        break;
    }
}

/* How many of the next bytes are within a subnegotiation, up to an IAC. */
static size_t
count_skipped(const struct telnet *telnet, const char *bytes, size_t length)
{
    const char *iac;

    if (telnet->state != TELNET_SUB)
        return 0;
    iac = memchr(bytes, COMMAND_IAC, length);
    return iac == NULL ? length : (size_t)(iac - bytes);
}

/* Take the commands out of the next bytes. */
size_t
telnet_read(struct telnet *telnet, char *bytes, size_t length,
    char reply[TELNET_REPLY_MAX], size_t *replied)
{
    struct output output = { bytes, 0, reply, 0 };

    *replied = 0;
    if (is_plain(telnet, bytes, length))
        return length;
    if (length > 0 && (unsigned char)bytes[0] < COMMAND_EOF &&
        (telnet->state == TELNET_COMMAND ||
            telnet->state == TELNET_SUB_COMMAND)) {
        /* The IAC that ended the last segment is data: back to its place. */
        memmove(bytes + 1, bytes, length++);
        bytes[0] = (char)COMMAND_IAC;
        telnet->state = TELNET_DATA;
    }
    for (size_t i = 0; i < length; i++) {
        i += count_skipped(telnet, bytes + i, length - i);
        if (i < length)
            take(telnet, &output, (unsigned char)bytes[i]);
    }
    *replied = output.replied;
    return output.kept;
}

/* The connection has ended. */
size_t
telnet_end(struct telnet *telnet, char *byte)
{
    const bool pending =
        telnet->state != TELNET_DATA && telnet->state != TELNET_ENDED;

    if (pending)
        *byte = (char)COMMAND_IAC;
    telnet->state = TELNET_ENDED;
    return pending;
}
