#!/usr/bin/python3
"""
The finder's page as a reader sees it: in a browser, with its script and
without, on the evented twin; with --full on both. Skipped where there is no
Chromium with its driver and python3-selenium.
"""

import urllib.parse

import harness
from browser import BrowserTest, Keys
from relevance import Finder

# Rows in the document, at any time: some of the window's height, not of all.
FEW = 120
STEP = 200

SAMPLES = ("arrow black Braille cat chess circled currency digit dot face heart "
    "hexagram mark operator Roman symbol").split()

# What must stay text: in the field, the status, the title, the address.
PAYLOADS = (
    "<script>document.title='owned'</script>",
    "<img src=x onerror=document.title='owned'>",
    "\"><svg onload=document.title='owned'>",
    "' autofocus onfocus=document.title='owned' x='",
    "</title><script>document.title='owned'</script>",
    "javascript:document.title='owned'",
    "&lt;b&gt;&amp;", "{{rows}}", "${zzz}", "it's", "a\"b'c", "\\\\",
)

# What is shown of rows.
ROWS = """return Array.from(document.querySelectorAll("tbody tr"), row =>
    [row.cells[0].textContent, row.cells[1].textContent, row.cells[2].textContent,
        Number(row.dataset.row),
        row.classList.contains("waiting")])"""

found = Finder()


class PageTest(BrowserTest):
    """A test of the finder's page."""

    def setUp(self):
        # Not one that the kernel gives away between two starts.
        self.port = harness.free_port()
        super().setUp()

    def begin(self):
        return self.find("--quiet", http=str(self.port))

    def address(self, target):
        return f"http://{harness.HOST}:{self.server.http_port}{target}"

    def status(self):
        """What stands below the field."""
        return self.at("#status").text

    def until_status(self, text):
        """Wait until this is said."""
        try:
            self.until(lambda: self.status() == text, "")
        except AssertionError:
            self.fail(f"the status is {self.status()!r}, not {text!r}")

    def until_found(self, query):
        """Wait until the status is that of a query."""
        self.until_status(
            found.status(query))


@harness.on_both_if_full
class Page(PageTest):
    """The page with its script."""

    def rows(self):
        """The rows in the document: code, character, name, number, waiting."""
        return self.run_script(ROWS)

    def until_rows(self):
        """Wait until no row waits for its content, and return all."""
        def filled():
            rows = self.rows()
            return rows if rows and not any(row[4] for row in rows) else None
        return self.until(filled, "the rows in sight are filled")

    def check_rows(self, query):
        """The rows in the document are few, whole, and those of the query."""
        codes = found.codes(query)
        rows = self.until_rows()
        self.assertLessEqual(len(rows), FEW)
        self.assertEqual([row[3] for row in rows],
            list(range(rows[0][3], rows[0][3] + len(rows))))
        for code, character, name, number, _ in rows:
            self.assertEqual((code, character, name), (
                f"U+{codes[number]:04X}", chr(codes[number]),
                found.names[codes[number]]))
        return rows

    def in_sight(self):
        """The numbers of the first and the last row that can be seen."""
        return self.run_script("""
            const head = document.querySelector("thead th")
                .getBoundingClientRect().bottom;
            const seen = Array.from(document.querySelectorAll("tbody tr"))
                .filter(row => {
                    const { top, bottom } = row.getBoundingClientRect();
                    return bottom > head + 1 && top < innerHeight - 1;
                });
            return [Number(seen[0]?.dataset.row ?? -1),
                Number(seen[seen.length - 1]?.dataset.row ?? -1)];""")

    def scroll_to(self, y):
        """Scroll there, down to the end at most; the page is told of it
        before the next frame."""
        self.browser.execute_async_script("""
            const [y, done] = arguments;
            scrollTo(0, y);
            requestAnimationFrame(() => done());""", y)

    def scroll_to_row(self, number):
        """Scroll so that a row is near the top."""
        self.scroll_to(number * self.row_height())
        self.until(lambda: self.in_sight()[0] <= number
            <= self.in_sight()[1], f"row {number} is in sight")

    def row_height(self):
        """The height of a row."""
        return self.run_script("return document.querySelector('tbody tr')"
            ".getBoundingClientRect().height")

    def type(self, text):
        """Type into the field, in the place of what is there."""
        field = self.at("#query")
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(text)

    def focused_row(self):
        """The number of the row with the focus; None: no row has it."""
        return self.run_script("""
            const row = document.activeElement.closest("[data-row]");
            return row && Number(row.dataset.row);""")

    def until_focused(self, number):
        """Wait until a row has the focus; it can be seen whole."""
        self.until(lambda: self.focused_row() == number,
            f"row {number} has the focus")
        self.assertTrue(self.run_script("""
            const box = document.activeElement.getBoundingClientRect();
            const head = document.querySelector("thead th")
                .getBoundingClientRect().bottom;
            return box.top >= head - 1 && box.bottom <= innerHeight;"""), number)

    def clipboard(self):
        """What was copied."""
        return self.browser.execute_async_script(
            "navigator.clipboard.readText().then(arguments[0],"
            " error => arguments[0](String(error)))")

    def copy(self, selector, number, told):
        """Copy by a click, and see it told; which is so for a moment, so that
        a slow reader clicks again."""
        def is_told():
            self.all_at(selector)[number].click()
            return told in self.at("#copied").text
        self.until(is_told, f"{told!r} is told")

    def allow_clipboard(self):
        """Let the page read what was copied."""
        self.browser.execute_cdp_cmd("Browser.grantPermissions", {"permissions":
            ["clipboardReadWrite", "clipboardSanitizedWrite"],
            "origin": self.address("")})

    # Searching.

    def test_typing_searches(self):
        self.open()
        self.until_status("Enter words describing characters.")
        self.assertFalse(self.at("#results").is_displayed())
        self.type("chess black")
        self.until_found("chess black")
        self.check_rows("chess black")
        self.assertTrue(self.at("#results").is_displayed())
        self.assertEqual(self.browser.current_url,
            self.address("/?query=chess+black"))
        self.assertIn("chess black", self.browser.title)
        self.type("q9q")
        self.until_found("q9q")
        self.assertEqual(self.rows(), [])
        self.assertFalse(self.at("#results").is_displayed())
        self.type(Keys.BACKSPACE)
        self.until_status("Enter words describing characters.")
        self.assertEqual(self.browser.current_url, self.address("/"))

    def test_samples_lead_to_what_they_say(self):
        self.open()
        self.assertEqual(
            [link.text for link in self.all_at("#samples a")], SAMPLES)
        for number, sample in enumerate(SAMPLES):
            self.all_at("#samples a")[number].click()
            self.until_found(sample)
            self.assertEqual(
                self.at("#query").get_property("value"), sample)
            self.assertEqual(self.at("[aria-current]").text, sample)
            self.check_rows(sample)

    def detail(self, label):
        """A detail of the only character; None while there is none."""
        return self.run_script("""
            const label = [...document.querySelectorAll("#detail dt")]
                .find(dt => dt.textContent === arguments[0]);
            return label?.nextElementSibling.textContent.trim();""", label)

    def test_a_single_character_is_told_in_full(self):
        self.allow_clipboard()
        for start in "/", "/?query=U%2B2665":
            self.open(start)
            self.type("&hearts;")
            self.until_found("&hearts;")
            self.until(lambda: self.detail("UTF-8") == "E2 99 A5", "it is told")
        self.copy("#detail dd button", 6, "CSS copied")
        self.assertEqual(self.clipboard(), "\\002665")
        self.all_at("#detail p a")[1].click()
        self.until_found("U+2666")
        self.until(lambda: self.detail("UTF-8") == "E2 99 A6", "it is told")
        self.at("#detail dd a").click()
        self.until_found("block:Miscellaneous Symbols")
        self.check_rows("block:Miscellaneous Symbols")
        self.assertEqual(self.all_at("#detail dt"), [])
        self.browser.back()
        self.until(lambda: self.detail("UTF-8") == "E2 99 A6", "it is told")
        self.type("heart")
        self.until_found("heart")
        self.assertEqual(self.all_at("#detail dt"), [])
        self.browser.back()
        self.until(lambda: self.detail("UTF-8") == "E2 99 A6", "it is told")

    def test_an_emoji_of_several_characters_is_copied_whole(self):
        emoji = "\U0001f3f3\ufe0f\u200d\U0001f308"
        self.allow_clipboard()
        for start in "/", "/?query=rainbow+flag":
            self.open(start)
            self.type("rainbow flag")
            self.until_status(f"Parts of {emoji} for 'rainbow flag'")
            self.check_rows("rainbow flag")
            self.copy("#status button", 0, "rainbow flag copied")
            self.assertEqual(self.clipboard(), emoji)
        self.type("rocket")
        self.until_found("rocket")
        self.assertEqual(self.all_at("#status button"), [])

    def test_a_code_leads_to_its_character(self):
        self.open("/?query=chess+black")
        self.until_rows()
        self.all_at("tbody th a")[2].click()
        self.until_found(f"U+{found.codes('chess black')[2]:04X}")

    def test_a_late_answer_is_dropped(self):
        self.open()
        self.type("chess")
        self.until_found("chess")
        self.server.freeze()
        self.type("cjk")
        self.until(lambda: self.all_at("[aria-busy]"), "it asks")
        self.until_status("Searching…")
        self.type("rocket")
        self.until(lambda: "rocket" in self.browser.current_url, "it asks")
        self.server.thaw()
        self.until_found("rocket")
        self.check_rows("rocket")
        self.until(lambda: not self.all_at("[aria-busy]"), "all is here")
        self.assertEqual(self.browser.current_url,
            self.address("/?query=rocket"))

    def test_the_server_goes_and_comes_back(self):
        # That the browser says what it could not load is right.
        self.complaints = "net::ERR_CONNECTION_REFUSED"
        self.open("/?query=chess")
        self.until_found("chess")
        self.browser.execute_cdp_cmd("Network.enable", {})
        self.server.stop()
        self.type("cat")
        self.until(lambda: "does not answer" in self.status(), "it is told")
        self.assertEqual(len(self.rows()), len(self.check_rows("chess")))
        self.server = self.begin()
        self.at("#query").send_keys(" ")
        self.until_found("cat")
        self.check_rows("cat")

    def check_payload(self, payload, elements):
        """A hostile query is text wherever it stands."""
        self.until_found(payload)
        self.assertEqual(self.run_script(
            "return document.querySelectorAll('*:not(tbody *, #detail *)').length"), elements)
        self.assertEqual(self.at("#query").get_property("value"), payload)
        self.assertEqual(self.browser.title, f"{payload} – Charfinder")
        self.assertEqual(self.at("#json").get_attribute("href"),
            self.address("/search?" + urllib.parse.urlencode(
                {"query": payload, "order": "relevance"})))

    def test_nothing_of_a_query_is_obeyed(self):
        self.open("/?query=q9q")
        elements = self.run_script(
            "return document.querySelectorAll('*:not(tbody *, #detail *)').length")
        for payload in PAYLOADS:
            self.type(payload)
            self.check_payload(payload, elements)
        for payload in PAYLOADS:
            self.open("/?query=" + urllib.parse.quote(payload))
            self.until(lambda: self.all_at("html.live"), "the script is on")
            self.check_payload(payload, elements)

    def test_characters_of_markup_are_shown(self):
        queries = ("less-than sign", "ampersand", "quotation mark",
            "apostrophe", "reverse solidus", "space", "combining grave",
            "zero width", "tag latin small letter a")
        self.open()
        for query in queries:
            self.type(query)
            self.until_found(query)
            self.check_rows(query)
        # As the server writes them, and the script takes them over.
        for query in queries[:3]:
            self.open("/?query=" + urllib.parse.quote(query))
            self.check_rows(query)

    # Scrolling.

    def test_scrolling_to_the_end_of_braille(self):
        self.open("/?query=braille")
        self.until_found("braille")
        seen = set()
        while True:
            rows = self.check_rows("braille")
            seen.update(row[3] for row in rows)
            if self.in_sight()[1] == len(found.codes("braille")) - 1:
                break
            self.scroll_to(self.run_script("return scrollY + innerHeight / 2"))
        self.assertEqual(seen, set(range(len(found.codes("braille")))))
        self.assertEqual(rows[-1][2], "BRAILLE PATTERN DOTS-12345678")

    def test_a_thousand_rows_into_cjk(self):
        self.open("/?query=cjk")
        self.until_found("cjk")
        for number in range(0, 1001, 100):
            self.scroll_to_row(number)
            self.check_rows("cjk")

    def test_the_very_end_of_cjk_and_the_way_back(self):
        count = len(found.codes("cjk"))
        self.open("/?query=cjk")
        self.until_found("cjk")
        self.until_rows()
        # The scroll bar tells the truth.
        height = self.run_script(
            "return document.getElementById('window').offsetHeight")
        self.assertAlmostEqual(height / (count * self.row_height()), 1, 3)
        self.scroll_to(height * 2)
        self.until(lambda: self.in_sight()[1] == count - 1, "it is the end")
        self.check_rows("cjk")
        self.scroll_to_row(count // 2)
        self.check_rows("cjk")
        self.scroll_to(0)
        self.until(lambda: self.in_sight()[0] == 0, "it is the start")
        self.check_rows("cjk")

    def test_rows_are_equally_high(self):
        for width in 1100, 360:
            self.resize(width, 800)
            for query in ("bismillah", "uighur", "cuneiform", "combining",
                    "space", "tibetan"):
                self.open(f"/?query={query}")
                self.until_found(query)
                self.until_rows()
                heights = set(self.run_script("""
                    return Array.from(document.querySelectorAll("tbody tr"),
                        row => row.getBoundingClientRect().height)"""))
                self.assertEqual(len(heights), 1, (width, query, heights))

    def test_a_link_into_the_middle_leads_there(self):
        for start in 400, 1234:
            self.open(f"/?query=cjk&start={start}")
            self.until(lambda: self.in_sight()[0] == start, "it is there")
            self.check_rows("cjk")

    # The history.

    def test_back_and_forward(self):
        self.open()
        entries = self.run_script("return history.length")
        self.type("chess")
        self.until_found("chess")
        self.scroll_to_row(20)
        self.until(lambda: self.run_script("return history.state?.y > 0"),
            "the place is kept")
        place = self.run_script("return scrollY")
        self.run_script("document.querySelector"
            "('#samples a[href$=face]').click()")
        self.until_found("face")
        self.assertEqual(self.run_script("return scrollY"), 0)
        self.assertEqual(
            self.run_script("return history.length"), entries + 2)
        self.browser.back()
        self.until_found("chess")
        self.until(lambda: self.run_script("return scrollY") == place,
            "it is scrolled to where it was")
        self.assertEqual(self.at("#query").get_property("value"), "chess")
        self.check_rows("chess")
        self.browser.back()
        self.until_status("Enter words describing characters.")
        self.assertEqual(self.at("#query").get_property("value"), "")
        self.browser.forward()
        self.until_found("chess")
        self.browser.forward()
        self.until_found("face")
        self.check_rows("face")

    def test_typing_is_one_entry_of_the_history(self):
        self.open()
        entries = self.run_script("return history.length")
        for text in "c", "ca", "cat", "cat f", "cat face":
            self.type(text)
            self.until_found(text)
        self.assertEqual(
            self.run_script("return history.length"), entries + 1)
        self.press(Keys.ENTER)
        self.type("rocket")
        self.until_found("rocket")
        self.assertEqual(
            self.run_script("return history.length"), entries + 2)

    def test_reloading_keeps_the_place(self):
        self.open("/?query=cjk")
        self.until_rows()
        self.scroll_to_row(5000)
        self.until(lambda: self.run_script("return history.state?.y > 0"),
            "the place is kept")
        place = self.in_sight()[0]
        self.browser.refresh()
        self.until(lambda: self.in_sight()[0] == place, "it is there again")
        self.check_rows("cjk")

    # Copying.

    def test_a_click_copies(self):
        self.allow_clipboard()
        self.open("/?query=chess+black")
        self.until_rows()
        codes = found.codes("chess black")
        self.copy("tbody button", 1, f"{found.names[codes[1]]} copied")
        self.assertEqual(self.clipboard(), chr(codes[1]))
        self.all_at("tbody td:last-child")[2].click()
        self.until(lambda: self.clipboard() == chr(codes[2]), "it is copied")
        self.assertEqual(self.at("#copied").get_attribute("role"), "status")

    def test_a_row_is_copied_in_the_form_that_is_chosen(self):
        self.allow_clipboard()
        for form, copy in (("code", "U+1F680"), ("html", "&#x1F680;"),
                ("css", "\\01F680"), ("js", "\\uD83D\\uDE80"),
                ("c", "\\U0001F680"), ("char", "\U0001f680")):
            self.open("/?query=rocket")
            self.until_rows()
            self.at(f"#copying option[value={form}]").click()
            self.all_at("tbody button")[0].click()
            self.until(lambda: self.clipboard() == copy, "it is copied")
            self.browser.refresh()
            self.until_rows()
            self.assertEqual(self.at("#copying select").get_property("value"),
                form)

    def recent(self):
        """The copies that are shown."""
        return [button.text for button in self.all_at("#recent span button")
            if button.is_displayed()]

    def test_copies_are_remembered_until_they_are_cleared(self):
        self.allow_clipboard()
        self.open("/?query=chess+black")
        self.until_rows()
        chars = [chr(code) for code in found.codes("chess black")]
        for number in 2, 0, 2, 1:
            self.all_at("tbody button")[number].click()
            self.until(lambda: self.clipboard() == chars[number], "it is copied")
        self.assertEqual(self.recent(), [], "rows do not move")
        self.type("rocket")
        self.until_found("rocket")
        self.assertEqual(self.recent(), [chars[1], chars[2], chars[0]])
        self.all_at("#recent span button")[2].click()
        self.until(lambda: self.clipboard() == chars[0], "it is copied")
        self.until(lambda: self.recent() == [chars[0], chars[1], chars[2]],
            "the last one comes first")
        self.browser.refresh()
        self.until_rows()
        self.assertEqual(self.recent(), [chars[0], chars[1], chars[2]])
        self.at("#recent > button").click()
        self.assertEqual(self.recent(), [])
        self.browser.refresh()
        self.until_rows()
        self.assertFalse(self.at("#recent").is_displayed())

    def test_what_others_have_stored_does_no_harm(self):
        self.open("/")
        for copies in ("", "{", "null", "7", "[7, null, {}]", '{"length": 9}',
                '[{"char": "' + "x" * 99 + '", "name": ""}]'):
            self.run_script("localStorage.setItem('copies', arguments[0]);"
                "localStorage.setItem('form', '\"toString\"')", copies)
            self.open("/?query=rocket")
            self.until_rows()
            self.assertFalse(self.at("#recent").is_displayed(), copies)
            self.assertEqual(self.at("#copying select").get_property("value"),
                "char")
        self.run_script("localStorage.setItem('copies', arguments[0])",
            '[{"char": "<b>", "name": "<i>\\" onclick=x"}]')
        self.browser.refresh()
        self.until_rows()
        self.assertEqual(self.recent(), ["<b>"])
        self.assertEqual(self.all_at("#recent b, #recent i, [onclick]"), [])

    def test_what_no_font_has_is_shown_by_its_code(self):
        # As if the knight looked like what does not exist.
        self.browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument",
            {"source": """
            const draw = CanvasRenderingContext2D.prototype.fillText;
            CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
                draw.call(this, "\\u0378\\u265e".includes(text) ? "M" : text, x, y);
            };"""})
        self.open("/?query=chess+black")
        self.until_rows()
        self.check_rows("chess black")
        self.assertEqual([button.get_attribute("data-code")
            for button in self.all_at("tbody .fontless")], ["265E"])
        self.assertTrue(self.at("#fonts").is_displayed())
        self.type("rocket")
        self.until_found("rocket")
        self.assertFalse(self.at("#fonts").is_displayed())

    def test_every_control_has_a_name_of_its_own(self):
        self.open("/")
        self.run_script("localStorage.setItem('copies', arguments[0])",
            '[{"char": "\u265a", "name": "BLACK CHESS KING"}]')
        for target in "/", "/?query=chess+black", "/?query=U%2B2665", "/blocks":
            self.open(target)
            nodes = self.browser.execute_cdp_cmd("Accessibility.getFullAXTree",
                {})["nodes"]
            names = [(node["role"]["value"], node["name"]["value"])
                for node in nodes if node.get("role", {}).get("value") in
                ("button", "link", "searchbox", "combobox", "navigation",
                    "region", "table")]
            self.assertGreater(len(names), 5)
            for role, name in names:
                self.assertTrue(name.strip(), (target, role))
            # Links with the same text lead to the same place.
            names = [each for each in names if each[0] != "link"]
            self.assertEqual(len(names), len(set(names)), (target, names))

    def test_enter_copies(self):
        self.allow_clipboard()
        self.open("/?query=less-than+sign")
        self.until_rows()
        self.press(Keys.ARROW_DOWN)
        self.until_focused(0)
        self.press(Keys.ENTER)
        self.until(lambda: self.clipboard() == "<", "it is copied")

    # Keys.

    def test_keys_move_through_the_rows(self):
        last = len(found.codes("cjk")) - 1
        self.open("/?query=cjk")
        self.until_rows()
        self.press(Keys.ARROW_DOWN)
        self.until_focused(0)
        self.press(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_UP)
        self.until_focused(1)
        self.press(Keys.PAGE_DOWN)
        self.until(lambda: (self.focused_row() or 0) > 5, "a page down")
        page = self.focused_row() - 1
        self.press(Keys.PAGE_DOWN)
        self.until_focused(2 * page + 1)
        self.press(Keys.PAGE_UP)
        self.until_focused(page + 1)
        self.press(Keys.END)
        self.until_focused(last)
        self.press(Keys.ARROW_DOWN)
        self.until_focused(last)
        self.check_rows("cjk")
        self.until_focused(last)
        self.press(Keys.HOME)
        self.until_focused(0)
        self.press(Keys.ARROW_UP)
        self.assertEqual(self.run_script(
            "return document.activeElement.id"), "query")

    def test_slash_leads_to_the_field(self):
        self.open("/?query=chess")
        self.until_rows()
        self.press(Keys.ARROW_DOWN)
        self.until_focused(0)
        self.scroll_to_row(40)
        place = self.run_script("return scrollY")
        self.press("/")
        self.assertEqual(self.run_script(
            "return document.activeElement.id"), "query")
        self.press(Keys.RIGHT)
        self.assertEqual(self.run_script("return scrollY"), place)
        # What was there is selected: typing replaces it.
        self.press(Keys.TAB)
        self.press("/", "rocket")
        self.until_found("rocket")

    def test_one_row_is_in_the_order_of_tabs(self):
        self.open("/?query=cjk")
        self.until_rows()
        for number in 0, 3000:
            self.scroll_to_row(number)
            self.until_rows()
            self.assertEqual(len(self.all_at("tbody tr:has([tabindex='0'])")), 1)

    # Looks.

    def test_a_narrow_phone_scrolls_in_one_direction(self):
        self.resize(360, 640)
        for target in ("/", "/?query=letter", "/?query=bismillah",
                "/?query=uighur", "/?query=cjk", f"/?query={'x' * 400}"):
            self.open(target)
            self.until(lambda: self.all_at("html.live"), "the script is on")
            self.assertEqual(self.run_script(
                "return document.documentElement.scrollWidth"), 360, target)

    def test_dark_and_light(self):
        colours = set()
        for scheme in "dark", "light":
            self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia",
                {"features": [
                    {"name": "prefers-color-scheme", "value": scheme}]})
            self.open("/?query=chess")
            colours.add(self.at("body").value_of_css_property(
                "background-color"))
        self.assertEqual(len(colours), 2)

    def test_in_the_users_own_colours_it_is_seen_what_is_chosen(self):
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia",
            {"features": [{"name": "forced-colors", "value": "active"}]})
        self.open("/?query=chess")
        self.until_found("chess")
        colours = {self.at(selector).value_of_css_property("background-color")
            for selector in ("#samples a[aria-current]",
                "#samples a:not([aria-current])")}
        self.assertEqual(len(colours), 2)
        self.assertEqual(self.at("#copied").value_of_css_property(
            "border-top-style"), "solid")


@harness.on_both_if_full
class PlainPage(PageTest):
    """The page without its script."""

    script = False

    def cells(self):
        """The rows as they are to be read."""
        return [tuple(row) for row in self.run_script("""
            return Array.from(document.querySelectorAll("tbody tr"),
                row => Array.from(row.cells, cell => cell.innerText.trim()));
            """)]

    def follow(self, selector):
        """Click, and wait until the page that it leads to is here, whole."""
        # An element that was found in one page and asked about in the next is
        # an error: only a script finds and asks at once.
        address = self.browser.current_url
        self.at(selector).click()
        self.until(lambda: self.run_script("return arguments[0] != document.URL"
            " && document.readyState == 'complete'", address),
            "the next page is here")

    def test_the_form_searches(self):
        self.open()
        self.assertEqual(self.all_at("html.live"), [])
        self.assertFalse(self.at("#results").is_displayed())
        self.at("#query").send_keys("chess black")
        self.follow("#search button")
        self.until_found("chess black")
        self.assertEqual(self.cells(),
            [(f"U+{code:04X}", chr(code), found.names[code])
                for code in found.codes("chess black")])
        self.assertEqual(self.at("#query").get_attribute("value"),
            "chess black")

    def test_a_single_character_is_told_in_full(self):
        self.open("/?query=U%2B2665")
        self.assertIn("E2 99 A5", self.at("#detail").text)
        self.follow("#detail p a")
        self.until_found("U+2664")

    def test_blocks_are_browsed(self):
        self.open("/")
        self.follow("header a[href='/blocks']")
        self.follow("#blocks a[href$=Arrows]")
        self.until_found("block:Arrows")
        self.assertEqual([row[0] for row in self.cells()],
            [f"U+{code:04X}" for code in range(0x2190, 0x2200)])

    def test_samples_are_links(self):
        self.open()
        self.follow("#samples a[href$=hexagram]")
        self.until_found("hexagram")
        self.assertEqual(len(self.cells()), len(found.codes("hexagram")))

    def test_links_lead_to_the_next_rows_and_back(self):
        codes = found.codes("braille")
        self.open("/?query=braille")
        self.assertFalse(self.at("a[rel=prev]").is_displayed())
        self.follow("a[rel=next]")
        self.assertTrue(self.at("a[rel=prev]").is_displayed())
        self.assertEqual([row[0] for row in self.cells()],
            [f"U+{code:04X}" for code in codes[STEP:]])
        self.assertFalse(self.at("a[rel=next]").is_displayed())
        self.follow("a[rel=prev]")
        self.assertTrue(self.at("a[rel=next]").is_displayed())
        self.assertEqual([row[0] for row in self.cells()],
            [f"U+{code:04X}" for code in codes[:STEP]])

    def test_nothing_of_a_query_is_obeyed(self):
        self.open("/?query=q9q")
        elements = len(self.all_at("*:not(tbody *, #detail *)"))
        for payload in PAYLOADS:
            self.open("/?query=" + urllib.parse.quote(payload))
            self.until_found(payload)
            self.assertEqual(len(self.all_at("*:not(tbody *, #detail *)")), elements)
            self.assertEqual(self.browser.title, f"{payload} – Charfinder")

    def test_a_narrow_phone(self):
        self.resize(360, 640)
        for target in "/", "/?query=letter", "/?query=uighur", "/blocks":
            self.open(target)
            self.assertLessEqual(self.at("table").size["width"], 360)


if __name__ == "__main__":
    harness.main()
