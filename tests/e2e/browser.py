"""A person at a browser: Debian's Chromium, driven by what is seen - headings, labels, the words on buttons.

It finds a control by its accessible name, so that what it can use a screen reader can use, too. It reaches this machine's
loopback and no other host. Every wait is for something to appear; nothing waits a fixed time.
"""

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

import harness

ARGUMENTS = [
    "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,900", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]

# What must hold on every page: each control has a name, each id is there once, and nothing is wider than the window.
FAULTS = """
const faults = [];
for (const one of document.querySelectorAll("input, select, textarea")) {
  if (one.type !== "hidden" && !one.labels.length && !one.ariaLabel) faults.push("no label: " + one.outerHTML);
}
for (const one of document.querySelectorAll("button, a")) {
  if (!one.textContent.trim() && !one.ariaLabel) faults.push("no name: " + one.outerHTML);
}
const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push("id twice: " + id);
if (document.querySelectorAll("h1").length !== 1) faults.push("not one h1");
const { scrollWidth, clientWidth } = document.documentElement;
if (scrollWidth > clientWidth) faults.push("wider than the window: " + scrollWidth + " > " + clientWidth);
return faults;
"""


class Browser:
    def __init__(self, address):
        self.address = address.rstrip("/")
        options = webdriver.ChromeOptions()
        for argument in ARGUMENTS:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        options.ignore_local_proxy_environment_variables()
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)

    def close(self):
        self.driver.quit()

    # --- what is seen

    def text(self):
        return self.driver.find_element(By.TAG_NAME, "body").text

    def console(self):
        """What the browser complained of since the last time: refused by the policy, failed, not found."""
        return [line["message"] for line in self.driver.get_log("browser")]

    def faults(self):
        return self.driver.execute_script(FAULTS)

    def wait(self, what, check, seconds=30):
        """Until check() gives something; a page that is being replaced meanwhile is looked at again."""
        def looked():
            try:
                return check()
            except (StaleElementReferenceException, WebDriverException) as error:
                raise harness.Failed(str(error)) from None
        try:
            return harness.until(what, looked, seconds)
        except harness.Failed as error:
            raise harness.Failed(f"{error}\n--- the page\n{self.text()}\n--- the console\n{self.console()}") from None

    def sees(self, *words, seconds=30):
        self.wait(f"the page says {words}", lambda: all(word in self.text() for word in words), seconds)

    def fact(self, term, within=""):
        """The value beside a term, in the card with this name if one is given."""
        card = f"//article[@aria-label='{within}']" if within else ""
        found = self.wait(term, lambda: self._shown(f"{card}//dt[.='{term}']/following-sibling::dd"))
        code = found[0].find_elements(By.TAG_NAME, "code")
        return (code or found)[0].text

    def shows_fact(self, term):
        return bool(self._shown(f"//dt[.='{term}']"))

    def rows(self, caption):
        """The cells of the table with this caption, row by row."""
        path = f"//table[caption[.='{caption}']]/tbody/tr"
        return [[cell.text for cell in row.find_elements(By.TAG_NAME, "td")]
                for row in self.driver.find_elements(By.XPATH, path)]

    # --- what is done

    def open(self, fragment="#/"):
        self.driver.get(f"{self.address}/{fragment}")

    def resize(self, width, height):
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def click(self, name, within=""):
        """A button, link or tab with this name; in the open dialog, or the card with this name, if there is one."""
        card = f"//article[@aria-label='{within}']" if within else ""
        paths = [f"{card}//{kind}[normalize-space()='{name}'][not(@disabled)]" for kind in ("button", "a")]
        dialog = " | ".join(f"//dialog[@open]{path}" for path in paths)
        anywhere = " | ".join(paths)
        self.wait(f"can click {name}", lambda: self._click_first(self._shown(dialog) or self._shown(anywhere)))

    def control(self, label):
        path = f"//label[normalize-space()='{label}']"
        found = self.wait(f"a field {label}", lambda: self._shown(path))
        return self.driver.find_element(By.ID, found[0].get_attribute("for"))

    def write(self, label, value):
        control = self.control(label)
        control.clear()
        control.send_keys(value)

    def options(self, label):
        return [option.text for option in Select(self.control(label)).options]

    def choose(self, label, text):
        Select(self.control(label)).select_by_visible_text(text)

    def value(self, label):
        control = self.control(label)
        return Select(control).first_selected_option.text if control.tag_name == "select" else control.get_attribute("value")

    def sign_in(self, user="Administrator", password=None):
        self.click("Sign in")
        self.pick(user, password)
        self.sees("Sign out")

    def pick(self, user="Administrator", password=None):
        """On the sign-in page: who signs in."""
        button = self.wait(f"the sign-in page offers {user}", lambda: self._shown(f"//button[contains(., '{user}')]"))[0]
        if password:
            button.find_element(By.XPATH, "../input[@type='password']").send_keys(password)
        button.click()

    # ---

    def _shown(self, path):
        return [one for one in self.driver.find_elements(By.XPATH, path) if one.is_displayed()]

    def _click_first(self, found):
        if found:
            found[0].click()
        return bool(found)
