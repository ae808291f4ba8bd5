#!/usr/bin/python3
"""
The push server's page as a reader sees it: in a browser, with its script and
without, on both twins; and what a browser makes of the server itself. Skipped
where there is no Chromium with its driver and python3-selenium.
"""

import harness
from browser import BrowserTest, Keys
from test_push import PushTest, read_head, request

WAYS = ("poll", "events", "socket")

# What must stay text.
PAYLOADS = (
    "<script>document.title='owned'</script>",
    "<img src=x onerror=document.title='owned'>",
    "</table><svg onload=document.title='owned'>",
    "&lt;b&gt;&amp;", "{\"id\":\"1-1\"}", "it's \"quoted\"", "a\\b\t<c>",
)


class PushPageTest(BrowserTest, PushTest):
    """A test of the push server's page."""

    options = ()

    def setUp(self):
        # Not one that the kernel gives away between two starts.
        self.port = harness.free_port()
        super().setUp()

    def begin(self, *options):
        return self.push("--quiet", *self.options, *options, port=self.port)

    def open_live(self, target="/"):
        """Open the page, and wait until all ways are connected."""
        self.open(target)
        self.wait_for_metrics(self.server, waiting=1, subscribers=2)
        self.until(lambda: self.states() == ["Connected"] * 3,
            "all are connected")

    def texts(self, selector):
        """The texts of elements."""
        return self.run_script("return Array.from("
            "document.querySelectorAll(arguments[0]), e => e.textContent)",
            selector)

    def states(self):
        """What is said of the connections."""
        return self.texts(".state")

    def figures(self, way):
        """How many messages came on a way, and how many it missed."""
        return tuple(int(text) for text in self.texts(f"#{way} dd")[:2])

    def rows(self):
        """The messages, from the oldest on: id, text and three times."""
        return self.run_script("""return Array.from(
            document.querySelectorAll("#messages tbody tr"), row =>
                [row.querySelector(".id")?.textContent,
                    row.cells[0].lastChild.textContent,
                    ...Array.from(row.cells).slice(1)
                        .map(cell => cell.textContent)]).reverse()""")

    def until_rows(self, count):
        """Wait until so many messages have come on all ways; return them."""
        def whole():
            rows = self.rows()
            return rows if len(rows) == count and not any(
                cell == "…" for row in rows for cell in row[2:]) else None
        return self.until(whole, f"{count} messages are there")

    def send(self, text):
        """Type a message and send it."""
        self.at("#text").send_keys(text, Keys.ENTER)
        self.until(lambda: self.at("#text").get_property("value") == "",
            "it is sent")

    def choose(self, by):
        """Choose how to send."""
        self.at(f"[name=by][value={by}]").click()


@harness.on_both_twins
class Page(PushPageTest):
    """The page with its script."""

    options = ("--stream-delays", "0.1,0.1", "--workers", "1", "--history",
        "4")

    # Answers in pieces.

    def pieces(self, form):
        """What came of an answer, without its times."""
        return self.run_script("""return Array.from(
            document.querySelectorAll(`#${arguments[0]} li`),
            item => item.firstChild.textContent)""", form)

    def fill(self, selector, text):
        """Type into a field, in the place of what is there."""
        self.at(selector).send_keys(Keys.CONTROL, "a")
        self.at(selector).send_keys(text)

    def test_the_example_names_this_server(self):
        self.open()
        self.assertIn(f"url=http://127.0.0.1:{self.server.port} ",
            self.at("pre").text)

    def test_an_answer_comes_in_pieces(self):
        self.open()
        self.at("#stream button").click()
        self.until(lambda: self.pieces("stream") == ["START", "MIDDLE", "END"],
            "the stream is here")
        self.fill("#n", "5")
        self.fill("#every", "0.05")
        self.at("#fetch button").click()
        self.until(lambda: self.pieces("fetch") ==
            [f"piece {n} of 5" for n in range(1, 6)], "all pieces are here")
        for time in self.texts("#fetch li span"):
            self.assertRegex(time, r"^\d+\.\d\d s, [\d.]+ m?s late$")
        # Both can be asked for again.
        self.until(lambda: self.at("#fetch button").is_displayed(), "it ends")
        self.at("#fetch button").click()
        self.until(lambda: len(self.pieces("fetch")) == 5, "it came again")

    def test_who_stops_an_answer_ends_the_work(self):
        self.open()
        self.fill("#every", "60")
        self.at("#fetch button").click()
        stop = self.all_at("#fetch button")[1]
        self.until(stop.is_displayed, "it can be stopped")
        self.until(self.is_busy, "the only worker works")
        stop.click()
        self.until(lambda: self.texts("#fetch li") == ["Stopped"],
            "it is stopped")
        self.check_free()

    def is_busy(self):
        """Whether the only worker makes no piece for another client."""
        with self.server.connect() as client:
            client.send(request("/fetch?n=1&every=0"))
            read_head(client)
            return not client.becomes_readable(0.2)

    def check_free(self):
        """The only worker makes one for another client."""
        self.assertEqual(self.ask(self.server, "/fetch?n=1&every=0"),
            (200, b"piece 1 of 1\n"))

    # The chat.

    def test_a_message_comes_three_ways(self):
        self.open_live()
        self.send("Hello, world")
        self.until_rows(1)
        self.choose("socket")
        self.send("by the WebSocket ♚")
        self.until_rows(2)
        self.publish(self.server, b"from elsewhere")
        rows = self.until_rows(3)
        self.assertEqual([row[:2] for row in rows], [["1-1", "Hello, world"],
            ["1-2", "by the WebSocket ♚"], ["1-3", "from elsewhere"]])
        for row in rows[:2]:
            for late in row[2:]:
                self.assertRegex(late, r"^[\d.]+ m?s$")
        for late in rows[2][2:]:
            self.assertRegex(late, r"^\+[\d.]+ m?s$")
        # One of them was the first.
        self.assertIn("+0.0 ms", rows[2][2:])
        for way in WAYS:
            self.assertEqual(self.figures(way), (3, 0), way)

    def test_channels(self):
        self.open_live("/?channel=other")
        self.assertEqual(self.texts("#channel"), ["other"])
        self.publish(self.server, b"not here")
        self.publish(self.server, b"here", "/publish?channel=other")
        self.assertEqual(self.until_rows(1)[0][1], "here")

    def test_who_was_away_is_told_what_was_missed(self):
        self.open_live()
        for away in WAYS:
            before = {way: self.figures(way) for way in WAYS}
            count = len(self.rows())
            button = self.at(f"#{away} button")
            button.click()
            self.assertEqual(button.text, "Resume")
            gone = {"waiting": int(away != "poll"),
                "subscribers": 1 + (away == "poll")}
            self.wait_for_metrics(self.server, **gone)
            for n in range(10):
                self.publish(self.server, b"%d" % n)
                # The others are not behind.
                self.until(lambda: all(
                    self.figures(way)[0] == before[way][0] + n + 1
                    for way in WAYS if way != away), "the others have it")
            button.click()
            rows = self.until_rows(count + 10)[count:]
            column = 2 + WAYS.index(away)
            self.assertEqual([row[column] == "missed" for row in rows],
                [True] * 6 + [False] * 4)
            for way in WAYS:
                received, missed = before[way]
                self.assertEqual(self.figures(way),
                    (received + 4, missed + 6) if way == away
                    else (received + 10, missed), way)

    def check_restart(self, end):
        """Whoever was connected is so again, and told; nothing comes twice."""
        # That the browser says what it could not load is right.
        self.complaints = "ERR_|WebSocket connection to"
        self.open_live()
        for n in range(3):
            self.publish(self.server, b"before %d" % n)
        self.until_rows(3)
        end(self.server)
        self.until(lambda: "Connected" not in self.states(),
            "the loss is noticed")
        self.server = self.begin("--epoch", "2")
        self.wait_for_metrics(self.server, waiting=1, subscribers=2)
        for n in range(3):
            self.publish(self.server, b"after %d" % n)
        rows = self.until_rows(7)
        self.assertEqual([row[0] for row in rows],
            [f"1-{n}" for n in range(1, 4)] + [None] +
            [f"2-{n}" for n in range(1, 4)])
        self.assertIn("has restarted", rows[3][1])
        for way in WAYS:
            self.assertEqual(self.figures(way), (6, 0), way)

    def test_a_restart(self):
        self.check_restart(lambda server: server.stop())

    def test_a_crash_and_a_start(self):
        self.check_restart(lambda server: server.kill())

    def test_nothing_of_a_message_is_obeyed(self):
        self.open_live()
        title = self.browser.title
        elements = self.run_script(
            "return document.querySelectorAll('*:not(tbody *)').length")
        for payload in PAYLOADS:
            self.publish(self.server, payload.encode())
        self.assertEqual([row[1] for row in self.until_rows(len(PAYLOADS))],
            list(PAYLOADS))
        self.assertEqual(self.browser.title, title)
        self.assertEqual(self.run_script(
            "return document.querySelectorAll('*:not(tbody *)').length"),
            elements)
        self.assertEqual(self.run_script(
            "return document.querySelectorAll('tbody *').length"),
            # A row, its cells, and the id in the first one.
            len(PAYLOADS) * (1 + 4 + 1))

    # Tabs.

    def test_a_hidden_tab_holds_no_connection(self):
        # As a tab may be hidden while it connects.
        self.complaints = "closed before the connection is established"
        self.open_live()
        # A browser has six connections to a server, for all tabs.
        for _ in range(6):
            self.browser.switch_to.new_window("tab")
            self.open_live()
        tabs = self.browser.window_handles
        self.publish(self.server, b"hi")
        self.until_rows(1)
        # Who is shown again has missed nothing.
        self.browser.close()
        self.browser.switch_to.window(tabs[0])
        self.until_rows(1)
        self.assertEqual(self.figures("poll"), (1, 0))

    # Keys and looks.

    def test_keys_do_it_all(self):
        self.open_live()
        self.run_script("document.getElementById('text').focus()")
        self.press("by keys", Keys.ENTER)
        self.until_rows(1)
        self.press(Keys.TAB, Keys.ARROW_DOWN)
        self.assertTrue(self.at("[value=socket]").is_selected())
        self.press_back()
        self.press("once more", Keys.ENTER)
        self.until_rows(2)
        self.press(Keys.TAB, Keys.TAB, Keys.TAB, Keys.SPACE)
        self.assertEqual(self.states()[0], "Paused")
        self.press(Keys.SPACE)
        self.until(lambda: self.states()[0] == "Connected", "it goes on")
        self.run_script("document.querySelector('#fetch button').focus()")
        self.fill("#every", "60")
        self.press(Keys.ENTER)
        # The focus is on what stops it, and then on what starts it again.
        self.until(lambda: self.focused() == "Stop", "it can be stopped")
        # It is not asked for twice: the only worker is free when it stops.
        self.press_back()
        self.press(Keys.ENTER, Keys.TAB)
        self.assertEqual(self.focused(), "Stop")
        self.press(Keys.SPACE)
        self.until(lambda: self.focused() == "Start", "it can be started")
        self.check_free()

    def focused(self):
        """The text of what has the focus."""
        return self.run_script("return document.activeElement.textContent")

    def test_everything_has_a_name(self):
        self.open_live()
        self.assertEqual(self.run_script("""
            return Array.from(document.querySelectorAll("input"),
                field => field.labels.length).includes(0)"""), False)
        for selector in "#trouble", ".state", "ol", "#news":
            for element in self.all_at(selector):
                self.assertIn(element.get_attribute("role"),
                    ("alert", "status", "log"))

    def test_a_narrow_phone_scrolls_in_one_direction(self):
        self.resize(360, 640)
        self.open_live()
        self.publish(self.server, b"x" * 4096)
        self.publish(self.server, b"words and " * 40)
        self.until_rows(2)
        self.assertEqual(self.run_script(
            "return document.documentElement.scrollWidth"), 360)

    def test_dark_and_light(self):
        colours = set()
        for scheme in "dark", "light":
            self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia",
                {"features": [
                    {"name": "prefers-color-scheme", "value": scheme}]})
            self.open()
            colours.add(self.at("body").value_of_css_property(
                "background-color"))
        self.assertEqual(len(colours), 2)

    # The server.

    def test_a_browser_speaks_with_the_server(self):
        self.open()
        self.assertEqual(self.browser.execute_async_script("""
            const done = arguments[0], found = [];
            const text = "♚".repeat(21845) + "x";       // 64 KiB
            const socket = new WebSocket(
                location.origin.replace("http", "ws") + "/echo");
            socket.binaryType = "arraybuffer";
            socket.onopen = () => {
                socket.send("Hello, world");
                socket.send(new Uint8Array([0, 255]));
                socket.send(text);
            };
            socket.onmessage = ({ data }) => {
                found.push(data === text ? "all of it"
                    : typeof data === "string" ? data : [...new Uint8Array(data)]);
                if (found.length === 3)
                    socket.close(4000, "enough");
            };
            socket.onclose = event => done(
                [...found, event.code, event.wasClean]);"""),
            ["Hello, world", [0, 255], "all of it", 4000, True])

    def test_a_browser_is_told_of_the_stop(self):
        self.complaints = "ERR_|WebSocket connection to"
        self.open()
        self.run_script("""
            window.told = [];
            for (const path of ["/echo", "/chat", "/websocket"]) {
                const socket = new WebSocket(
                    location.origin.replace("http", "ws") + path);
                socket.onopen = () => told.push("open");
                socket.onclose = event => told.push(event.code);
            }""")
        self.until(lambda: self.run_script("return told") == ["open"] * 3,
            "they are open")
        self.server.stop()
        self.until(lambda: self.run_script("return told")[3:] == [1001] * 3,
            "they are told")


class EventedLoopsPage(EventedPage):
    """The same on several loops."""

    options = EventedPage.options + ("--loops", "4")


@harness.on_both_twins
class Refused(PushPageTest):
    """The page of a server to which nobody may publish."""

    options = ("--publish", "none")

    def test_it_is_told(self):
        self.complaints = "403"
        self.open_live()
        self.at("#text").send_keys("hi", Keys.ENTER)
        self.until(lambda: "403" in self.texts("#trouble")[0], "it is told")
        # It can be changed and sent again.
        self.assertEqual(self.at("#text").get_property("value"), "hi")


@harness.on_both_twins
class PlainPage(PushPageTest):
    """The page without its script."""

    script = False

    def test_it_says_what_to_do_instead(self):
        self.open()
        self.assertIn("needs JavaScript", self.at("body").text)
        self.assertIn("curl -N $url/stream", self.at("pre").text)
        self.assertFalse(self.at("main").is_displayed())


if __name__ == "__main__":
    harness.main()
