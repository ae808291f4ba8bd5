/*
 * answers - what servers sent, what is made of it, and of which body; each is
 * an input in corpus/http_response, too. For whoever defines SENT and
 * SENT_TO_HEAD.
 */
/* clang-format off */
SENT("empty", "", "|0|silent", "")
SENT("begun_0", "H", "|0|cut", "")
SENT("begun_1", "HTTP/1.1", "|0|cut", "")
SENT("begun_2", "HTTP/1.1 200 OK", "|0|cut", "")
SENT("begun_3", "HTTP/1.1 200 OK\r", "|0|cut", "")
SENT("begun_4", "HTTP/1.1 200 OK\r\n", "|0|cut", "")
SENT("begun_5", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n", "|0|cut", "")
SENT("begun_6", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r", "|0|cut", "")
SENT("begun_7", "HTTP/1.1 200 OK\nX: a\n", "|0|cut", "")
SENT("version_1_1", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab",
    "200 2 (OK)|2|keep", "ab")
SENT("version_1_0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab",
    "200 2 (OK)|2|close", "ab")
SENT("version_0_9", "HTTP/0.9 200 OK\r\nContent-Length: 2\r\n\r\nab",
    "|0|status", "")
SENT("version_2_0", "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nab",
    "|0|status", "")
SENT("version_1_2", "HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\nab",
    "|0|status", "")
SENT("version_1", "HTTP/1 200 OK\r\nContent-Length: 2\r\n\r\nab", "|0|status",
    "")
SENT("version_1_10", "HTTP/1.10 200 OK\r\nContent-Length: 2\r\n\r\nab",
    "|0|status", "")
SENT("version_1_", "HTTP/1. 200 OK\r\nContent-Length: 2\r\n\r\nab", "|0|status",
    "")
SENT("version_01_1", "HTTP/01.1 200 OK\r\nContent-Length: 2\r\n\r\nab",
    "|0|status", "")
SENT("version_x", "HTTP/1.x 200 OK\r\nContent-Length: 2\r\n\r\nab", "|0|status",
    "")
SENT("version_3_0", "HTTP/3.0 200 OK\r\nContent-Length: 2\r\n\r\nab",
    "|0|status", "")
SENT("version_blank", "HTTP/ 1.1 200 OK\r\nContent-Length: 2\r\n\r\nab",
    "|0|status", "")
SENT("line_lower", "http/1.1 200 OK\r\n\r\n", "|0|status", "")
SENT("line_icy", "ICY 200 OK\r\n\r\n", "|0|status", "")
SENT("line_none", "200 OK\r\n\r\n", "|0|status", "")
SENT("line_https", "HTTPS/1.1 200 OK\r\n\r\n", "|0|status", "")
SENT("line_indented", " HTTP/1.1 200 OK\r\n\r\n", "|0|status", "")
SENT("line_html", "<html><body>Hello\r\n\r\n", "|0|status", "")
SENT("line_html_line", "<html>\r\n\r\n\r\n", "|0|status", "")
SENT("line_ssh", "SSH-2.0-OpenSSH_9.2\r\n\r\n", "|0|status", "")
SENT("line_request", "GET / HTTP/1.1\r\n\r\n", "|0|status", "")
SENT("line_two_blanks", "HTTP/1.1  200 OK\r\n\r\n", "|0|status", "")
SENT("line_tab", "HTTP/1.1\t200 OK\r\n\r\n", "|0|status", "")
SENT("line_tab_behind", "HTTP/1.1 200\tOK\r\n\r\n", "|0|status", "")
SENT("line_no_status", "HTTP/1.1 \r\n\r\n", "|0|status", "")
SENT("line_no_blank", "HTTP/1.1\r\n\r\n", "|0|status", "")
SENT("line_version_twice", "HTTP/1.1 HTTP/1.1 200 OK\r\n\r\n", "|0|status", "")
SENT("line_glued", "HTTP/1.1 200OK\r\n\r\n", "|0|status", "")
SENT("empty_line_first", "\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "|0|status", "")
SENT("bare_lf_first", "\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "|0|status", "")
SENT("cr_first", "\rHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "|0|status",
    "")
SENT("tls", "\025\003\001\000\002\002\n", "|0|status", "")
SENT("nul", "\000\n", "|0|status", "")
SENT("status_099_X", "HTTP/1.1 099 X\r\n\r\n", "|0|status", "")
SENT("status_000_X", "HTTP/1.1 000 X\r\n\r\n", "|0|status", "")
SENT("status_20_X", "HTTP/1.1 20 X\r\n\r\n", "|0|status", "")
SENT("status_2000_X", "HTTP/1.1 2000 X\r\n\r\n", "|0|status", "")
SENT("status_2x0_X", "HTTP/1.1 2x0 X\r\n\r\n", "|0|status", "")
SENT("status_minus20_X", "HTTP/1.1 -20 X\r\n\r\n", "|0|status", "")
SENT("status_plus20_X", "HTTP/1.1 +20 X\r\n\r\n", "|0|status", "")
SENT("status_20", "HTTP/1.1 20\r\n\r\n", "|0|status", "")
SENT("status_0x2_X", "HTTP/1.1 0x2 X\r\n\r\n", "|0|status", "")
SENT("status_2_0_X", "HTTP/1.1 2.0 X\r\n\r\n", "|0|status", "")
SENT("status__20_X", "HTTP/1.1  20 X\r\n\r\n", "|0|status", "")
SENT("status_999", "HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nab",
    "999 2 (Odd)|2|keep", "ab")
SENT("status_600", "HTTP/1.1 600 \r\nContent-Length: 2\r\n\r\nab",
    "600 2 ()|2|keep", "ab")
SENT("status_404", "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nab",
    "404 2 (Not Found)|2|keep", "ab")
SENT("status_418", "HTTP/1.1 418 I'm a Teapot\r\nContent-Length: 2\r\n\r\nab",
    "418 2 (I'm a Teapot)|2|keep", "ab")
SENT("status_500",
    "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\n\r\nab",
    "500 2 (Internal Server Error)|2|keep", "ab")
SENT("status_503",
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\nab",
    "503 2 (Service Unavailable)|2|keep", "ab")
SENT("status_301",
    "HTTP/1.1 301 Moved Permanently\r\nContent-Length: 2\r\n\r\nab",
    "301 2 (Moved Permanently)|2|keep", "ab")
SENT("status_206",
    "HTTP/1.1 206 Partial Content\r\nContent-Length: 2\r\n\r\nab",
    "206 2 (Partial Content)|2|keep", "ab")
SENT("status_205", "HTTP/1.1 205 Reset Content\r\nContent-Length: 2\r\n\r\nab",
    "205 2 (Reset Content)|2|keep", "ab")
SENT("no_reason", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nab",
    "200 2 ()|2|keep", "ab")
SENT("empty_reason", "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nab",
    "200 2 ()|2|keep", "ab")
SENT("blank_reason", "HTTP/1.1 200  \r\nContent-Length: 2\r\n\r\nab",
    "200 2 ( )|2|keep", "ab")
SENT("long_reason",
    "HTTP/1.1 200 All is well\tand so on: yes\r\nContent-Length: 2\r\n\r\nab",
    "200 2 (All is well\tand so on: yes)|2|keep", "ab")
SENT("reason_latin_1", "HTTP/1.1 200 Gr\374\337e\r\nContent-Length: 0\r\n\r\n",
    "200 0 (Gr\374\337e)|0|keep", "")
SENT("reason_utf_8", "HTTP/1.1 200 \342\231\224\r\nContent-Length: 0\r\n\r\n",
    "200 0 (\342\231\224)|0|keep", "")
SENT("reason_nul", "HTTP/1.1 200 O\000K\r\nContent-Length: 0\r\n\r\n",
    "|0|status", "")
SENT("reason_escape", "HTTP/1.1 200 \033[2J\r\nContent-Length: 0\r\n\r\n",
    "|0|status", "")
SENT("reason_cr", "HTTP/1.1 200 O\rK\r\nContent-Length: 0\r\n\r\n", "|0|status",
    "")
SENT("status_line_folded",
    "HTTP/1.1 200 OK\r\n again\r\nContent-Length: 0\r\n\r\n", "|0|field", "")
SENT("bodyless_204", "HTTP/1.1 204 No Content\r\n\r\n",
    "204 0 (No Content)|0|keep", "")
SENT("bodyless_204_length",
    "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n",
    "204 0 (No Content)|0|keep", "")
SENT("bodyless_204_chunked",
    "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n",
    "204 0 (No Content)|0|keep", "")
SENT("bodyless_204_body",
    "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nab",
    "204 0 (No Content)|0|close", "")
SENT("bodyless_204_close",
    "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
    "204 0 (No Content)|0|close", "")
SENT("bodyless_304", "HTTP/1.1 304 Not Modified\r\n\r\n",
    "304 0 (Not Modified)|0|keep", "")
SENT("bodyless_304_length",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n",
    "304 0 (Not Modified)|0|keep", "")
SENT("bodyless_304_chunked",
    "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
    "304 0 (Not Modified)|0|keep", "")
SENT("bodyless_304_body",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nab",
    "304 0 (Not Modified)|0|close", "")
SENT("bodyless_304_close",
    "HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n",
    "304 0 (Not Modified)|0|close", "")
SENT_TO_HEAD("head_length", "HTTP/1.1 200 OK\r\nContent-Length: 13355\r\n\r\n",
    "200 0 (OK)|0|keep")
SENT_TO_HEAD("head_chunked",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "200 0 (OK)|0|keep")
SENT_TO_HEAD("head_neither", "HTTP/1.1 200 OK\r\n\r\n", "200 0 (OK)|0|keep")
SENT_TO_HEAD("head_body", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab",
    "200 0 (OK)|0|close")
SENT_TO_HEAD("head_1_0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n",
    "200 0 (OK)|0|close")
SENT_TO_HEAD("head_bad_length", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    "|0|length")
SENT_TO_HEAD("head_interim",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
    "200 0 (OK)|0|keep")
SENT("length_0", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "200 0 (OK)|0|keep", "")
SENT("length_5", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "200 5 (OK)|5|keep", "hello")
SENT("length_lower", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
    "200 5 (OK)|5|keep", "hello")
SENT("length_upper", "HTTP/1.1 200 OK\r\nCONTENT-LENGTH:5\r\n\r\nhello",
    "200 5 (OK)|5|keep", "hello")
SENT("length_blanks", "HTTP/1.1 200 OK\r\nContent-Length: \t 5 \t\r\n\r\nhello",
    "200 5 (OK)|5|keep", "hello")
SENT("length_zeros", "HTTP/1.1 200 OK\r\nContent-Length: 00005\r\n\r\nhello",
    "200 5 (OK)|5|keep", "hello")
SENT("length_twice",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "200 5 (OK)|5|keep", "hello")
SENT("length_twice_in_other_digits",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 05\r\n\r\nhello",
    "200 5 (OK)|5|keep", "hello")
SENT("length_differs",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "|0|length", "")
SENT("length_differs_later",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\ncontent-length: 4\r\n\r\n"
    "hello", "|0|length", "")
SENT("length_list", "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello",
    "|0|length", "")
SENT("length_negative", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
    "|0|length", "")
SENT("length_plus", "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
    "|0|length", "")
SENT("length_empty", "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nhello",
    "|0|length", "")
SENT("length_blank", "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\nhello",
    "|0|length", "")
SENT("length_word", "HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello",
    "|0|length", "")
SENT("length_hex", "HTTP/1.1 200 OK\r\nContent-Length: 0x5\r\n\r\nhello",
    "|0|length", "")
SENT("length_exponent", "HTTP/1.1 200 OK\r\nContent-Length: 5e0\r\n\r\nhello",
    "|0|length", "")
SENT("length_fraction", "HTTP/1.1 200 OK\r\nContent-Length: 5.0\r\n\r\nhello",
    "|0|length", "")
SENT("length_inner_blank",
    "HTTP/1.1 200 OK\r\nContent-Length: 5 0\r\n\r\nhello", "|0|length", "")
SENT("length_folded", "HTTP/1.1 200 OK\r\nContent-Length:\r\n 5\r\n\r\nhello",
    "200 5 (OK)|5|keep", "hello")
SENT("length_folded_digits",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n 5\r\n\r\nhello", "|0|length", "")
SENT("length_cut", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
    "200 5 (OK)|4|cut", "hell")
SENT("length_nothing_came", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
    "200 5 (OK)|0|cut", "")
SENT("length_too_much", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello!",
    "200 5 (OK)|5|close", "hello")
SENT("length_another_answer",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nConte"
    "nt-Length: 0\r\n\r\n", "200 5 (OK)|5|close", "hello")
SENT("length_largest",
    "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\nhello",
    "200 9223372036854775807 (OK)|5|cut", "hello")
SENT("length_63_bits",
    "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\nhello",
    "|0|length", "")
SENT("length_64_bits",
    "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551621\r\n\r\nhello",
    "|0|length", "")
SENT("length_any_bytes",
    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n\r\n0\r\n\r\n\377\001",
    "200 9 (OK)|9|keep", "\r\n0\r\n\r\n\377\001")
SENT("close_hello", "HTTP/1.1 200 OK\r\n\r\nhello", "200 -1 (OK)|5|close",
    "hello")
SENT("close_empty", "HTTP/1.1 200 OK\r\n\r\n", "200 -1 (OK)|0|close", "")
SENT("close_1_0", "HTTP/1.0 200 OK\r\n\r\nhello", "200 -1 (OK)|5|close",
    "hello")
SENT("close_said", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello",
    "200 -1 (OK)|5|close", "hello")
SENT("close_keep_alive",
    "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\nhello",
    "200 -1 (OK)|5|close", "hello")
SENT("connection_close",
    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nab",
    "200 2 (OK)|2|close", "ab")
SENT("connection_close_case",
    "HTTP/1.1 200 OK\r\nconnection: CLOSE\r\nContent-Length: 2\r\n\r\nab",
    "200 2 (OK)|2|close", "ab")
SENT("connection_list",
    "HTTP/1.1 200 OK\r\nConnection: x, close ,y\r\nContent-Length: 2\r\n\r\nab",
    "200 2 (OK)|2|close", "ab")
SENT("connection_lines",
    "HTTP/1.1 200 OK\r\nConnection: x\r\nConnection: close\r\nContent-Length: "
    "2\r\n\r\nab", "200 2 (OK)|2|close", "ab")
SENT("connection_keep_alive",
    "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nab",
    "200 2 (OK)|2|keep", "ab")
SENT("connection_closed",
    "HTTP/1.1 200 OK\r\nConnection: closed\r\nContent-Length: 2\r\n\r\nab",
    "200 2 (OK)|2|keep", "ab")
SENT("connection_empty",
    "HTTP/1.1 200 OK\r\nConnection:\r\nContent-Length: 2\r\n\r\nab",
    "200 2 (OK)|2|keep", "ab")
SENT("connection_commas",
    "HTTP/1.1 200 OK\r\nConnection: ,,\r\nContent-Length: 2\r\n\r\nab",
    "200 2 (OK)|2|keep", "ab")
SENT("connection_1_0_keep_alive",
    "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nab",
    "200 2 (OK)|2|keep", "ab")
SENT("connection_1_0_both",
    "HTTP/1.0 200 OK\r\nConnection: keep-alive, close\r\nContent-Length: 2\r\n"
    "\r\nab", "200 2 (OK)|2|close", "ab")
SENT("chunked_none",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "200 -1 (OK)|0|keep", "")
SENT("chunked_one",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"
    "\r\n", "200 -1 (OK)|5|keep", "hello")
SENT("chunked_three",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n3\r\nell\r"
    "\n1\r\no\r\n0\r\n\r\n", "200 -1 (OK)|5|keep", "hello")
SENT("chunked_hex",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n"
    "A\r\n0123456789\r\n00\r\n\r\n", "200 -1 (OK)|20|keep",
    "01234567890123456789")
SENT("chunked_case",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n"
    "\r\n", "200 -1 (OK)|5|keep", "hello")
SENT("chunked_blanks",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding:\t chunked \r\n\r\n5\r\nhello\r\n0\r"
    "\n\r\n", "200 -1 (OK)|5|keep", "hello")
SENT("chunked_folded",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n chunked\r\n\r\n5\r\nhello\r\n"
    "0\r\n\r\n", "200 -1 (OK)|5|keep", "hello")
SENT("chunked_zeros",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n00000000000000000000"
    "00005\r\nhello\r\n000\r\n\r\n", "200 -1 (OK)|5|keep", "hello")
SENT("chunked_extension",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;name=value\r\nhell"
    "o\r\n0;x\r\n\r\n", "200 -1 (OK)|5|keep", "hello")
SENT("chunked_extension_blank",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5 ; name = \"v;\" \r"
    "\nhello\r\n0\r\n\r\n", "200 -1 (OK)|5|keep", "hello")
SENT("chunked_size_blanks",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5  \r\nhello\r\n0 \r"
    "\n\r\n", "200 -1 (OK)|5|keep", "hello")
SENT("chunked_trailer",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"
    "X: y\r\nContent-Length: 7\r\n\r\n", "200 -1 (OK)|5|keep", "hello")
SENT("chunked_trailer_folded",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n z\r\n"
    "\r\n", "200 -1 (OK)|0|keep", "")
SENT("chunked_trailer_no_field",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"
    "hello\r\n\r\n", "200 -1 (OK)|5|field", "hello")
SENT("chunked_trailer_indented",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n X: y\r\n\r\n",
    "200 -1 (OK)|0|field", "")
SENT("chunked_trailer_control",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: \001\r\n\r\n",
    "200 -1 (OK)|0|field", "")
SENT("chunked_trailer_cut",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
    "200 -1 (OK)|5|cut", "hello")
SENT("chunked_trailer_cut_in_a_field",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"
    "X: y\r\n", "200 -1 (OK)|5|cut", "hello")
SENT("chunked_no_last",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "200 -1 (OK)|5|cut", "hello")
SENT("chunked_cut_in_a_chunk",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
    "200 -1 (OK)|3|cut", "hel")
SENT("chunked_cut_in_a_size",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5",
    "200 -1 (OK)|0|cut", "")
SENT("chunked_cut_at_once",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "200 -1 (OK)|0|cut", "")
SENT("chunked_behind",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nHTTP/1.1",
    "200 -1 (OK)|0|close", "")
SENT("chunked_no_line_end",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello0\r\n\r\n",
    "200 -1 (OK)|5|chunk", "hello")
SENT("chunked_too_long",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n0\r\n"
    "\r\n", "200 -1 (OK)|5|chunk", "hello")
SENT("chunked_too_short",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello\r\n0\r\n"
    "\r\n", "200 -1 (OK)|6|chunk", "hello\r")
SENT("size_word",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfive\r\nhello\r\n0\r"
    "\n\r\n", "200 -1 (OK)|0|chunk", "")
SENT("size_empty",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\nhello\r\n0\r\n\r"
    "\n", "200 -1 (OK)|0|chunk", "")
SENT("size_negative",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n"
    "\r\n", "200 -1 (OK)|0|chunk", "")
SENT("size_plus",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n"
    "\r\n", "200 -1 (OK)|0|chunk", "")
SENT("size_0x",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r"
    "\n\r\n", "200 -1 (OK)|0|chunk", "")
SENT("size_blank",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n 5\r\nhello\r\n0\r\n"
    "\r\n", "200 -1 (OK)|0|chunk", "")
SENT("size_tab",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\t5\r\nhello\r\n0\r"
    "\n\r\n", "200 -1 (OK)|0|chunk", "")
SENT("size_quoted",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\"5\"\r\nhello\r\n"
    "0\r\n\r\n", "200 -1 (OK)|0|chunk", "")
SENT("size_only_extension",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n;x\r\nhello\r\n0\r\n"
    "\r\n", "200 -1 (OK)|0|chunk", "")
SENT("size_inner_blank",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5 5\r\nhello\r\n0\r"
    "\n\r\n", "200 -1 (OK)|0|chunk", "")
SENT("size_comma",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5,\r\nhello\r\n0\r\n"
    "\r\n", "200 -1 (OK)|0|chunk", "")
SENT("size_16_digits",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000000000000000\r\n"
    "hello\r\n0\r\n\r\n", "200 -1 (OK)|0|chunk", "")
SENT("size_17_digits",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000005\r"
    "\nhello\r\n0\r\n\r\n", "200 -1 (OK)|0|chunk", "")
SENT("size_32_digits",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffffff"
    "ffffffffffff\r\nhello\r\n0\r\n\r\n", "200 -1 (OK)|0|chunk", "")
SENT("size_underscore",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1_0\r\nhello\r\n0\r"
    "\n\r\n", "200 -1 (OK)|0|chunk", "")
SENT("size_nul",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\000\r\nhello\r\n"
    "0\r\n\r\n", "200 -1 (OK)|0|chunk", "")
SENT("size_15_digits",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n"
    "hello", "200 -1 (OK)|5|cut", "hello")
SENT("size_line_cr",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\rhello\r\n",
    "200 -1 (OK)|0|chunk", "")
SENT("chunked_line_ends_mixed",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r"
    "\n", "200 -1 (OK)|5|chunk", "hello")
SENT("chunked_line_ends_mixed_the_other_way",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r"
    "\n", "200 -1 (OK)|5|chunk", "hello")
SENT("chunked_bare_lf",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n",
    "200 -1 (OK)|5|keep", "hello")
SENT("coding_gzip", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx",
    "|0|length", "")
SENT("coding_identity",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nx", "|0|length", "")
SENT("coding_list",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "|0|length", "")
SENT("coding_twice",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunk"
    "ed\r\n\r\n0\r\n\r\n", "|0|length", "")
SENT("coding_empty", "HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n\r\n0\r\n\r\n",
    "|0|length", "")
SENT("coding_glued",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunkedx\r\n\r\n0\r\n\r\n",
    "|0|length", "")
SENT("coding_and_length",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r"
    "\n5\r\nhello\r\n0\r\n\r\n", "200 -1 (OK)|5|close", "hello")
SENT("length_and_coding",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r"
    "\n5\r\nhello\r\n0\r\n\r\n", "200 -1 (OK)|5|close", "hello")
SENT("chunked_1_0",
    "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"
    "\r\n", "200 -1 (OK)|5|close", "hello")
SENT("chunked_close",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r"
    "\n5\r\nhello\r\n0\r\n\r\n", "200 -1 (OK)|5|close", "hello")
SENT("field_empty", "HTTP/1.1 200 OK\r\nX:\r\nContent-Length: 2\r\n\r\nab",
    "200 2 (OK) x=[]|2|keep", "ab")
SENT("field_blank", "HTTP/1.1 200 OK\r\nX: \t \r\nContent-Length: 2\r\n\r\nab",
    "200 2 (OK) x=[]|2|keep", "ab")
SENT("field_no_blank", "HTTP/1.1 200 OK\r\nX:y\r\nContent-Length: 2\r\n\r\nab",
    "200 2 (OK) x=[y]|2|keep", "ab")
SENT("field_trimmed",
    "HTTP/1.1 200 OK\r\nX: \t y z\t \r\nContent-Length: 2\r\n\r\nab",
    "200 2 (OK) x=[y z]|2|keep", "ab")
SENT("field_colons",
    "HTTP/1.1 200 OK\r\nX: a:b:c\r\nContent-Length: 2\r\n\r\nab",
    "200 2 (OK) x=[a:b:c]|2|keep", "ab")
SENT("field_first_counts",
    "HTTP/1.1 200 OK\r\nX: a\r\nX: b\r\nContent-Length: 2\r\n\r\nab",
    "200 2 (OK) x=[a]|2|keep", "ab")
SENT("field_folded",
    "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\tc\r\nContent-Length: 2\r\n\r\nab",
    "200 2 (OK) x=[a   b  \tc]|2|keep", "ab")
SENT("field_folded_bare_lf",
    "HTTP/1.1 200 OK\r\nX: a\n b\nContent-Length: 2\r\n\r\nab",
    "200 2 (OK) x=[a  b]|2|keep", "ab")
SENT("field_folded_blank_line",
    "HTTP/1.1 200 OK\r\nX: a\r\n \r\nContent-Length: 2\r\n\r\nab",
    "200 2 (OK) x=[a]|2|keep", "ab")
SENT("field_folded_last",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: a\r\n b\r\n\r\nab",
    "200 2 (OK) x=[a   b]|2|keep", "ab")
SENT("field_folded_name",
    "HTTP/1.1 200 OK\r\nX\r\n : a\r\nContent-Length: 2\r\n\r\nab", "|0|field",
    "")
SENT("field_first_indented",
    "HTTP/1.1 200 OK\r\n X: a\r\nContent-Length: 2\r\n\r\nab", "|0|field", "")
SENT("field_no_colon",
    "HTTP/1.1 200 OK\r\nHello\r\nContent-Length: 2\r\n\r\nab", "|0|field", "")
SENT("field_no_name", "HTTP/1.1 200 OK\r\n: a\r\nContent-Length: 2\r\n\r\nab",
    "|0|field", "")
SENT("field_blank_before_colon",
    "HTTP/1.1 200 OK\r\nX : a\r\nContent-Length: 2\r\n\r\nab", "|0|field", "")
SENT("field_name_with_blank",
    "HTTP/1.1 200 OK\r\nX Y: a\r\nContent-Length: 2\r\n\r\nab", "|0|field", "")
SENT("field_name_with_bracket",
    "HTTP/1.1 200 OK\r\nX(Y): a\r\nContent-Length: 2\r\n\r\nab", "|0|field", "")
SENT("field_name_latin_1", "HTTP/1.1 200 OK\r\n\334: a\r\n\r\n", "|0|field", "")
SENT("field_nul", "HTTP/1.1 200 OK\r\nX: a\000b\r\nContent-Length: 2\r\n\r\nab",
    "|0|field", "")
SENT("field_del", "HTTP/1.1 200 OK\r\nX: a\177b\r\nContent-Length: 2\r\n\r\nab",
    "|0|field", "")
SENT("field_escape",
    "HTTP/1.1 200 OK\r\nX: \033[2J\r\nContent-Length: 2\r\n\r\nab", "|0|field",
    "")
SENT("field_bare_cr",
    "HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 2\r\n\r\nab", "|0|field", "")
SENT("field_cr_cr_lf",
    "HTTP/1.1 200 OK\r\nX: a\r\r\nContent-Length: 2\r\n\r\nab", "|0|field", "")
SENT("field_vertical_tab",
    "HTTP/1.1 200 OK\r\nX: a\013b\r\nContent-Length: 2\r\n\r\nab", "|0|field",
    "")
SENT("field_punctuation",
    "HTTP/1.1 200 OK\r\n!#$%&'*+-.^_`|~09AZaz: b\r\nContent-Length: 2\r\n\r\n"
    "ab", "200 2 (OK)|2|keep", "ab")
SENT("field_value_utf_8",
    "HTTP/1.1 200 OK\r\nX: \342\231\224\r\nContent-Length: 0\r\n\r\n",
    "200 0 (OK) x=[\342\231\224]|0|keep", "")
SENT("field_location",
    "HTTP/1.1 302 Found\r\nLocation: /flags/ad/ad.gif\r\nContent-Length: 0\r\n"
    "\r\n", "302 0 (Found) location=[/flags/ad/ad.gif]|0|keep", "")
SENT("field_retry_after",
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 120\r\nContent-Length: 0"
    "\r\n\r\n", "503 0 (Service Unavailable) retry-after=[120]|0|keep", "")
SENT("field_retry_date",
    "HTTP/1.1 429 Too Many Requests\r\nRetry-After: Fri, 31 Dec 1999 23:59:59 "
    "GMT\r\nContent-Length: 0\r\n\r\n",
    "429 0 (Too Many Requests) retry-after=[Fri, 31 Dec 1999 23:59:59 GMT]|0|k"
    "eep", "")
SENT("field_similar",
    "HTTP/1.1 200 OK\r\nLocations: a\r\nLocatio: b\r\nContent-Length: 2\r\n\r"
    "\nab", "200 2 (OK)|2|keep", "ab")
SENT("head_empty_line_cr", "HTTP/1.1 200 OK\r\nX: a\r\n\rX\r\nab", "|0|field",
    "")
SENT("bare_lf", "HTTP/1.1 200 OK\nContent-Length: 2\n\nab", "200 2 (OK)|2|keep",
    "ab")
SENT("bare_lf_vaurien",
    "HTTP/1.1 503 Service Unavailable\nConnection: close\n\nerror",
    "503 -1 (Service Unavailable)|5|close", "error")
SENT("bare_lf_mixed", "HTTP/1.1 200 OK\r\nContent-Length: 2\n\r\nab",
    "200 2 (OK)|2|keep", "ab")
SENT("bare_lf_mixed_end", "HTTP/1.1 200 OK\nContent-Length: 2\r\n\nab",
    "200 2 (OK)|2|keep", "ab")
SENT("interim_100",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
    "ab", "200 2 (OK)|2|keep", "ab")
SENT("interim_103",
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nX: hint\r\nContent-Length: 9\r"
    "\nConnection: close\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab",
    "200 2 (OK)|2|keep", "ab")
SENT("interim_102",
    "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 "
    "OK\r\nContent-Length: 2\r\n\r\nab", "200 2 (OK)|2|keep", "ab")
SENT("interim_ten",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Co"
    "ntinue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Co"
    "ntinue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", "200 2 (OK)|2|keep", "ab")
SENT("interim_eleven",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Co"
    "ntinue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Co"
    "ntinue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
    "ab", "|0|information", "")
SENT("interim_101",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nHTTP/1.1 200 OK\r\n"
    "Content-Length: 2\r\n\r\nab", "|0|information", "")
SENT("interim_only", "HTTP/1.1 100 Continue\r\n\r\n", "|0|cut", "")
SENT("interim_broken",
    "HTTP/1.1 100 Continue\r\nX\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r"
    "\n\r\nab", "|0|field", "")
SENT("interim_then_garbage", "HTTP/1.1 100 Continue\r\n\r\nhello\r\n",
    "|0|status", "")
SENT("interim_199",
    "HTTP/1.1 199 X\n\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab",
    "200 2 (OK)|2|keep", "ab")
