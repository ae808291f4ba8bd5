"""ladder_web - what the steps of several programs ask over HTTP."""

from ladder import Failed


def page(client, resource, method=b"GET", more=b""):
    """Ask for a resource."""
    client.send(method + b" " + resource + b" HTTP/1.1\r\nHost: localhost\r\n" +
        more + b"\r\n")


def head_of(client, what="The answer has no whole head."):
    """Read the head of an answer; what it says, by lower-case names."""
    head = client.read_to(b"\r\n\r\n", what)
    first, *fields = head.split(b"\r\n")
    return first, {name.lower(): value.strip() for name, _, value in
        (field.partition(b":") for field in fields)}


def expect_page(client, status, body):
    """Read an answer of known length; fail when it is another."""
    first, fields = head_of(client)
    if first != b"HTTP/1.1 " + status:
        raise Failed("The status is another.", client.sent,
            ["HTTP/1.1 " + status.decode()], [repr(first)[2:-1]])
    if fields.get(b"content-length") != b"%d" % len(body):
        raise Failed("The length is another.", client.sent,
            [f"Content-Length: {len(body)}"],
            [str(fields.get(b"content-length"))])
    client.expect(body)
