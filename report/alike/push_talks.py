"""
push_talks - what is said to a push server, and which rule its answers keep.

A script has a line for each thing that one of the clients a, b and c does:

    a GET /poll?since=E-6       ask; HEAD and DELETE likewise
    b POST /publish hi          publish the text behind the second blank
    b long 4096 /publish        publish so many times x
    b posts 300 /publish        publish x, so many times, and hear it is done
    a RAW GET / HTTP/1.0||      send this, each | as CR LF
    a talk /echo                ask for a WebSocket
    a send 81 hi                a masked frame with this first byte
    a fill 82 65536             the same with so many times x
    a hex 8900                  these bytes

and for each thing that it hears, which is then compared:

    a answer, a head            a whole answer, or its head
    a chunk, a event, a frame   the next of them, pings left out
    a end                       the end of the connection

E- is the epoch of the server's ids. A client connects when it first does
something, and all leave at the end of the script. Characters are bytes.
"""

KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==|"
SHORT = "Sec-WebSocket-Key: c2hvcnQ=|"
BIG = "a long 4000 /publish?channel=big\na answer\n"


def upgrade(target, key=KEY, version=13, host="localhost"):
    """A request for a WebSocket, but for its end."""
    return (f"RAW GET {target} HTTP/1.1|Host: {host}|Upgrade: websocket|"
        f"Connection: Upgrade|{key}Sec-WebSocket-Version: {version}|")


def echo(frames):
    """An echo that comes to its end: what the server says last, and the
    end."""
    return f"a talk /echo\na answer\n{frames}a frame\na end\n"


TALKS = (
    ("/healthz is answered by ok", "a GET /healthz\na answer\n"),
    ("requests that come at once are answered in their order",
        "a RAW GET /healthz HTTP/1.1|Host: a||GET /no HTTP/1.1|Host: a||"
        "GET /healthz HTTP/1.1|Host: a||\na answer\na answer\na answer\n"),
    ("HEAD is answered by a head alone",
        "a HEAD /healthz\na answer\na HEAD /poll\na answer\n"),
    ("what is not there is 404", "a GET /nowhere\na answer\n"),
    ("a method that a resource does not have is 405",
        "a GET /publish\na answer\nb RAW POST /poll HTTP/1.1|Host: a|"
        "Content-Length: 0||\nb answer\nc DELETE /events\nc answer\n"),
    ("each message of a channel gets the next id",
        "a POST /publish?channel=count one\na answer\n"
        "a POST /publish?channel=count two\na answer\n"
        "b POST /publish?channel=other one\nb answer\n"),
    ("the channel of who names none is main",
        "a POST /publish?channel=main one\na answer\n"
        "a POST /publish two\na answer\n"
        "a GET /poll?since=E-0&channel=\na answer\n"),
    ("a channel has a name of 1 to 64 letters, digits, - and _",
        "a GET /poll?wait=0&channel=%21\na answer\n"
        "b GET /poll?wait=0&channel=Aa0-_67890123456789012345678901234567890123"
        "4567890123456789012x\nb answer\n"
        "c GET /poll?wait=0&channel=Aa0-_67890123456789012345678901234567890123"
        "45678901234567890123xy\nc answer\n"),
    ("a message has a byte at least",
        "a POST /publish?channel=bad \na answer\n"),
    ("a message is UTF-8",
        "a POST /publish?channel=bad \303(\na answer\n"
        "b POST /publish?channel=bad \355\240\200\nb answer\n"),
    ("a message has 4096 bytes at most",
        "a long 4096 /publish?channel=long\na answer\n"
        "a long 4097 /publish?channel=long\na answer\n"),
    ("a POST without its length is 411",
        "a RAW POST /publish HTTP/1.1|Host: a||\na answer\na end\n"),
    ("a POST that expects something is 417",
        "a RAW POST /publish HTTP/1.1|Host: a|Content-Length: 2|"
        "Expect: 100-continue||\na answer\na end\n"),
    ("a POST in chunks is 501",
        "a RAW POST /publish HTTP/1.1|Host: a|Transfer-Encoding: chunked||"
        "0||\na answer\na end\n"),
    ("who comes from a foreign page may not publish",
        "a RAW POST /publish?channel=origin HTTP/1.1|Host: localhost|"
        "Origin: http://evil.example|Content-Length: 2||hi\na answer\n"
        "b RAW POST /publish?channel=origin HTTP/1.1|Host: evil.example|"
        "Content-Length: 2||hi\nb answer\n"
        "c RAW POST /publish?channel=origin HTTP/1.1|Host: localhost:80|"
        "Origin: http://LOCALHOST:80|Content-Length: 2||hi\nc answer\n"),
    ("a foreign page, or one by a foreign name, may not listen",
        "a RAW GET /poll?wait=0 HTTP/1.1|Host: localhost|"
        "Origin: http://evil.example||\na answer\n"
        "b RAW GET /poll?wait=0 HTTP/1.1|Host: evil.example||\nb answer\n"
        "c RAW GET /events HTTP/1.1|Host: evil.example||\nc answer\n"
        "d RAW HEAD /poll?wait=0 HTTP/1.1|Host: 127.0.0.1:80||\nd head\n"),
    ("a poll is answered at once by all messages after since",
        "a posts 4 /publish?channel=after\n"
        "a GET /poll?channel=after&since=E-0\na answer\n"
        "a GET /poll?channel=after&since=E-2\na answer\n"),
    ("a message is its JSON, and nothing in it is markup",
        "a POST /publish?channel=json \"q\" \\ \t <b>&\303\251\342\202\254\n"
        "a answer\na GET /poll?channel=json&since=E-0\na answer\n"
        "a GET /events?channel=json&since=E-0\na head\na event\na event\n"),
    ("without since a poll gets what comes from now on",
        "a posts 2 /publish?channel=now\n"
        "a GET /poll?channel=now&wait=0\na answer\n"),
    ("a poll waits for the next message",
        "a GET /poll?channel=news&since=E-0\n"
        "b GET /poll?channel=news&since=E-0&wait=20\n"
        "c POST /publish?channel=news hi\nc answer\na answer\nb answer\n"),
    ("a poll is answered by no message when its wait is over",
        "a GET /poll?channel=quiet&since=E-0&wait=0.1\na answer\n"),
    ("a poll with a since of another start is answered by a reset",
        "a posts 2 /publish?channel=reset\n"
        "a GET /poll?channel=reset&since=77-1\na answer\n"),
    ("a poll with a since beyond the newest message is answered by a reset",
        "a posts 2 /publish?channel=beyond\n"
        "a GET /poll?channel=beyond&since=E-3\na answer\n"),
    ("a since that is no id is 400",
        "a GET /poll?since=7\na answer\nb GET /events?since=E-\nb answer\n"
        "c GET /poll?since=E--1\nc answer\n"),
    ("a wait that is no number is 400",
        "a GET /poll?wait=x\na answer\n"
        "b GET /poll?wait=-1\nb answer\n"),
    ("a poll says how many messages it has missed",
        "a posts 300 /publish?channel=ring\n"
        "a GET /poll?channel=ring&since=E-0\na answer\n"
        "a GET /poll?channel=ring&since=E-44\na answer\n"),
    ("a poll has 16 KiB of messages at most, and the next one the others",
        5 * BIG + "a GET /poll?channel=big&since=E-0\na answer\n"
        "a GET /poll?channel=big&since=E-4\na answer\n"),
    ("events begin with retry, and come with their ids",
        "a GET /events?channel=events\na head\na event\n"
        "b posts 2 /publish?channel=events\na event\na event\n"),
    ("events that were missed come first",
        "a posts 3 /publish?channel=past\n"
        "a GET /events?channel=past&since=E-1\na head\na event\na event\n"
        "a event\n"),
    ("Last-Event-ID counts more than since",
        "a posts 3 /publish?channel=last\n"
        "a RAW GET /events?channel=last&since=E-0 HTTP/1.1|Host: localhost|"
        "Last-Event-ID: E-2||\na head\na event\na event\n"),
    ("a reset is an event, with the place at which events go on",
        "a posts 2 /publish?channel=lost\n"
        "a GET /events?channel=lost&since=77-1\na head\na event\na event\n"
        "b POST /publish?channel=lost hi\nb answer\na event\n"),
    ("a Last-Event-ID that is no id is a reset",
        "a RAW GET /events?channel=lost2 HTTP/1.1|Host: localhost|"
        "Last-Event-ID: none||\na head\na event\na event\n"),
    ("missed messages are an event",
        "a posts 258 /publish?channel=gap\n"
        "a GET /events?channel=gap&since=E-0\na head\na event\na event\n"
        "a event\n"),
    ("a worker's pieces come in their order, a chunk each",
        "a GET /fetch?n=3&every=0.05\na head\na chunk\na chunk\na chunk\n"
        "a chunk\na GET /healthz\na answer\n"),
    ("an HTTP/1.0 client gets everything up to the close",
        "a RAW GET /fetch?n=2&every=0 HTTP/1.0||\na answer\na end\n"),
    ("n is 100 at most, and every 60",
        "a GET /fetch?n=101\na answer\nb GET /fetch?every=61\nb answer\n"
        "c GET /fetch?n=-1\nc answer\n"),
    ("a WebSocket is accepted by the proof of its key",
        "a talk /echo\na answer\nb talk /websocket\nb answer\n"
        "c talk /chat?channel=shake\nc answer\n"),
    ("what is no request for a WebSocket is 400",
        "a GET /echo\na answer\nb " + upgrade("/echo", key="")
        + "|\nb answer\nc " + upgrade("/echo", key=SHORT)
        + "|\nc answer\n"),
    ("another version of WebSockets is 426",
        "a " + upgrade("/echo", version=8) + "|\na answer\n"),
    ("who comes from a foreign page gets no WebSocket",
        "a " + upgrade("/chat") + "Origin: http://evil.example||\na answer\n"
        "b " + upgrade("/echo") + "Origin: http://localhost||\nb answer\n"
        "c " + upgrade("/echo", host="evil.example") + "|\nc answer\n"),
    ("a text is answered by its repr",
        "a talk /websocket\na answer\na send 81 Hello, world\na frame\n"
        "a send 81 it's \"x\"\na frame\na send 81 it's\na frame\n"
        "a send 81 \303\251\t\\\342\200\250\na frame\na send 81 \na frame\n"),
    ("bytes are answered by their repr",
        "a talk /websocket\na answer\na send 82 \001a\377'\na frame\n"),
    ("an echo has the opcode and the bytes of the message",
        "a talk /echo\na send 81 hi\na send 82 \376\377\na answer\na frame\n"
        "a frame\na send 81 \na frame\na fill 82 126\na frame\n"
        "a fill 81 65536\na frame\n"),
    ("fragments are one message, and a ping between them has its pong",
        "a talk /echo\na answer\na send 01 ab\na send 89 now\na frame\n"
        "a send 00 cd\na send 80 ef\na frame\n"),
    ("a pong that nobody asked for is dropped",
        "a talk /echo\na answer\na send 8a x\na send 81 hi\na frame\n"),
    ("a close is returned with its code", echo("a send 88 \003\350bye\n")),
    ("a close without a code is returned without one", echo("a send 88 \n")),
    ("a close with a code of one's own is returned",
        echo("a send 88 \017\240\n")),
    ("a frame without a mask is 1002", echo("a hex 81026869\n")),
    ("a reserved bit is 1002", echo("a send c1 hi\n")),
    ("a reserved opcode is 1002", echo("a send 83 hi\n")),
    ("a control frame in fragments is 1002", echo("a send 09 hi\n")),
    ("a control frame of more than 125 bytes is 1002",
        echo("a fill 89 126\n")),
    ("a length that is longer than need be is 1002",
        echo("a hex 81fe0002000000006869\n")),
    ("a continuation of nothing is 1002", echo("a send 80 hi\n")),
    ("a message within another is 1002",
        echo("a send 01 ab\na send 81 cd\n")),
    ("a close with one byte is 1002", echo("a send 88 \003\n")),
    ("a close with a code that may not be sent is 1002",
        echo("a send 88 \003\355\n")),
    ("a text that is no UTF-8 is 1007", echo("a send 81 \303(\n")),
    ("a fragment that cannot become UTF-8 is 1007 at once",
        echo("a send 01 ab\377\n")),
    ("a reason that is no UTF-8 is 1007", echo("a send 88 \003\350\303(\n")),
    ("a message that is too long is 1009, as its length says",
        echo("a hex 82ff000000000001000100000000\n")),
    ("what one says in a chat all hear",
        "a talk /chat?channel=chat\na answer\n"
        "b talk /chat?channel=chat\nb answer\n"
        "a send 81 hi\na frame\nb frame\nc POST /publish?channel=chat too\n"
        "c answer\na frame\nb frame\n"),
    ("who comes back to a chat first hears what was missed",
        "a posts 3 /publish?channel=back\n"
        "b talk /chat?channel=back&since=E-1\nb answer\nb frame\nb frame\n"),
    ("who comes back to a chat too late is told so",
        "a posts 258 /publish?channel=late\n"
        "b talk /chat?channel=late&since=E-0\nb answer\nb frame\nb frame\n"
        "c talk /chat?channel=late&since=77-1\nc answer\nc frame\n"),
    ("bytes in a chat are 1003",
        "a talk /chat\na answer\na send 82 hi\na frame\na end\n"),
    ("an empty message in a chat is 1008",
        "a talk /chat\na answer\na send 81 \na frame\na end\n"),
    ("a message of more than 4096 bytes in a chat is 1009",
        "a talk /chat\na answer\na fill 81 4097\na frame\na end\n"),
)
