# SPDX-License-Identifier: GPL-3.0-or-later
"""A person at a browser: Debian's Chromium, headless, as selenium drives it.

Screenshots go to /output, where the world was given one: ./check does that
where CLOXXS_SCREENSHOTS names a directory.
"""

import base64
import pathlib
import shutil

SHOTS = pathlib.Path("/output")
# Of a slow machine that does other things too.
SECONDS = 60
# No sandbox: the tests run as root. /dev/shm of a world is small. What a
# browser calls home for is of no use here.
FLAGS = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage",
         "--disable-gpu", "--no-first-run", "--disable-extensions",
         "--disable-background-networking", "--disable-component-update",
         "--disable-sync", "--disable-features=Translate,OptimizationHints",
         "--force-prefers-reduced-motion", "--hide-scrollbars")


def missing():
    """What is not installed, by the name of its package, or None."""
    try:
        import selenium  # noqa: F401
    except ImportError:
        return "python3-selenium"
    for program, package in (("chromium", "chromium"),
                             ("chromedriver", "chromium-driver")):
        if not shutil.which(program):
            return package
    return None


class Browser:
    """One browser with its own cookies; close() it."""

    def __init__(self, root, language="en", size=(1200, 900), flags=()):
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service
        self.root = root
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        # The demo's certificate is nobody's that a browser knows.
        options.accept_insecure_certs = True
        options.add_experimental_option(
            "prefs", {"intl.accept_languages": language,
                      "credentials_enable_service": False})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        for flag in (*FLAGS, f"--window-size={size[0]},{size[1]}",
                     f"--lang={language}", *flags):
            options.add_argument(flag)
        self.driver = webdriver.Chrome(
            service=Service(shutil.which("chromedriver")), options=options)
        self.driver.set_page_load_timeout(SECONDS)
        self.driver.implicitly_wait(0)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.driver.quit()

    # ---- what he does -------------------------------------------------------

    def go(self, path):
        self.driver.get(self.root + path)

    def find(self, css):
        found = self.driver.find_elements("css selector", css)
        if not found:
            raise AssertionError(f"no {css} on this page:\n{self.text}")
        return found[0]

    def has(self, css):
        return bool(self.driver.find_elements("css selector", css))

    def fill(self, **values):
        """The fields of these names."""
        for name, value in values.items():
            field = self.find(f"main [name='{name}']")
            field.clear()
            field.send_keys(value)

    def choose(self, name, value):
        self.find(f"main [name='{name}'] option[value='{value}']").click()

    def press(self, words, within="main"):
        """The button or link of these words; returns when the next page is
        there."""
        for one in self.driver.find_elements(
                "css selector", f"{within} button, {within} a"):
            if words in (one.text, one.get_attribute("aria-label")):
                break
        else:
            raise AssertionError(f"no {words!r} on this page:\n{self.text}")
        old = self.find("html")
        one.click()
        self.wait_gone(old)

    def wait_gone(self, element):
        from selenium.common.exceptions import (StaleElementReferenceException,
                                                WebDriverException)
        from selenium.webdriver.support.ui import WebDriverWait

        def gone(driver):
            try:
                element.is_enabled()
            except StaleElementReferenceException:
                return driver.execute_script(
                    "return document.readyState") == "complete"
            except WebDriverException:
                return False
            return False

        WebDriverWait(self.driver, SECONDS, 0.05).until(gone)

    # ---- what he sees -------------------------------------------------------

    @property
    def text(self):
        """All words of the page."""
        return self.driver.find_element("css selector", "body").text

    @property
    def title(self):
        return self.find("h1").text

    @property
    def path(self):
        return self.driver.current_url.removeprefix(self.root)

    def table(self):
        """The rows of the first table, as lists of words."""
        return [[cell.text for cell in
                 row.find_elements("css selector", "th, td")]
                for row in self.driver.find_elements(
                    "css selector", "main table:first-of-type tbody tr")]

    def complaints(self):
        """What the browser did not let the page do, or did not find."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if "favicon" not in entry["message"]
                and "status of 4" not in entry["message"]]

    def shot(self, name):
        """The whole page, as a picture."""
        if not SHOTS.is_dir():
            return
        width, height = self.driver.execute_script(
            "const page = document.documentElement;"
            "return [page.clientWidth, page.scrollHeight]")
        picture = self.driver.execute_cdp_cmd("Page.captureScreenshot", {
            "captureBeyondViewport": True, "clip": {
                "x": 0, "y": 0, "width": width, "height": height,
                "scale": 1}})
        (SHOTS / f"{name}.png").write_bytes(
            base64.b64decode(picture["data"]))
