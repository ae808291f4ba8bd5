"""
browser - what the tests of pages share: a browser that is driven.

Skipped where there is no Chromium with its driver and python3-selenium.
"""

import re
import shutil
import tempfile
import unittest

import harness

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    CHROMIUM = shutil.which("chromium")
    DRIVER = shutil.which("chromedriver")
except ImportError:
    CHROMIUM = DRIVER = None

# A browser and a server under sanitizers are slow, and so is all else that
# runs meanwhile.
DEADLINE = 60

# Who is quicker than the page makes the browser say this, and means no harm.
HARMLESS = "Autofocus processing was blocked"

browsers = {}


def browser(script=True):
    """The browser of these tests, started when it is first wanted."""
    if script not in browsers:
        folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        unittest.addModuleCleanup(folder.cleanup)
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for flag in ("--headless=new", "--no-sandbox", "--disable-gpu",
                "--disable-quic", "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
                "--disable-dev-shm-usage", "--window-size=1100,800",
                f"--user-data-dir={folder.name}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        if not script:
            options.add_experimental_option("prefs",
                {"profile.managed_default_content_settings.javascript": 2})
        browsers[script] = webdriver.Chrome(
            options=options, service=Service(DRIVER))
        browsers[script].set_script_timeout(DEADLINE)
        unittest.addModuleCleanup(browsers[script].quit)
    return browsers[script]


@unittest.skipUnless(CHROMIUM and DRIVER, "there is no Chromium to drive")
class BrowserTest(harness.ServerTest):
    """A test of a server's page, in a browser."""

    script = True
    # What the console of the browser may complain about, as a pattern.
    complaints = None

    def begin(self):
        """Start the server whose page it is."""
        raise NotImplementedError

    def setUp(self):
        super().setUp()
        self.server = self.begin()
        self.browser = browser(self.script)
        # A tab of its own has a history of its own.
        used = self.browser.window_handles
        self.browser.switch_to.new_window("tab")
        fresh = self.browser.current_window_handle
        for tab in used:
            self.browser.switch_to.window(tab)
            self.browser.close()
        self.browser.switch_to.window(fresh)
        self.browser.get_log("browser")
        # What it keeps of another server that had this port.
        self.browser.execute_cdp_cmd("Storage.clearDataForOrigin",
            {"origin": self.address(""), "storageTypes": "all"})
        self.resize(1100, 800)

    def tearDown(self):
        try:
            found = [entry["message"] for entry in
                self.browser.get_log("browser")
                if HARMLESS not in entry["message"]
                and not re.search(self.complaints or "$.", entry["message"])]
            for tab in self.browser.window_handles:
                self.browser.switch_to.window(tab)
                self.browser.get("about:blank")
            for server in self.servers:
                server.is_kept = True  # by the browser
        finally:
            super().tearDown()
        self.assertEqual(found, [], "the browser complains")

    def resize(self, width, height):
        """Make the viewport so large, in CSS pixels."""
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1,
                "mobile": width < 500})

    def address(self, target):
        """The whole address of something on the server."""
        return f"http://{harness.HOST}:{self.server.port}{target}"

    def open(self, target="/"):
        """Open a page of the server."""
        self.browser.get(self.address(target))

    def at(self, selector):
        """An element."""
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all_at(self, selector):
        """Elements."""
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def run_script(self, script, *arguments):
        """The result of a script in the page."""
        return self.browser.execute_script(script, *arguments)

    def press(self, *keys):
        """Press keys where the focus is."""
        webdriver.ActionChains(self.browser).send_keys(*keys).perform()

    def press_back(self):
        """Press Shift and Tab: to what can have the focus before."""
        webdriver.ActionChains(self.browser).key_down(Keys.SHIFT).send_keys(
            Keys.TAB).key_up(Keys.SHIFT).perform()

    def until(self, condition, what):
        """Wait until a condition holds."""
        return harness.wait_until(condition, what, DEADLINE)
