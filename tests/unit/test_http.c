#include "common/http.h"

#include "tests/unit/guard.h"
#include "tests/unit/unit.h"

#include <stdio.h>

#define MANY             65536
#define LITERAL(literal) literal, sizeof(literal) - 1

/* What a client sent, and what a server must make of it: of every request its
 * method, path and query, and what is not as usual; or the status with which
 * the connection is refused, "400%" for HTTP_UNENCODED; '+' is the beginning of
 * something. */
struct sent {
    const char *bytes;
    size_t size;
    const char *expected;
};

#define SENT(bytes, expected)                                                  \
    {                                                                          \
        LITERAL(bytes), expected                                               \
    }

/* A request with some line, and one with some more fields. */
#define LINE(line, expected)    SENT(line "\r\nHost: a\r\n\r\n", expected)
#define TARGET(target, written) LINE("GET " target " HTTP/1.1", written)
#define FIELDS(fields, expected)                                               \
    SENT("GET / HTTP/1.1\r\nHost: a\r\n" fields "\r\n", expected)
#define HOST(field, expected) SENT("GET / HTTP/1.1\r\n" field "\r\n", expected)

static const struct sent table[] = {
    /* Not complete. */
    SENT("", ""),
    SENT("G", "+"),
    SENT("GET / HTTP/1.1", "+"),
    SENT("GET / HTTP/1.1\r", "+"),
    SENT("GET / HTTP/1.1\r\n", "+"),
    SENT("GET / HTTP/1.1\r\nHost: a\r\n", "+"),
    SENT("GET / HTTP/1.1\r\nHost: a\r\n\r", "+"),
    /* Empty lines before the request line. */
    SENT("\r", "+"),
    SENT("\r\n", ""),
    SENT("\r\n\r\n", ""),
    SENT("\r\n\r\n\r\n", "400"),
    SENT("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /;"),
    SENT("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /;"),
    SENT("\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
    SENT("\r\n\r\nPOST / HTTP/1.1\r\nHost: a\r\n\r\n", "405"),
    SENT("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
    SENT("\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
    SENT(" \r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "400"),
    /* Methods. */
    LINE("GET / HTTP/1.1", "GET /;"),
    LINE("HEAD / HTTP/1.1", "HEAD /;"),
    LINE("POST / HTTP/1.1", "405"),
    LINE("PUT / HTTP/1.1", "405"),
    LINE("DELETE / HTTP/1.1", "405"),
    LINE("OPTIONS * HTTP/1.1", "405"),
    LINE("OPTIONS / HTTP/1.1", "405"),
    LINE("TRACE / HTTP/1.1", "405"),
    LINE("PATCH / HTTP/1.1", "405"),
    LINE("CONNECT a:443 HTTP/1.1", "405"),
    LINE("FROB / HTTP/1.1", "501"),
    LINE("get / HTTP/1.1", "501"),
    LINE("Get / HTTP/1.1", "501"),
    LINE("GETT / HTTP/1.1", "501"),
    LINE("GE / HTTP/1.1", "501"),
    LINE("!#$%&'*+-.^_`|~09AZaz / HTTP/1.1", "501"),
    LINE("G(T / HTTP/1.1", "400"),
    LINE("G\"T / HTTP/1.1", "400"),
    LINE("GET: / HTTP/1.1", "400"),
    LINE("G\xc3\x89T / HTTP/1.1", "400"),
    LINE(" GET / HTTP/1.1", "400"),
    LINE("\tGET / HTTP/1.1", "400"),
    /* The request line. */
    LINE("GET", "400"),
    LINE("GET ", "400"),
    LINE("GET /", "400"),
    LINE("GET / ", "400"),
    LINE("GET  HTTP/1.1", "400"),
    LINE("GET HTTP/1.1", "400"),
    LINE("GET  / HTTP/1.1", "400"),
    LINE("GET /  HTTP/1.1", "400"),
    LINE("GET / HTTP/1.1 ", "400"),
    LINE("GET / HTTP/1.1\t", "400"),
    LINE("GET\t/\tHTTP/1.1", "400"),
    LINE("GET\t/ HTTP/1.1", "400"),
    LINE("GET /\tHTTP/1.1", "400"),
    LINE("GET /a b HTTP/1.1", "400"),
    LINE("GET /a\tb HTTP/1.1", "400"),
    LINE("GET /\v HTTP/1.1", "400"),
    LINE("GET /\0 HTTP/1.1", "400"),
    LINE("GET /\x7f HTTP/1.1", "400"),
    LINE("GET /\r HTTP/1.1", "400"),
    SENT("GET / HTTP/1.1\nHost: a\r\n\r\n", "400"),
    SENT("GET / HTTP/1.1\n\n", "400"),
    SENT("GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", "400"),
    SENT("GET / HTTP/1.1\n\rHost: a\r\n\r\n", "400"),
    SENT("\x16\x03\x01\x02", "400"), /* TLS */
    SENT("\x80", "+"),
    LINE("\x80", "400"),
    /* Versions. */
    LINE("GET / HTTP/1.0", "GET / 1.0 close;"),
    LINE("GET / HTTP/1.2", "GET /;"),
    LINE("GET / HTTP/1.9", "GET /;"),
    LINE("GET / HTTP/0.9", "505"),
    LINE("GET / HTTP/0.0", "505"),
    LINE("GET / HTTP/2.0", "505"),
    LINE("GET / HTTP/3.0", "505"),
    LINE("GET / HTTP/9.9", "505"),
    LINE("GET / HTTP/2", "400"),
    LINE("GET / HTTP/1", "400"),
    LINE("GET / HTTP/1.", "400"),
    LINE("GET / HTTP/1.10", "400"),
    LINE("GET / HTTP/11.1", "400"),
    LINE("GET / HTTP/01.1", "400"),
    LINE("GET / HTTP/1,1", "400"),
    LINE("GET / HTTP/-1.1", "400"),
    LINE("GET / HTTP/1.x", "400"),
    LINE("GET / HTTP/x.1", "400"),
    LINE("GET / HTTP 1.1", "400"),
    LINE("GET / http/1.1", "400"),
    LINE("GET / Http/1.1", "400"),
    LINE("GET / HTTPS/1.1", "400"),
    LINE("GET / ICY/1.1", "400"),
    LINE("GET / HTTP/1.1HTTP/1.1", "400"),
    SENT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"),
    /* Targets. */
    TARGET("/page.js", "GET /page.js;"),
    TARGET("/?", "GET /?;"),
    TARGET("/?query=a%20b", "GET /?query=a%20b;"),
    TARGET("/a?b?c/d", "GET /a?b?c/d;"),
    TARGET("/%00", "GET /%00;"),
    TARGET("/../..//x", "GET /../..//x;"),
    TARGET("//a/b", "GET //a/b;"),
    TARGET("/?q=[|]{}\\^`\"<>", "GET /?q=[|]{}\\^`\"<>;"),
    TARGET("/#a", "400"),
    TARGET("/?a#", "400"),
    TARGET("/\xc3\xa9", "400%"),
    TARGET("/?\xff", "400%"),
    TARGET("/search?query=\xe2\x99\x9a", "400%"),
    TARGET("\xe2\x99\x9a", "400%"),
    TARGET("/\x80#", "400%"),
    TARGET("/#\x80", "400"),
    LINE("POST /\xc3\xa9 HTTP/1.1", "400%"),
    LINE("GET /\xc3\xa9 HTTP/2.0", "505"),
    LINE("GET /\xc3\xa9 king HTTP/1.1", "400"),
    TARGET("", "400"),
    TARGET("*", "400"),
    TARGET("?query=a", "400"),
    TARGET("search", "400"),
    TARGET("a:80", "400"),
    TARGET("http://a/b?c", "GET /b?c;"),
    TARGET("http://a", "GET /;"),
    TARGET("http://a?c", "GET /?c;"),
    TARGET("http://a/", "GET /;"),
    TARGET("HTTP://A:8888/b", "GET /b;"),
    TARGET("https://a.example/b", "GET /b;"),
    TARGET("http://[::1]:80/b", "GET /b;"),
    TARGET("http://", "400"),
    TARGET("http:///b", "400"),
    TARGET("http://:80/b", "400"),
    TARGET("http://a:x/b", "400"),
    TARGET("http://u@a/b", "400"),
    TARGET("http://u:p@a/b", "400"),
    TARGET("http:/a", "400"),
    TARGET("ftp://a/b", "400"),
    TARGET("httpx://a/b", "400"),
    LINE("HEAD * HTTP/1.1", "400"),
    /* Host. */
    HOST("", "400"),
    HOST("Host: a\r\n", "GET /;"),
    HOST("HOST:a\r\n", "GET /;"),
    HOST("hOsT: \t a \t\r\n", "GET /;"),
    HOST("Host: a.example:8888\r\n", "GET /;"),
    HOST("Host: a:\r\n", "GET /;"),
    HOST("Host: 127.0.0.1:80\r\n", "GET /;"),
    HOST("Host: [::1]\r\n", "GET /;"),
    HOST("Host: [::ffff:1.2.3.4]:80\r\n", "GET /;"),
    HOST("Host: a_b~!$&'()*+,;=%41\r\n", "GET /;"),
    HOST("Host:\r\n", "400"),
    HOST("Host: \t\r\n", "400"),
    HOST("Host: :80\r\n", "400"),
    HOST("Host: a b\r\n", "400"),
    HOST("Host: a:b\r\n", "400"),
    HOST("Host: a:80:80\r\n", "400"),
    HOST("Host: a/b\r\n", "400"),
    HOST("Host: u@a\r\n", "400"),
    HOST("Host: http://a\r\n", "400"),
    HOST("Host: a%4\r\n", "400"),
    HOST("Host: a%4g\r\n", "400"),
    HOST("Host: a%zz\r\n", "400"),
    HOST("Host: []\r\n", "400"),
    HOST("Host: [:]\r\n", "400"),
    HOST("Host: [::]\r\n", "GET /;"),
    HOST("Host: [::1\r\n", "400"),
    HOST("Host: [::1]x\r\n", "400"),
    HOST("Host: [::g]\r\n", "400"),
    HOST("Host: ::1\r\n", "400"),
    HOST("Host: \xc3\xa9\r\n", "400"),
    HOST("Host: a\r\nHost: a\r\n", "400"),
    HOST("Host: a\r\nX: y\r\nhost: b\r\n", "400"),
    HOST("Hos: a\r\n", "400"),
    HOST("Hosts: a\r\n", "400"),
    SENT("GET http://a/ HTTP/1.1\r\n\r\n", "400"),
    SENT("GET / HTTP/1.0\r\n\r\n", "GET / 1.0 close;"),
    SENT("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", "400"),
    SENT("GET / HTTP/1.0\r\nHost:\r\n\r\n", "400"),
    SENT("POST / HTTP/1.1\r\n\r\n", "400"),
    /* Field lines. */
    FIELDS("", "GET /;"),
    FIELDS("X:\r\n", "GET /;"),
    FIELDS("X: \r\n", "GET /;"),
    FIELDS("X: a: b, \"c\"\td\r\n", "GET /;"),
    FIELDS("X: \xc3\xa9\xff\x80\r\n", "GET /;"),
    FIELDS("!#$%&'*+-.^_`|~09AZaz: b\r\n", "GET /;"),
    FIELDS("Accept: */*\r\nAccept: text/html\r\n", "GET /;"),
    FIELDS("X\r\n", "400"),
    FIELDS(": b\r\n", "400"),
    FIELDS(":\r\n", "400"),
    FIELDS("X : b\r\n", "400"),
    FIELDS("X\t: b\r\n", "400"),
    FIELDS("X Y: b\r\n", "400"),
    FIELDS("X(: b\r\n", "400"),
    FIELDS("X\xc3\xa9: b\r\n", "400"),
    FIELDS("X\0: b\r\n", "400"),
    FIELDS("\"X\": b\r\n", "400"),
    FIELDS("X[]: b\r\n", "400"),
    FIELDS("X: b\r\n c\r\n", "400"),
    FIELDS("X: b\r\n\tc\r\n", "400"),
    FIELDS("X: b\r\n \r\n", "400"),
    FIELDS(" X: b\r\n", "400"),
    FIELDS("\tX: b\r\n", "400"),
    FIELDS("X: b\n", "400"),
    FIELDS("X: b\nY: c\r\n", "400"),
    FIELDS("X: b\rY: c\r\n", "400"),
    FIELDS("X: b\r\r\n", "400"),
    FIELDS("\r\r\n", "400"),
    FIELDS("X: b\r\n\n", "400"),
    FIELDS("X: \0\r\n", "400"),
    FIELDS("X: \x01\r\n", "400"),
    FIELDS("X: \b\r\n", "400"),
    FIELDS("X: \v\f\r\n", "400"),
    FIELDS("X: \x1b[2J\r\n", "400"),
    FIELDS("X: \x1f\r\n", "400"),
    FIELDS("X: \x7f\r\n", "400"),
    SENT("GET / HTTP/1.1\r\n Host: a\r\n\r\n", "400"),
    SENT("GET / HTTP/1.1\r\n \r\nHost: a\r\n\r\n", "400"),
    SENT("GET / HTTP/1.1\r\nHost: a\r\n\n", "400"),
    SENT("GET / HTTP/1.1\r\nHost: a\n\n", "400"),
    SENT("GET / HTTP/1.1\r\nHost: a\r\n\rx", "400"),
    /* Connection. */
    FIELDS("Connection: close\r\n", "GET / close;"),
    FIELDS("connection:CLOSE\r\n", "GET / close;"),
    FIELDS("Connection: keep-alive\r\n", "GET /;"),
    FIELDS("Connection: keep-alive, close\r\n", "GET / close;"),
    FIELDS("Connection: ,,\t close ,x\r\n", "GET / close;"),
    FIELDS("Connection: x\r\nConnection: close\r\n", "GET / close;"),
    FIELDS("Connection: close\r\nConnection: keep-alive\r\n", "GET / close;"),
    FIELDS("Connection: closed, enclose, clos\r\n", "GET /;"),
    FIELDS("Connection: close x\r\n", "GET /;"),
    FIELDS("Connection:\r\n", "GET /;"),
    FIELDS("Connection: ,\r\n", "GET /;"),
    FIELDS("Connection: Upgrade\r\nUpgrade: h2c\r\n", "GET /;"),
    FIELDS("Proxy-Connection: close\r\n", "GET /;"),
    SENT(
        "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET / 1.0 close;"),
    /* Bodies. */
    FIELDS("Content-Length: 0\r\n", "GET /;"),
    FIELDS("content-length:5\r\n", "GET / body=5;+"),
    FIELDS("Content-Length: 005\r\n", "GET / body=5;+"),
    FIELDS("Content-Length: 16384\r\n", "GET / body=16384;+"),
    FIELDS("Content-Length: 16385\r\n", "413"),
    FIELDS("Content-Length: 9223372036854775807\r\n", "413"),
    FIELDS("Content_Length: 5\r\n", "GET /;"),
    SENT("HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
         "HEAD /b HTTP/1.1\r\nHost: a\r\n\r\n",
        "HEAD / body=3;HEAD /b;"),
    SENT("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 35\r\n\r\n"
         "GET /MARKER HTTP/1.1\r\nHost: a\r\n\r\n\r\n"
         "GET /b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / body=35;GET /b;"),
    SENT("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", "405"),
    SENT("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 16385\r\n\r\n", "413"),
    SENT("GET / HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc",
        "GET / 1.0 close body=3;"),
    FIELDS("Expect: 100-continue\r\n", "GET /;"),
    FIELDS(
        "Expect: 100-continue\r\nContent-Length: 5\r\n", "GET / close body=5;"),
    FIELDS("Transfer-Encoding: chunked\r\n", "501"),
    SENT("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        "501"),
    /* Conditions. */
    FIELDS("If-Match: *\r\n", "GET / match=*;"),
    FIELDS("if-match:\t* \r\n", "GET / match=*;"),
    FIELDS("If-Match: \"x\"\r\n", "GET / match=some;"),
    FIELDS("If-Match: W/\"x\"\r\n", "GET / match=some;"),
    FIELDS("If-Match: \"\"\r\n", "GET / match=some;"),
    FIELDS("If-Match: \"*\"\r\n", "GET / match=some;"),
    FIELDS("If-Match: \"!#~,;\\W/\x80\xff\"\r\n", "GET / match=some;"),
    FIELDS("If-Match: \"x\",\"y\"\r\n", "GET / match=some;"),
    FIELDS("If-Match: \"x\" \t,\t W/\"y\"\r\n", "GET / match=some;"),
    FIELDS("If-Match: , ,\"x\",,\"y\",\r\n", "GET / match=some;"),
    FIELDS("If-Match:\r\n", "GET / match=some;"),
    FIELDS("If-Match: ,\r\n", "GET / match=some;"),
    FIELDS(
        "If-Match: \"x\"\r\nX: y\r\nIf-Match: \"z\"\r\n", "GET / match=some;"),
    FIELDS("If-None-Match: *\r\n", "GET / none=*;"),
    FIELDS("IF-NONE-MATCH: \"x\", \"y\"\r\n", "GET / none=some;"),
    FIELDS(
        "If-Match: *\r\nIf-None-Match: \"x\"\r\n", "GET / match=* none=some;"),
    FIELDS(
        "If-Match: \"x\"\r\nIf-None-Match: *\r\n", "GET / match=some none=*;"),
    SENT("GET /a HTTP/1.1\r\nHost: a\r\nIf-Match: *\r\n\r\n"
         "GET /b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a match=*;GET /b;"),
    FIELDS("If-Match: x\r\n", "400"),
    FIELDS("If-Match: \"\r\n", "400"),
    FIELDS("If-Match: \"x\r\n", "400"),
    FIELDS("If-Match: x\"\r\n", "400"),
    FIELDS("If-Match: \"x y\"\r\n", "400"),
    FIELDS("If-Match: \"x\ty\"\r\n", "400"),
    FIELDS("If-Match: \"x\"\"y\"\r\n", "400"),
    FIELDS("If-Match: \"x\" \"y\"\r\n", "400"),
    FIELDS("If-Match: \"x\";\"y\"\r\n", "400"),
    FIELDS("If-Match: 'x'\r\n", "400"),
    FIELDS("If-Match: W\r\n", "400"),
    FIELDS("If-Match: W/\r\n", "400"),
    FIELDS("If-Match: w/\"x\"\r\n", "400"),
    FIELDS("If-Match: W/ \"x\"\r\n", "400"),
    FIELDS("If-Match: W\"x\"\r\n", "400"),
    FIELDS("If-Match: **\r\n", "400"),
    FIELDS("If-Match: *,\r\n", "400"),
    FIELDS("If-Match: *, *\r\n", "400"),
    FIELDS("If-Match: *, \"x\"\r\n", "400"),
    FIELDS("If-Match: \"x\", *\r\n", "400"),
    FIELDS("If-Match: *\r\nIf-Match: *\r\n", "400"),
    FIELDS("If-Match: *\r\nIf-Match: \"x\"\r\n", "400"),
    FIELDS("If-Match: \"x\"\r\nIf-Match: *\r\n", "400"),
    FIELDS("If-Match:\r\nIf-Match: *\r\n", "400"),
    FIELDS("If-None-Match: x\r\n", "400"),
    FIELDS("If-None-Match: *\r\nIf-None-Match: *\r\n", "400"),
    /* Dates and ranges are passed over, whatever they are. */
    FIELDS("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "GET /;"),
    FIELDS("If-Unmodified-Since: yesterday\r\n", "GET /;"),
    FIELDS("If-Range: \"x\"\r\nRange: bytes=0-1\r\n", "GET /;"),
    FIELDS("If-Matches: x\r\nIf-None: x\r\n", "GET /;"),
    /* Pipelining. */
    SENT("GET /a HTTP/1.1\r\nHost: a\r\n\r\nHEAD /b HTTP/1.1\r\nHost: a\r\n\r\n"
         "\r\nGET /c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
         "GET /d HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a;HEAD /b;GET /c close;"),
    SENT("GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
         "GET /b HTTP/1.1\r\n\r\nGET /c HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a;400"),
    SENT("GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHo", "GET /a;+"),
    SENT("GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: Mozilla/5.0 (X11; Linux "
         "x86_64) AppleWebKit/537.36 (KHTML, like Gecko)\r\nAccept: text/html,"
         "application/xhtml+xml;q=0.9,*/*;q=0.8\r\nAccept-Language: de,en;q=0.5"
         "\r\nAccept-Encoding: gzip, deflate, br\r\nDNT: 1\r\nCookie: a=b; c=d"
         "\r\nSec-Fetch-Mode: navigate\r\nsec-ch-ua: \"Chromium\";v=\"120\""
         "\r\nUpgrade-Insecure-Requests: 1\r\n\r\n",
        "GET /;"),
};

/* Heads that a server in a row could understand differently. Each is followed
 * by a body and then by a request that must never come out. */
#define SMUGGLED(fields)                                                       \
    SENT("POST / HTTP/1.1\r\nHost: a\r\n" fields "\r\n0\r\n\r\n"               \
         "GET /MARKER HTTP/1.1\r\nHost: a\r\n\r\n",                            \
        "400")
#define CHUNKED "Transfer-Encoding: chunked\r\n"
#define FIVE    "Content-Length: 5\r\n"

static const struct sent smuggled[] = {
    SMUGGLED(FIVE CHUNKED),
    SMUGGLED(CHUNKED FIVE),
    SMUGGLED("Content-Length: 0\r\n" CHUNKED),
    SMUGGLED(CHUNKED CHUNKED),
    SMUGGLED(CHUNKED "Transfer-Encoding: identity\r\n"),
    SMUGGLED("Transfer-Encoding: identity\r\n" CHUNKED),
    SMUGGLED("Transfer-Encoding: xchunked\r\n"),
    SMUGGLED("Transfer-Encoding: chunkedx\r\n"),
    SMUGGLED("Transfer-Encoding: chunke\r\n"),
    SMUGGLED("Transfer-Encoding: chun ked\r\n"),
    SMUGGLED("Transfer-Encoding: chunked\tchunked\r\n"),
    SMUGGLED("Transfer-Encoding: chunked, identity\r\n"),
    SMUGGLED("Transfer-Encoding: identity, chunked\r\n"),
    SMUGGLED("Transfer-Encoding: chunked, chunked\r\n"),
    SMUGGLED("Transfer-Encoding: chunked,\r\n"),
    SMUGGLED("Transfer-Encoding: , chunked\r\n"),
    SMUGGLED("Transfer-Encoding: gzip, chunked\r\n"),
    SMUGGLED("Transfer-Encoding: gzip\r\n"),
    SMUGGLED("Transfer-Encoding: identity\r\n"),
    SMUGGLED("Transfer-Encoding: \"chunked\"\r\n"),
    SMUGGLED("Transfer-Encoding: chunked;q=1\r\n"),
    SMUGGLED("Transfer-Encoding:\r\n"),
    SMUGGLED("Transfer-Encoding: \r\n"),
    SMUGGLED("Transfer-Encoding:\r\n chunked\r\n"),
    SMUGGLED("Transfer-Encoding\r\n: chunked\r\n"),
    SMUGGLED("Transfer-Encoding : chunked\r\n"),
    SMUGGLED(" Transfer-Encoding: chunked\r\n"),
    SMUGGLED("\tTransfer-Encoding: chunked\r\n"),
    SMUGGLED("Transfer-Encoding: \x0b"
             "chunked\r\n"),
    SMUGGLED("Transfer-Encoding: \0chunked\r\n"),
    SMUGGLED("X: y\nTransfer-Encoding: chunked\r\n"),
    SMUGGLED("X: y\rTransfer-Encoding: chunked\r\n"),
    SMUGGLED("Transfer-Encoding: chunked\n"),
    SMUGGLED("Transfer\x80-Encoding: chunked\r\n"),
    SMUGGLED(FIVE FIVE),
    SMUGGLED(FIVE "Content-Length: 6\r\n"),
    SMUGGLED("Content-Length: 0\r\n" FIVE),
    SMUGGLED("CONTENT-LENGTH: 5\r\n" FIVE),
    SMUGGLED("Content-Length: 5, 5\r\n"),
    SMUGGLED("Content-Length: 5,5\r\n"),
    SMUGGLED("Content-Length: 5,\r\n"),
    SMUGGLED("Content-Length: 5;x\r\n"),
    SMUGGLED("Content-Length: +5\r\n"),
    SMUGGLED("Content-Length: -5\r\n"),
    SMUGGLED("Content-Length: -0\r\n"),
    SMUGGLED("Content-Length: 5 5\r\n"),
    SMUGGLED("Content-Length: 5\t5\r\n"),
    SMUGGLED("Content-Length: + 5\r\n"),
    SMUGGLED("Content-Length:\t-5 \r\n"),
    SMUGGLED("Content-Length:\t5\r\nContent-Length: 6 \r\n"),
    SMUGGLED("Content-Length: 5 \r\n" FIVE),
    SMUGGLED("Content-Length: 5 \r\n" CHUNKED),
    SMUGGLED(FIVE "Transfer-Encoding:\tchunked \r\n"),
    SMUGGLED("Content-Length:\t \r\n"),
    SMUGGLED("Content-Length: \x0b"
             "5\r\n"),
    SMUGGLED("Content-Length: 0x5\r\n"),
    SMUGGLED("Content-Length: 5a\r\n"),
    SMUGGLED("Content-Length: 5.0\r\n"),
    SMUGGLED("Content-Length: 5e0\r\n"),
    SMUGGLED("Content-Length: \"5\"\r\n"),
    SMUGGLED("Content-Length: 1_0\r\n"),
    SMUGGLED("Content-Length: \xd9\xa5\r\n"),
    SMUGGLED("Content-Length:\r\n"),
    SMUGGLED("Content-Length: \r\n"),
    SMUGGLED("Content-Length:\r\n 5\r\n"),
    SMUGGLED("Content-Length : 5\r\n"),
    SMUGGLED("Content-Length: 5\n"),
    SMUGGLED("Content-Length: \0"
             "5\r\n"),
    SMUGGLED("Content-Length: 5\0\r\n"),
    SMUGGLED("Content-Length: 9223372036854775808\r\n"),
    SMUGGLED("Content-Length: 18446744073709551615\r\n"),
    SMUGGLED("Content-Length: 18446744073709551616\r\n"),
    SMUGGLED("Content-Length: 18446744073709551621\r\n"),
    SMUGGLED("Content-Length: 99999999999999999999999999999999999999\r\n"),
    SENT("GET / HTTP/1.0\r\n" CHUNKED "\r\n0\r\n\r\n"
         "GET /MARKER HTTP/1.1\r\nHost: a\r\n\r\n",
        "400"),
    SENT("GET / HTTP/1.1\r\nHost: a\r\n" CHUNKED "\r\n0\r\n\r\n"
         "GET /MARKER HTTP/1.1\r\nHost: a\r\n\r\n",
        "501"),
    SENT("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n"
         "GET /MARKER HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / body=40;+"),
    SENT("CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n"
         "GET /MARKER HTTP/1.1\r\nHost: a\r\n\r\n",
        "405"),
};

/* A post with some more fields and what follows its head. */
#define POST(fields, body, expected)                                           \
    SENT("POST /p?q HTTP/1.1\r\nHost: a\r\n" fields "\r\n" body, expected)

/* The same where posts are taken. */
static const struct sent posted[] = {
    POST("Content-Length: 0\r\n", "", "POST /p?q [];"),
    POST("Content-Length: 2\r\n", "hi", "POST /p?q [hi];"),
    POST("Content-Length: 2\r\n", "", "+"),
    POST("Content-Length: 2\r\n", "h", "+"),
    POST("Content-Length: 4\r\n", "\r\n\r\n", "POST /p?q [\r\n\r\n];"),
    POST("Content-Length: 2\r\n", "hiGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /p?q [hi];GET /b;"),
    POST("Content-Length: 28\r\n",
        "GET /M HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /p?q [GET /M HTTP/1.1\r\nHost: a\r\n\r\n];GET /b;"),
    POST("Connection: close\r\nContent-Length: 1\r\n", "a",
        "POST /p?q close [a];"),
    POST("Content-Length: 16384\r\n", "", "+"),
    SENT("\r\n\r\nPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na"
         "\r\nPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nb",
        "POST / [a];POST / [b];"),
    SENT("POST / HTTP/1.0\r\nContent-Length: 1\r\n\r\na",
        "POST / 1.0 close [a];"),
    SENT("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na"
         "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na",
        "GET / body=1;POST / [a];"),
    POST("", "", "411"),
    POST("", "hi", "411"),
    SENT("POST / HTTP/1.0\r\n\r\nhi", "411"),
    POST("Expect: 100-continue\r\n", "", "411"),
    POST("Expect: 100-continue\r\nContent-Length: 2\r\n", "", "417"),
    POST("Expect: 100-continue\r\nContent-Length: 0\r\n", "", "417"),
    POST("Expect: tea\r\nContent-Length: 2\r\n", "hi", "417"),
    POST("Content-Length: 16385\r\n", "", "413"),
    POST("Content-Length: 9223372036854775807\r\n", "", "413"),
    POST("Expect: 100-continue\r\nContent-Length: 16385\r\n", "", "413"),
    POST("Content-Length: 9223372036854775808\r\n", "", "400"),
    POST("Content-Length: -1\r\n", "", "400"),
    POST("Content-Length: 2, 2\r\n", "hi", "400"),
    POST("Content-Length: 2\r\nContent-Length: 2\r\n", "hi", "400"),
    POST("Content-Length:\r\n", "", "400"),
    POST("Transfer-Encoding: chunked\r\n", "2\r\nhi\r\n0\r\n\r\n", "501"),
    POST("Transfer-Encoding: gzip\r\n", "", "400"),
    POST("Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", "hi", "400"),
    SENT("POST * HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "400"),
    SENT("POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", "400"),
    LINE("PUT / HTTP/1.1", "405"),
    LINE("post / HTTP/1.1", "501"),
    LINE("GET / HTTP/1.1", "GET /;"),
};

/* A server's view of a connection: what it keeps, and what it made of it. */
struct reader {
    struct http_parser parser;
    size_t room; /* of its buffer */
    const char *bytes;
    size_t start, end; /* of what came and was not used */
    bool over;
    char seen[MANY];
    size_t length;
};

/* Whether readers take posts. */
static bool posts;

/* Start on a connection that will carry these bytes. */
static void
reader_init(struct reader *reader, const char *bytes)
{
    http_init(&reader->parser);
    reader->room = HTTP_ROOM;
    if (posts) {
        http_take_posts(&reader->parser);
        reader->room = HTTP_POST_ROOM;
    }
    reader->bytes = bytes;
    reader->start = reader->end = reader->length = 0;
    reader->over = false;
    reader->seen[0] = '\0';
}

/* Add text to what a reader has seen. */
static void
note(struct reader *reader, const char *text, size_t length)
{
    if (reader->length + length >= MANY)
        ck_abort_msg("too much to note");
    memcpy(reader->seen + reader->length, text, length);
    reader->length += length;
    reader->seen[reader->length] = '\0';
}

/* Add what a condition names. */
static void
note_tags(struct reader *reader, const char *name, enum http_tags tags)
{
    static const char *const texts[] = {
        [HTTP_ANY_TAG] = "*", [HTTP_SOME_TAGS] = "some"
    };
    char text[64];

    if (tags != HTTP_NO_TAGS)
        note(reader, text,
            (size_t)snprintf(text, sizeof(text), " %s=%s", name, texts[tags]));
}

/* Add a request. */
static void
note_request(struct reader *reader, const struct http_request *request)
{
    char text[64];

    if (request->status != 200 || request->target.text == NULL ||
        request->path.text == NULL || request->path.text[0] != '/' ||
        (request->method != HTTP_GET && request->method != HTTP_HEAD &&
            (request->method != HTTP_POST || !posts)) ||
        (request->content.text != NULL) != (request->method == HTTP_POST))
        ck_abort_msg("an odd request");
    if (request->method == HTTP_GET)
        note(reader, LITERAL("GET "));
    else if (request->method == HTTP_POST)
        note(reader, LITERAL("POST "));
    else
        note(reader, LITERAL("HEAD "));
    note(reader, request->path.text, request->path.length);
    if (request->query.text != NULL) {
        note(reader, LITERAL("?"));
        note(reader, request->query.text, request->query.length);
    }
    if (request->minor == 0)
        note(reader, LITERAL(" 1.0"));
    if (!request->keep_alive)
        note(reader, LITERAL(" close"));
    if (request->body > 0)
        note(reader, text,
            (size_t)snprintf(text, sizeof(text), " body=%zu", request->body));
    note_tags(reader, "match", request->match);
    note_tags(reader, "none", request->none_match);
    if (request->content.text != NULL) {
        note(reader, LITERAL(" ["));
        note(reader, request->content.text, request->content.length);
        note(reader, LITERAL("]"));
    }
    note(reader, LITERAL(";"));
}

/* Take in that all bytes up to end have come; data is shown before a guard. */
static void
take(struct reader *reader, size_t end)
{
    reader->end = end;
    while (!reader->over) {
        const size_t size = reader->end - reader->start;
        const char *data = guard_copy(reader->bytes + reader->start, size);
        struct http_request request;
        size_t used = size + 1;
        char status[8];
        enum http_result result =
            http_parse(&reader->parser, data, size, &request, &used);

        if (used > size)
            ck_abort_msg("more used than there was");
        reader->start += used;
        switch (result) {
        case HTTP_MORE:
            if (size - used >= reader->room)
                ck_abort_msg("more wanted than a buffer holds");
            return;
        case HTTP_REQUEST:
            note_request(reader, &request);
            reader->over = !request.keep_alive;
            break;
        case HTTP_REFUSED:
            if (request.keep_alive)
                ck_abort_msg("refused, but kept alive");
            if (request.status == HTTP_UNENCODED)
                note(reader, LITERAL("400%"));
            else
                note(reader, status,
                    (size_t)snprintf(
                        status, sizeof(status), "%d", request.status));
            reader->over = true;
            break;
        default:
            ck_abort_msg("not an answer of http_parse");
        }
    }
}

/* Take in that no more bytes come; what the server has seen then. */
static const char *
finish(struct reader *reader)
{
    if (!reader->over &&
        !http_is_idle(&reader->parser, reader->end - reader->start))
        note(reader, LITERAL("+"));
    return reader->seen;
}

/* What becomes of bytes that come in one piece. */
static const char *
read_whole(const char *bytes, size_t size)
{
    static struct reader reader;

    reader_init(&reader, bytes);
    take(&reader, size);
    return finish(&reader);
}

/* Bytes that come in two pieces, or one by one, become the same. */
static void
check_splits(const char *bytes, size_t size, const char *expected)
{
    static struct reader reader;

    for (size_t at = 0; at <= size; at++) {
        reader_init(&reader, bytes);
        take(&reader, at);
        take(&reader, size);
        if (strcmp(finish(&reader), expected) != 0)
            ck_abort_msg("split at %zu: %s instead of %s in:\n%s", at,
                reader.seen, expected, bytes);
    }
    reader_init(&reader, bytes);
    for (size_t at = 0; at <= size; at++)
        take(&reader, at);
    if (strcmp(finish(&reader), expected) != 0)
        ck_abort_msg("byte by byte: %s instead of %s in:\n%s", reader.seen,
            expected, bytes);
}

TEST(every_split_gives_the_same_decision, .times = COUNT(table))
{
    check_splits(table[_i].bytes, table[_i].size, table[_i].expected);
}

TEST(a_post_is_handed_out_whole, .times = COUNT(posted))
{
    posts = true;
    check_splits(posted[_i].bytes, posted[_i].size, posted[_i].expected);
    posts = false;
}

TEST(a_post_of_16_kib_fits_behind_the_longest_head)
{
    static char bytes[HTTP_POST_ROOM + 1];
    static struct reader reader;
    const size_t line =
        (size_t)sprintf(bytes, "POST /%*s", HTTP_LINE_MAX - 15, "");
    size_t at = line;

    memset(bytes + 6, 'p', line - 6);
    at += (size_t)sprintf(bytes + at,
        " HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\nX: ", HTTP_BODY_MAX);
    memset(bytes + at, 'x', HTTP_ROOM - 4 - at);
    memcpy(bytes + HTTP_ROOM - 4, "\r\n\r\n", 4);
    memset(bytes + HTTP_ROOM, 'b', HTTP_BODY_MAX);
    posts = true;
    reader_init(&reader, bytes);
    take(&reader, HTTP_ROOM - 1);
    take(&reader, HTTP_POST_ROOM - 1);
    ck_assert_uint_eq(reader.length, 0);
    take(&reader, HTTP_POST_ROOM);
    posts = false;
    ck_assert_uint_eq(reader.length, HTTP_LINE_MAX - sizeof(" HTTP/1.1") + 1 +
                                         sizeof(" [];") - 1 + HTTP_BODY_MAX);
    ck_assert(http_is_idle(&reader.parser, reader.end - reader.start));
}

TEST(a_refused_post_names_no_method_that_was_not_taken)
{
    static const char sent[] =
        "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n";
    struct http_parser parser;
    struct http_request request;
    size_t used;

    http_init(&parser);
    ck_assert_int_eq(
        http_parse(&parser, LITERAL(sent), &request, &used), HTTP_REFUSED);
    ck_assert_int_eq(request.method, HTTP_OTHER);
    http_init(&parser);
    http_take_posts(&parser);
    ck_assert_int_eq(
        http_parse(&parser, LITERAL(sent), &request, &used), HTTP_REFUSED);
    ck_assert_int_eq(request.method, HTTP_POST);
    ck_assert_ptr_null(request.content.text);
    ck_assert_ptr_null(request.fields.text);
    ck_assert_uint_eq(http_sole_field(&request, "host", &request.target), 0);
}

/* A request with fields, before a guard. */
static struct http_request
request_with(const char *bytes, size_t size)
{
    struct http_parser parser;
    struct http_request request;
    size_t used;

    http_init(&parser);
    ck_assert_int_eq(
        http_parse(&parser, guard_copy(bytes, size), size, &request, &used),
        HTTP_REQUEST);
    return request;
}

#define REQUEST(fields)                                                        \
    request_with(LITERAL("GET / HTTP/1.1\r\n" fields "\r\n"))

TEST(fields_that_must_occur_once_are_counted)
{
    const struct http_request request =
        REQUEST("Host: a:80\r\nX-List:  one \t\r\nOrigin:\r\nx-list:two:2\r\n"
                "X-Lists: no\r\nX-LIST: three\r\n");
    struct http_slice value;

    ck_assert_uint_eq(http_sole_field(&request, "host", &value), 1);
    ck_assert_uint_eq(value.length, 4);
    ck_assert_mem_eq(value.text, "a:80", 4);
    ck_assert_uint_eq(http_sole_field(&request, "origin", &value), 1);
    ck_assert_uint_eq(value.length, 0);
    ck_assert_uint_eq(http_sole_field(&request, "x-list", &value), 3);
    ck_assert_mem_eq(value.text, "one", 3);
    ck_assert_uint_eq(http_sole_field(&request, "x-lis", &value), 0);
    ck_assert_ptr_null(value.text);
    ck_assert_uint_eq(value.length, 0);
}

TEST(a_request_may_have_no_fields)
{
    const struct http_request request =
        request_with(LITERAL("GET / HTTP/1.0\r\n\r\n"));
    struct http_slice value;

    ck_assert_uint_eq(request.fields.length, 0);
    ck_assert_uint_eq(http_sole_field(&request, "host", &value), 0);
    ck_assert(!http_field_has(&request, "connection", "upgrade"));
}

TEST(a_list_has_its_words)
{
    struct http_request request = REQUEST("Host: a\r\nConnection: keep-alive, "
                                          "UPGRADE\r\n");

    ck_assert(http_field_has(&request, "connection", "upgrade"));
    ck_assert(http_field_has(&request, "connection", "keep-alive"));
    ck_assert(!http_field_has(&request, "connection", "keep"));
    ck_assert(!http_field_has(&request, "connection", "upgrades"));
    ck_assert(!http_field_has(&request, "upgrade", "upgrade"));
    request =
        REQUEST("Host: a\r\nConnection: x\r\nConnection: ,\tUpgrade ,\r\n");
    ck_assert(http_field_has(&request, "connection", "upgrade"));
    request = REQUEST("Host: a\r\nConnection: not upgrade\r\nConnection:\r\n");
    ck_assert(!http_field_has(&request, "connection", "upgrade"));
}

TEST(nothing_is_smuggled, .times = COUNT(smuggled))
{
    ck_assert_ptr_null(
        strstr(read_whole(smuggled[_i].bytes, smuggled[_i].size), "/MARKER"));
    check_splits(smuggled[_i].bytes, smuggled[_i].size, smuggled[_i].expected);
}

TEST(the_tables_are_long_enough)
{
    ck_assert_int_ge(COUNT(table), 150);
    ck_assert_int_ge(COUNT(smuggled), 60);
}

TEST(every_byte_is_judged_in_every_place)
{
    static const char sample[] = "GET /x HTTP/1.1\r\nHost: a\r\nX: yz\r\n\r\n";

    for (int byte = 0; byte < 256; byte++) {
        const bool visible = byte > ' ' && byte < 0x7f;
        const bool token = visible && strchr("\"(),/:;<=>?@[\\]{}", byte) == 0;
        char text[sizeof(sample)];
        const char *seen;

        memcpy(text, sample, sizeof(sample));
        text[5] = (char)byte; /* in the target */
        seen = read_whole(text, sizeof(text) - 1);
        if ((strncmp(seen, "GET /", 5) == 0) != (visible && byte != '#') ||
            (strcmp(seen, "400%") == 0) != (byte > 0x7f))
            ck_abort_msg("byte %d in a target: %s", byte, seen);

        memcpy(text, sample, sizeof(sample));
        text[2] = (char)byte; /* in the method: GEx */
        seen = read_whole(text, sizeof(text) - 1);
        if (strcmp(seen, byte == 'T' ? "GET /x;" : token ? "501" : "400") != 0)
            ck_abort_msg("byte %d in a method: %s", byte, seen);

        memcpy(text, sample, sizeof(sample));
        text[26] = (char)byte; /* instead of a name */
        seen = read_whole(text, sizeof(text) - 1);
        if (strcmp(seen, token ? "GET /x;" : "400") != 0)
            ck_abort_msg("byte %d in a name: %s", byte, seen);

        memcpy(text, sample, sizeof(sample));
        text[29] = (char)byte; /* in a value */
        seen = read_whole(text, sizeof(text) - 1);
        if (strcmp(seen, visible || byte == ' ' || byte == '\t' || byte > 0x7f
                             ? "GET /x;"
                             : "400") != 0)
            ck_abort_msg("byte %d in a value: %s", byte, seen);
    }
}

/* Fields that come with blanks around their values, and what becomes. */
static const struct {
    const char *name, *value;
    const char *expected;
} blanks[] = {
    { "Host", "a", "GET /;" },
    { "Host", "a b", "400" },
    { "X", "y", "GET /;" },
    { "Connection", "close", "GET / close;" },
    { "Content-Length", "5", "GET / body=5;" },
    { "Content-Length", "0", "GET /;+" },
    { "Content-Length", "16385", "413" },
    { "Content-Length", "5 5", "400" },
    { "Content-Length", "+5", "400" },
    { "Content-Length", "", "400" },
    { "Transfer-Encoding", "chunked", "501" },
    { "Transfer-Encoding", "chun ked", "400" },
    { "Transfer-Encoding", "identity", "400" },
    { "Transfer-Encoding", "", "400" },
};

TEST(blanks_around_a_value_are_not_part_of_it, .times = COUNT(blanks))
{
    static const char *const some[] = { "", " ", "\t", "  ", "\t\t", " \t",
        "\t  \t " };
    const char *name = blanks[_i].name;

    for (int i = 0; i < COUNT(some) * COUNT(some); i++) {
        char bytes[256];

        snprintf(bytes, sizeof(bytes),
            "GET / HTTP/1.1\r\n%s%s:%s%s%s\r\n\r\n%s",
            strcmp(name, "Host") == 0 ? "" : "Host: a\r\n", name,
            some[i / COUNT(some)], blanks[_i].value, some[i % COUNT(some)],
            strcmp(name, "Content-Length") == 0 ? "a b c" : "");
        check_splits(bytes, strlen(bytes), blanks[_i].expected);
    }
}

/* A request whose line has so many bytes before its end. */
static size_t
long_line(char *to, size_t length)
{
    memset(to, 'x', length);
    memcpy(to, "GET /", 5);
    memcpy(to + length - 9, " HTTP/1.1", 9);
    memcpy(to + length, "\r\nHost: a\r\n\r\n", 13);
    return length + 13;
}

TEST(a_request_line_may_have_4096_bytes)
{
    static char bytes[HTTP_LINE_MAX + 64];
    static struct reader reader;
    size_t size = long_line(bytes, HTTP_LINE_MAX);

    ck_assert(strncmp(read_whole(bytes, size), "GET /xx", 7) == 0);
    for (size_t at = HTTP_LINE_MAX - 12; at < size; at++) {
        reader_init(&reader, bytes);
        take(&reader, at);
        take(&reader, size);
        ck_assert(strncmp(finish(&reader), "GET /xx", 7) == 0);
    }
    size = long_line(bytes, HTTP_LINE_MAX - 1);
    ck_assert(strncmp(read_whole(bytes, size), "GET /xx", 7) == 0);
    size = long_line(bytes, HTTP_LINE_MAX + 1);
    ck_assert_str_eq(read_whole(bytes, size), "414");
    /* It is known with the first byte too many, whatever that is. */
    ck_assert_str_eq(read_whole(bytes, HTTP_LINE_MAX), "+");
    for (int byte = 0; byte < 256; byte++) {
        bytes[HTTP_LINE_MAX] = (char)byte;
        if (strcmp(read_whole(bytes, HTTP_LINE_MAX + 1),
                byte == '\r' ? "+" : "414") != 0)
            ck_abort_msg("byte %d at the limit", byte);
    }
    bytes[HTTP_LINE_MAX] = '\r';
    ck_assert_str_eq(read_whole(bytes, HTTP_LINE_MAX + 2), "400");
}

TEST(empty_lines_do_not_count_for_the_limit)
{
    static char bytes[HTTP_LINE_MAX + 64];
    size_t size = 4 + long_line(bytes + 4, HTTP_LINE_MAX);

    memcpy(bytes, "\r\n\r\n", 4);
    ck_assert(strncmp(read_whole(bytes, size), "GET /xx", 7) == 0);
}

TEST(there_may_be_64_fields)
{
    char bytes[2048];

    for (int fields = 63; fields <= 66; fields++) {
        int size = sprintf(bytes, "GET / HTTP/1.1\r\nHost: a\r\n");

        for (int i = 1; i < fields; i++)
            size += sprintf(bytes + size, "X%d: y\r\n", i);
        size += sprintf(bytes + size, "\r\n");
        check_splits(bytes, (size_t)size, fields <= 64 ? "GET /;" : "431");
    }
}

/* A request whose header section has so many bytes, in lines as given. */
static size_t
long_header(char *to, size_t length, size_t lines)
{
    static const char start[] = "GET / HTTP/1.1\r\nHost: a\r\n";
    size_t at = sizeof(start) - 1, rest = length - 9 - 2;

    memcpy(to, start, at);
    for (; lines > 0; lines--) {
        const size_t line = rest / lines;

        memset(to + at, 'x', line);
        to[at + 1] = ':';
        memcpy(to + at + line - 2, "\r\n", 2);
        at += line;
        rest -= line;
    }
    memcpy(to + at, "\r\n", 2);
    return at + 2;
}

TEST(a_header_section_may_have_16_kib)
{
    static char bytes[HTTP_FIELDS_MAX + 256];
    static struct reader reader;

    for (size_t lines = 1; lines < HTTP_FIELDS; lines += 9) {
        for (int more = -4; more <= 4; more++) {
            const size_t size =
                long_header(bytes, (size_t)(HTTP_FIELDS_MAX + more), lines);
            const char *expected = more <= 0 ? "GET /;" : "431";

            ck_assert_uint_eq(size, (size_t)(16 + HTTP_FIELDS_MAX + more));
            ck_assert_str_eq(read_whole(bytes, size), expected);
            for (size_t at = size - 20; at < size; at++) {
                reader_init(&reader, bytes);
                take(&reader, at);
                take(&reader, size);
                ck_assert_str_eq(finish(&reader), expected);
            }
        }
    }
}

TEST(an_endless_field_is_refused_at_the_limit)
{
    static char bytes[2 * HTTP_FIELDS_MAX];

    memset(bytes, 'x', sizeof(bytes));
    memcpy(bytes, "GET / HTTP/1.1\r\n", 16);
    ck_assert_str_eq(read_whole(bytes, 16 + HTTP_FIELDS_MAX - 2), "+");
    ck_assert_str_eq(read_whole(bytes, 16 + HTTP_FIELDS_MAX - 1), "431");
    ck_assert_str_eq(read_whole(bytes, sizeof(bytes)), "431");
}

TEST(a_buffer_of_http_room_always_leads_on)
{
    static char bytes[HTTP_ROOM];
    struct http_parser parser;
    struct http_request request;
    size_t used;

    /* The longest line, and fields that fill what is left to the last byte. */
    long_line(bytes, HTTP_LINE_MAX);
    for (size_t left = 0; left < 5; left++) {
        const size_t at = HTTP_LINE_MAX + 2 + 9;

        memset(bytes + at, 'x', sizeof(bytes) - at);
        bytes[at + 1] = ':';
        memcpy(bytes + sizeof(bytes) - left - 2, "\r\n", 2);
        http_init(&parser);
        ck_assert_int_eq(
            http_parse(&parser, bytes, sizeof(bytes), &request, &used),
            HTTP_REFUSED);
        ck_assert_int_eq(request.status, 431);
    }
}

TEST(a_body_of_16_kib_is_dropped)
{
    static const char head[] =
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 16384\r\n\r\n";
    static char bytes[HTTP_BODY_MAX + 256];
    static struct reader reader;
    const size_t body = sizeof(head) - 1, next = body + HTTP_BODY_MAX;
    const size_t size = next + 28;

    memcpy(bytes, head, body);
    for (size_t at = body; at < next; at++)
        bytes[at] = "GET /MARKER HTTP/1.1\r\nHost: a\r\n\r\n"[at % 33];
    memcpy(bytes + next, "GET /b HTTP/1.1\r\nHost: a\r\n\r\n", 28);
    ck_assert_str_eq(read_whole(bytes, size), "GET / body=16384;GET /b;");
    ck_assert_str_eq(read_whole(bytes, next), "GET / body=16384;");
    ck_assert_str_eq(read_whole(bytes, next - 1), "GET / body=16384;+");
    for (size_t at = 0; at < size; at += at < next - 2 ? 211 : 1) {
        reader_init(&reader, bytes);
        take(&reader, at);
        take(&reader, size);
        ck_assert_str_eq(finish(&reader), "GET / body=16384;GET /b;");
    }
    reader_init(&reader, bytes);
    for (size_t at = 0; at <= size; at++)
        take(&reader, at);
    ck_assert_str_eq(finish(&reader), "GET / body=16384;GET /b;");
}

TEST(the_parser_remembers_what_it_has_seen)
{
    char bytes[] = "GET /abc HTTP/1.1\r\nHost: a\r\n\r\n";
    struct http_parser parser;
    struct http_request request;
    size_t used;

    http_init(&parser);
    for (size_t size = 0; size < 18; size++) {
        ck_assert_int_eq(
            http_parse(&parser, bytes, size, &request, &used), HTTP_MORE);
        ck_assert_uint_eq(used, 0);
        ck_assert_uint_eq(parser.seen, size < 17 ? size : 17);
    }
    /* No caller may do that; but it shows where the parser looks. */
    bytes[1] = '\0';
    ck_assert_int_eq(
        http_parse(&parser, bytes, 18, &request, &used), HTTP_MORE);
    bytes[1] = 'E';
    ck_assert_int_eq(
        http_parse(&parser, bytes, 20, &request, &used), HTTP_MORE);
    bytes[1] = '\0';
    ck_assert_int_eq(
        http_parse(&parser, bytes, sizeof(bytes) - 1, &request, &used),
        HTTP_REQUEST);
    ck_assert_uint_eq(used, sizeof(bytes) - 1);
}

/* The values of a field in a request, in brackets. */
static const char *
values_of(const struct http_request *request, const char *name)
{
    static char text[200];
    struct http_slice value;
    size_t at = 0, length = 0;

    text[0] = '\0';
    while (http_field(request, name, &at, &value))
        length += (size_t)sprintf(text + length, "[%.*s]", (int)value.length,
            value.length > 0 ? value.text : "");
    return text;
}

TEST(fields_are_found_by_their_names)
{
    static const char sent[] =
        "\r\nGET / HTTP/1.1\r\nHost: a:80\r\nRANGE:\t bytes=0-1 \r\n"
        "X:\r\nRange-X: no\r\nrange: 2: 3\r\nRang: no\r\n\r\nRange: no\r\n";
    struct http_parser parser;
    struct http_request request;
    char *data = guard_copy(sent, sizeof(sent) - 1);
    size_t used;

    http_init(&parser);
    ck_assert_int_eq(
        http_parse(&parser, data, sizeof(sent) - 1, &request, &used),
        HTTP_REQUEST);
    ck_assert_str_eq(values_of(&request, "range"), "[bytes=0-1][2: 3]");
    ck_assert_str_eq(values_of(&request, "host"), "[a:80]");
    ck_assert_str_eq(values_of(&request, "x"), "[]");
    ck_assert_str_eq(values_of(&request, "if-range"), "");
    /* Without a field there is none. */
    http_init(&parser);
    ck_assert_int_eq(
        http_parse(&parser, "GET / HTTP/1.0\r\n\r\n", 18, &request, &used),
        HTTP_REQUEST);
    ck_assert_str_eq(values_of(&request, "host"), "");
    /* Nor in a request that was refused. */
    ck_assert_int_eq(http_parse(&parser, "GET / HTTP/1.0\r\nA:\1\r\n\r\n", 24,
                         &request, &used),
        HTTP_REFUSED);
    ck_assert_ptr_null(request.fields.text);
    ck_assert_str_eq(values_of(&request, "a"), "");
}

TEST(slices_lie_in_the_latest_data)
{
    static const char sent[] =
        "\r\nGET /a?b HTTP/1.1\r\nHost: a\r\n\r\nGET /c HTTP";
    char first[sizeof(sent)], second[sizeof(sent)];
    struct http_parser parser;
    struct http_request request;
    size_t used;

    memcpy(first, sent, sizeof(sent));
    memcpy(second, sent + 2, sizeof(sent) - 2);
    http_init(&parser);
    ck_assert_int_eq(
        http_parse(&parser, first, 30, &request, &used), HTTP_MORE);
    ck_assert_uint_eq(used, 2);
    ck_assert_int_eq(
        http_parse(&parser, second, sizeof(sent) - 3, &request, &used),
        HTTP_REQUEST);
    ck_assert_ptr_eq(request.target.text, second + 4);
    ck_assert_uint_eq(request.target.length, 4);
    ck_assert_ptr_eq(request.path.text, second + 4);
    ck_assert_uint_eq(request.path.length, 2);
    ck_assert_ptr_eq(request.query.text, second + 7);
    ck_assert_uint_eq(request.query.length, 1);
    ck_assert_uint_eq(used, 30);
}

TEST(a_refused_connection_stays_refused)
{
    static const char bad[] = "HEAD / HTTP/1.1\r\nHost : a\r\n\r\n";
    static const char good[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    struct http_parser parser;
    struct http_request request;
    size_t used;

    http_init(&parser);
    ck_assert_int_eq(
        http_parse(&parser, LITERAL(bad), &request, &used), HTTP_REFUSED);
    ck_assert_int_eq(request.method, HTTP_HEAD);
    ck_assert_uint_eq(request.target.length, 1);
    ck_assert_int_eq(request.target.text[0], '/');
    for (int again = 0; again < 2; again++) {
        ck_assert_int_eq(
            http_parse(&parser, LITERAL(good), &request, &used), HTTP_REFUSED);
        ck_assert_int_eq(request.status, 400);
        ck_assert(!request.keep_alive);
        ck_assert_ptr_null(request.target.text);
        ck_assert_uint_eq(used, 0);
    }
    ck_assert_int_eq(
        http_parse(&parser, NULL, 0, &request, &used), HTTP_REFUSED);
}

TEST(no_bytes_are_no_request_yet)
{
    struct http_parser parser;
    struct http_request request;
    size_t used = 77;

    http_init(&parser);
    ck_assert_int_eq(http_parse(&parser, NULL, 0, &request, &used), HTTP_MORE);
    ck_assert_uint_eq(used, 0);
    ck_assert(http_is_idle(&parser, 0));
    ck_assert(!http_is_idle(&parser, 1));
}

/* A number that looks random, from 0 to limit - 1. */
static size_t
draw(size_t limit)
{
    static uint64_t state = 20220714;

    state = state * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(state >> 33) % limit;
}

TEST(pipelined_requests_come_out_in_order)
{
    static char bytes[MANY], expected[MANY];
    static struct reader reader;
    size_t size = 0, length = 0;

    for (int i = 0; i < 100; i++) {
        const char *method = draw(2) ? "GET" : "HEAD";
        const int body = draw(3) == 0 ? (int)draw(40) : 0;

        if (draw(5) == 0)
            size += (size_t)sprintf(bytes + size, "\r\n");
        size += (size_t)sprintf(bytes + size,
            "%s /%d?x=%d HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n",
            method, i, i, body);
        for (int j = 0; j < body; j++)
            bytes[size++] = "GET / HTTP/1.1\r\n\r\n"[j % 18];
        length +=
            (size_t)sprintf(expected + length, "%s /%d?x=%d", method, i, i);
        if (body > 0)
            length += (size_t)sprintf(expected + length, " body=%d", body);
        length += (size_t)sprintf(expected + length, ";");
    }
    for (int run = 0; run < 100; run++) {
        const size_t step = 1 + draw(1000);

        reader_init(&reader, bytes);
        for (size_t at = 0; at < size; at += 1 + draw(step))
            take(&reader, at);
        take(&reader, size);
        ck_assert_str_eq(finish(&reader), expected);
    }
}

/* Change some bytes at random; the new size, at most 1024. */
static size_t
mutate(char *bytes, size_t size)
{
    static const char bad[] = "\r\n\r\n\r\n \t:;,/?%#*\0\x7f\x80\xff-+09aZ";

    for (size_t times = 1 + draw(3); times > 0 && size > 0; times--) {
        const size_t at = draw(size), much = 1 + draw(8);

        switch (draw(4)) {
        case 0:
            bytes[at] = (char)draw(256);
            break;
        case 1:
            bytes[at] = bad[draw(sizeof(bad))];
            break;
        case 2: /* take some out */
            if (at + much < size) {
                memmove(bytes + at, bytes + at + much, size - at - much);
                size -= much;
            }
            break;
        default: /* say some twice */
            if (at + much < size && size + much < 1024) {
                memmove(bytes + at + much, bytes + at, size - at);
                size += much;
            }
            break;
        }
    }
    return size;
}

TEST(mutations_do_not_depend_on_splits)
{
    static struct reader reader;
    static char expected[MANY], bytes[1025];
    size_t refused = 0, accepted = 0;

    for (int run = 0; run < 12000; run++) {
        const struct sent *sent = &table[draw((size_t)COUNT(table))];
        size_t size = sent->size;

        if (strchr(sent->expected, ';') == NULL)
            continue;
        memcpy(bytes, sent->bytes, size);
        size = mutate(bytes, size);
        bytes[size] = '\0';
        strcpy(expected, read_whole(bytes, size));
        refused += strchr("45", expected[0]) != NULL;
        accepted += strchr(expected, ';') != NULL;
        reader_init(&reader, bytes);
        for (size_t at = 0; at < size; at += 1 + draw(1 + size / 4))
            take(&reader, at);
        take(&reader, size);
        if (strcmp(finish(&reader), expected) != 0)
            ck_abort_msg(
                "%s instead of %s in:\n%s", reader.seen, expected, bytes);
        if (run % 10 == 0)
            check_splits(bytes, size, expected);
    }
    /* The mutations are worth something. */
    ck_assert_uint_gt(refused, 1000);
    ck_assert_uint_gt(accepted, 300);
}

/* A query, and what query, start and stop are in it: values in brackets, - when
 * not given; NULL when it is refused. */
static const struct {
    const char *query;
    const char *expected;
} queries[] = {
    { "", "---" },
    { "query=cat", "[cat]--" },
    { "query=cat&start=5&stop=10", "[cat][5][10]" },
    { "stop=10&start=5&query=cat", "[cat][5][10]" },
    { "query=cat+face", "[cat face]--" },
    { "query=cat%20face%2b", "[cat face+]--" },
    { "query=%E2%99%9a", "[\xe2\x99\x9a]--" },
    { "query=%f0%9F%9A%80", "[\xf0\x9f\x9a\x80]--" },
    { "query", "[]--" },
    { "query=", "[]--" },
    { "query==", "[=]--" },
    { "query=a=b", "[a=b]--" },
    { "query=a&query=b", "[a]--" },
    { "query=&query=b", "[]--" },
    { "query&query=b", "[]--" },
    { "&&query=a&&", "[a]--" },
    { "&", "---" },
    { "=", "---" },
    { "=a", "---" },
    { "Query=a", "---" },
    { "quer=a", "---" },
    { "queryx=a", "---" },
    { "%71uery=a", "[a]--" },
    { "x=1&query=a&y=2", "[a]--" },
    { "query=a;start=5", "[a;start=5]--" },
    { "query=a?b/c", "[a?b/c]--" },
    { "query=%26%3D%25", "[&=%]--" },
    { "query=%0a%7f", "[\n\x7f]--" },
    { "query=%3Cscript%3E", "[<script>]--" },
    { "query=%2500", "[%00]--" },
    { "query=%00", NULL },
    { "query=a%00b", NULL },
    { "query=%zz", NULL },
    { "query=%0", NULL },
    { "query=%", NULL },
    { "query=%%41", NULL },
    { "query=%4g", NULL },
    { "query=%g4", NULL },
    { "query=% 41", NULL },
    { "query=%+1", NULL },
    { "query=%0&start=1", NULL },
    { "query=%ff", NULL },
    { "query=%80", NULL },
    { "query=%c0%af", NULL },
    { "query=%c0%80", NULL },
    { "query=%e0%80%80", NULL },
    { "query=%ed%a0%80", NULL },
    { "query=%f4%90%80%80", NULL },
    { "query=%e2%99", NULL },
    { "query=%e2%99&start=%9a", NULL },
    { "query=\xff", NULL },
    { "x=%zz", NULL },
    { "query=a&x=%zz", NULL },
    { "query=a&query=%zz", NULL },
    { "%zz=a", NULL },
    { "%00=a", NULL },
    { "%ff", NULL },
};

TEST(a_query_is_decoded, .times = COUNT(queries))
{
    const char *query = queries[_i].query;
    const size_t length = strlen(query);
    struct http_parameter parameters[] = { { .name = "query" },
        { .name = "start" }, { .name = "stop" } };
    char text[256];
    int at = 0;
    bool good = http_query(
        guard_copy(query, length), length, guard_room(length), parameters, 3);

    ck_assert_msg(good == (queries[_i].expected != NULL), "%s", query);
    for (int i = 0; good && i < 3; i++)
        at += parameters[i].text == NULL
                  ? sprintf(text + at, "-")
                  : sprintf(text + at, "[%.*s]", (int)parameters[i].length,
                        parameters[i].text);
    if (good)
        ck_assert_str_eq(text, queries[_i].expected);
}

TEST(ten_thousand_parameters_are_passed_over)
{
    static char query[70000], buffer[70000];
    struct http_parameter parameter = { .name = "query" };
    size_t length = 0;

    for (int i = 0; i < 10000; i++)
        length += (size_t)sprintf(query + length, "a%d&", i % 1000);
    length += (size_t)sprintf(query + length, "query=x");
    ck_assert(http_query(query, length, buffer, &parameter, 1));
    ck_assert_uint_eq(parameter.length, 1);
    ck_assert_int_eq(parameter.text[0], 'x');
    ck_assert(http_query(NULL, 0, NULL, &parameter, 1));
    ck_assert_ptr_null(parameter.text);
}

/* What a parameter is as a number; -1 when it is refused. */
static const struct {
    const char *text;
    int64_t expected;
} numbers[] = {
    { "0", 0 },
    { "1", 1 },
    { "+3", 3 },
    { "-0", 0 },
    { "007", 7 },
    { "98263", 98263 },
    { "2147483648", 2147483648 },
    { "4294967296", 4294967296 },
    { "9223372036854775807", INT64_MAX },
    { "9223372036854775808", INT64_MAX },
    { "18446744073709551615", INT64_MAX },
    { "18446744073709551616", INT64_MAX },
    { "99999999999999999999999999", INT64_MAX },
    { "-1", -1 },
    { "-9223372036854775808", -1 },
    { "-99999999999999999999999999", -1 },
    { "+", -1 },
    { "-", -1 },
    { " 5", -1 },
    { "5 ", -1 },
    { "abc", -1 },
    { "1e3", -1 },
    { "0x10", -1 },
    { "1.0", -1 },
    { "1,000", -1 },
    { "all", -1 },
};

TEST(a_number_is_read_or_refused, .times = COUNT(numbers))
{
    const size_t length = strlen(numbers[_i].text);
    struct http_parameter parameter = {
        .text = guard_copy(numbers[_i].text, length),
        .length = length,
    };
    int64_t value = 77;
    bool good = http_number(&parameter, &value);

    ck_assert_int_eq(good, numbers[_i].expected >= 0);
    ck_assert_int_eq(value, good ? numbers[_i].expected : 77);
}

TEST(a_number_that_is_not_given_or_empty_stays)
{
    struct http_parameter parameter = { .name = "start" };
    int64_t value = 77;

    ck_assert(http_number(&parameter, &value));
    ck_assert_int_eq(value, 77);
    parameter.text = guard_copy("", 0);
    ck_assert(http_number(&parameter, &value));
    ck_assert_int_eq(value, 77);
}
